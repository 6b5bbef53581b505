"""May a new model replace the serving one?

    judge_candidate(candidate, rows, serving_folder) -> Judgement(passed, verdict, n, better, worse)

Both models are asked about the same rows, each row by a model that did not train on it: where a
model has a row among its own, its stored out-of-fold answer counts, else it answers now. The rows
are the candidate's and the shipped ones, so a file of wrong labels cannot vouch for itself. The
candidate passes unless it loses more rows than it wins by more than chance explains (one-sided
sign test).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import erfc, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from classifier.artefact import ModelArtefact
from classifier.encoder import Encoder
from classifier.errors import ModelError
from classifier.examples import Example, load_shipped_examples
from classifier.model import Model, load_model
from classifier.taxonomy import load_shipped

MOST_ROWS = 2_000  # of each source; answering more takes longer than it teaches
CHANCE = 0.05


@dataclass(frozen=True)
class Judgement:
    """``better``/``worse``: rows only the candidate, only the serving model got right."""

    passed: bool
    verdict: str
    n: int = 0
    better: int = 0
    worse: int = 0

    def to_dict(self) -> dict[str, Any]:
        """For ``model.json``."""
        return asdict(self)


def judge_candidate(
    candidate: ModelArtefact,
    rows: Sequence[Example],
    serving: Path | None,
    *,
    encoder: Encoder | None = None,
) -> Judgement:
    """Compare a freshly trained model with the serving one."""
    if serving is None:
        return Judgement(True, "No model served before; this one serves now.")
    try:
        current = load_model(serving, encoder=encoder)
    except ModelError as error:
        return Judgement(True, f"The serving model cannot be used ({error}); this one serves now.")
    if current.taxonomy.hash != candidate.taxonomy.hash:
        return Judgement(
            False,
            "The new model has another taxonomy than the serving one and cannot be compared; "
            "promote it by hand when the cases have moved to that taxonomy.",
        )
    shipped = load_shipped_examples(load_shipped()).rows
    judged = _pick([row for row in shipped if row.category in candidate.taxonomy])
    # Where a row is labelled twice the shipped label counts: it was reviewed.
    known = {row.key for row in judged}
    judged += [row for row in _pick(rows) if row.key not in known]
    judged = _judged_anew(candidate, judged)
    truth = np.array([candidate.taxonomy.codes.index(row.category) for row in judged])
    new = _answers(Model(candidate, encoder), judged) == truth
    old = _answers(current, judged, candidate.taxonomy.codes) == truth
    better, worse = int((new & ~old).sum()), int((old & ~new).sum())
    passed = _by_chance(worse, better) >= CHANCE
    change = (
        f"{new.mean():.1%} of {len(judged)} held-out rows right, the serving model {old.mean():.1%}"
    )
    verdict = (
        f"The new model serves: {change}." if passed else f"The serving model stays: {change}."
    )
    return Judgement(passed, verdict, len(judged), better, worse)


def _pick(rows: Sequence[Example]) -> list[Example]:
    """At most :data:`MOST_ROWS`, the same ones every time."""
    return sorted(rows, key=lambda row: row.key)[:MOST_ROWS]


def _judged_anew(candidate: ModelArtefact, rows: Sequence[Example]) -> list[Example]:
    """Without those whose answer the candidate took over: they cannot tell the two apart."""
    kept = candidate.held_out
    taken_over = set(kept.keys[~kept.anew].tolist())
    return [row for row in rows if int(row.key, 16) not in taken_over]


def _answers(model: Model, rows: Sequence[Example], codes: Sequence[str] | None = None) -> Any:
    """Position in ``codes`` (default: the model's own) of each row's category."""
    stored = dict(
        zip(
            model.artefact.held_out.keys.tolist(),
            model.artefact.held_out.predicted.tolist(),
            strict=True,
        )
    )
    answers = np.array([stored.get(int(row.key, 16), -1) for row in rows])
    asked = np.flatnonzero(answers < 0).tolist()
    if asked:
        table = model.category_probabilities([rows[i].text for i in asked])
        answers[asked] = table.argmax(axis=1)
    if codes is not None:  # the same labels may stand in another order
        answers = np.array([codes.index(code) for code in model.taxonomy.codes])[answers]
    return answers


def _by_chance(worse: int, better: int) -> float:
    """How often fair coins give this many losses or more (normal approximation)."""
    if worse <= better:
        return 1.0
    return erfc((worse - better - 1) / sqrt(worse + better) / sqrt(2)) / 2
