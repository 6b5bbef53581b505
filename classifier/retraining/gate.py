"""May a model trained on files replace the serving one? What ``huying train`` asks.

pass_gate(trained, taxonomy, serving, encoder, before=None) -> dict
    passed, verdict (one English sentence), n, better, worse, reasons and warnings (Chinese),
    comparison (as in comparison.json; None where nothing could be compared)
frozen_before(serving, trained keys) -> rows of the exam that the serving model was compared on
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from classifier.artefact import ModelArtefact, read_artefact
from classifier.encoder import Encoder
from classifier.errors import ModelError
from classifier.input_training import Trained, shared_encoder
from classifier.model import Model
from classifier.retraining.examination import Examination, examine
from classifier.retraining.inputs import LabelledRow
from classifier.retraining.record import kept_frozen
from classifier.taxonomy import Taxonomy

KEPT = ("passed", "verdict", "n", "better", "worse")  # of the answer, in the metrics of the model


def pass_gate(
    trained: Trained,
    taxonomy: Taxonomy,
    serving: Path | None,
    encoder: Encoder | None,
    before: ModelArtefact | None = None,
) -> dict[str, Any]:
    """What ``metrics["gate"]`` keeps, and the sentences for whoever trained.

    :param before: the serving model where it was read already: a second look costs a second
    """
    told: dict[str, Any] = {"n": 0, "better": 0, "worse": 0, "reasons": (), "warnings": ()}
    told["comparison"] = None
    if serving is None:
        return told | {
            "passed": True,
            "verdict": "No model served before; this one serves now.",
        }
    try:
        current = before or read_artefact(serving)
        encoder = shared_encoder(encoder, trained.artefact, current, known=trained.known)
        champion = Model(current, encoder)
    except ModelError as error:
        verdict = f"The serving model cannot be used ({error}); this one serves now."
        return told | {"passed": True, "verdict": verdict}
    if champion.taxonomy.hash != taxonomy.hash:
        return told | {
            "passed": False,
            "verdict": "The new model has another taxonomy than the serving one and cannot be "
            "compared; promote it by hand when the cases have moved to that taxonomy.",
        }
    examined = examine(Model(trained.artefact, encoder), champion, trained.material, taxonomy)
    return told | _sum_up(examined)


def _sum_up(examined: Examination) -> dict[str, Any]:
    tests, verdict = examined.comparison.tests, examined.verdict
    n = sum(test["n"] for test in tests)
    better, worse = (sum(test[name] for test in tests) for name in ("better", "worse"))
    new = sum(test["challenger"]["accuracy"] * test["n"] for test in tests) / n
    change = (
        f"{new:.1%} of {n} held-out rows right, the serving model {new - (better - worse) / n:.1%}"
    )
    sentence = "The new model serves" if verdict.passed else "The serving model stays"
    return {
        "passed": verdict.passed,
        "verdict": f"{sentence}: {change}.",
        "n": n,
        "better": better,
        "worse": worse,
        "reasons": verdict.reasons,
        "warnings": examined.row_warnings,
        "comparison": examined.to_dict(),
    }


def frozen_before(serving: Path | None, trained: set[str]) -> list[LabelledRow]:
    """The test rows that the serving model was compared on: they stay so."""
    kept = kept_frozen(serving) if serving else ()
    return [row for row in kept if row.key not in trained]
