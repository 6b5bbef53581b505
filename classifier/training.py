"""From labelled rows to a model artefact.

    train_shipped(registry, *, progress=None, strength=None, tokenizer=None) -> str
        trains on training_data/, registers, promotes; returns the model id
    train_files(paths, *, taxonomy=None, text_column="text", category_column="category",
                registry=None, out=None, strength=None, tokenizer=None, encoder=None,
                from_scratch=False, clean=None, engine="local", scheduler=None,
                progress=None)
        -> TrainingReport
        what ``huying train`` does: with a registry the new model is promoted only when it is not
        worse than the serving one; with ``out`` it is written there, no registry; no paths means
        training_data/
    TrainingReport: model_id, path, promoted: bool, verdict: str (one sentence), metrics: dict,
        warnings: tuple[str, ...], reasons: tuple[str, ...] (Chinese, why it was not promoted);
        .to_dict()

``progress(stage: str, fraction: float)``: fraction 0..1 of the whole; stage is a short English
phrase. ``strength``: "lexical" or "semantic"; None takes semantic where the encoder is installed
and the rows' vectors are at hand, else lexical. ``tokenizer``: "jieba" or "rjieba"; None takes
the faster one that is installed. ``clean``: what takes personal data out of the rows given.
Heavy: scikit-learn is imported when a function is called, not when this module is imported.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.artefact import ModelArtefact, read_artefact
from classifier.encoder import Encoder
from classifier.errors import ClassifierError, ModelError
from classifier.examples import Examples, load_examples
from classifier.half_written import scratch_folder
from classifier.input_training import (
    LEXICAL,
    SEMANTIC,
    STRENGTHS,
    Progress,
    check_strength,
    train_inputs,
)
from classifier.registry import ModelRegistry, write_model
from classifier.retraining.gate import KEPT, frozen_before, pass_gate
from classifier.retraining.inputs import write_inputs
from classifier.retraining.model_card import keep_comparison
from classifier.retraining.record import to_row
from classifier.task_pool import prepare_for
from classifier.taxonomy import load_taxonomy, shipped_folder

__all__ = ["LEXICAL", "SEMANTIC", "STRENGTHS", "TrainingReport", "train_files", "train_shipped"]


@dataclass(frozen=True)
class TrainingReport:
    """What came out; ``verdict`` says in one sentence why the model serves or does not."""

    model_id: str
    path: Path
    promoted: bool
    verdict: str
    metrics: dict[str, Any]
    warnings: tuple[str, ...]
    reasons: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, for ``huying train --json``."""
        plain = asdict(self) | {"path": str(self.path)}
        return plain | {name: list(plain[name]) for name in ("warnings", "reasons")}


def train_shipped(
    registry: ModelRegistry,
    *,
    progress: Progress | None = None,
    strength: str | None = None,
    tokenizer: str | None = None,
) -> str:
    """Train on the shipped rows and let the model serve."""
    with scratch_folder(registry.root) as scratch:
        inputs = write_inputs(
            scratch / "inputs",
            (),
            (),
            taxonomy=shipped_folder() / "taxonomy.csv",
            settings={"strength": strength, "tokenizer": tokenizer},
        )
        trained = train_inputs(inputs, cache=registry.root, progress=progress)
        model_id = registry.register(trained.artefact, trained.metrics, fill=trained.keep)
    registry.promote(model_id)
    return model_id


def train_files(
    paths: Sequence[str | Path] = (),
    *,
    taxonomy: str | Path | None = None,
    text_column: str = "text",
    category_column: str = "category",
    registry: ModelRegistry | None = None,
    out: str | Path | None = None,
    strength: str | None = None,
    tokenizer: str | None = None,
    encoder: Encoder | None = None,
    from_scratch: bool = False,
    clean: Callable[[str], str] | None = None,
    engine: str = "local",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> TrainingReport:
    """Train on the files given; ``encoder`` stands in for the installed one.

    :param from_scratch: take nothing over from the serving model
    :param clean: takes personal data out of a text; the shipped rows have none
    :param engine: "local", or "dask" with the address of a ``scheduler``
    :raises TaxonomyError, BadExamples: in one sentence, before anything is written
    """
    if (registry is None) == (out is None):
        raise ClassifierError("Give either a registry or a folder for the model, not both.")
    check_strength(strength)
    listed = Path(taxonomy) if taxonomy else shipped_folder() / "taxonomy.csv"
    labels = load_taxonomy(listed)
    given = Examples(())
    if paths:
        columns = {"text_column": text_column, "category_column": category_column}
        given = load_examples(paths, labels, clean=clean, **columns)
        prepare_for(len(given.rows))
    serving = registry.current() if registry else None
    before = None if from_scratch else _readable(serving)
    with scratch_folder(registry.root if registry else Path(tempfile.gettempdir())) as scratch:
        inputs = write_inputs(
            scratch / "inputs",
            [to_row(row, "import") for row in given.rows],
            frozen_before(serving, {row.key for row in given.rows}),
            taxonomy=listed,
            settings={
                "strength": strength,
                "tokenizer": tokenizer,
                "base": serving.name if serving else "",
                "with_shipped": not paths,
                "warm": before is not None,
            },
        )
        trained = train_inputs(
            inputs,
            cache=registry.root if registry else None,
            before=before,
            encoder=encoder,
            engine=engine,
            scheduler=scheduler,
            progress=progress,
        )
        artefact, metrics = trained.artefact, trained.metrics
        if registry is None:
            assert out is not None
            model_id = write_model(artefact, metrics, Path(out), fill=trained.keep)
            verdict = "Written to a folder of its own; no registry was touched."
            return TrainingReport(model_id, Path(out), False, verdict, metrics, given.warnings)
        gate = pass_gate(trained, labels, serving, encoder, before)
        metrics["gate"] = {name: gate[name] for name in KEPT}

        def fill(folder: Path) -> None:
            trained.keep(folder)
            if gate["comparison"]:
                keep_comparison(folder, gate["comparison"])

        model_id = registry.register(artefact, metrics, fill=fill)
    if gate["passed"]:
        registry.promote(model_id)
    return TrainingReport(
        model_id,
        registry.path(model_id),
        gate["passed"],
        gate["verdict"],
        metrics,
        (*given.warnings, *gate["warnings"]),
        tuple(gate["reasons"]),
    )


def _readable(serving: Path | None) -> ModelArtefact | None:
    """The serving model, where there is one that can be read."""
    try:
        return read_artefact(serving) if serving else None
    except ModelError:
        return None  # of an older program: it can still be compared with nothing
