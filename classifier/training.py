"""From labelled rows to a model artefact.

    train_shipped(registry, *, progress=None, strength=None, tokenizer=None) -> str
        trains on training_data/, registers, promotes; returns the model id
    train_files(paths, *, taxonomy=None, text_column="text", category_column="category",
                registry=None, out=None, strength=None, tokenizer=None, encoder=None,
                from_scratch=False, progress=None)
        -> TrainingReport
        what ``huying train`` does: with a registry the new model is promoted only when the gate
        finds it not worse than the serving one; with ``out`` it is written there, no registry;
        no paths means training_data/
    TrainingReport: model_id, path, promoted: bool, verdict: str (one sentence), metrics: dict,
        warnings: tuple[str, ...]; .to_dict()

``progress(stage: str, fraction: float)``: fraction 0..1 of the whole; stage is a short English
phrase. ``strength``: "lexical" or "semantic"; None takes semantic where the encoder is installed
and the rows' vectors are at hand, else lexical. ``tokenizer``: "jieba" or "rjieba"; None takes
the faster one that is installed.
Heavy: scikit-learn is imported when a function is called, not when this module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.artefact import ModelArtefact, read_artefact
from classifier.encoder import Encoder, encoder_installed, make_encoder
from classifier.encodings import EncodingStore, shipped_store
from classifier.errors import ClassifierError, ModelError
from classifier.examples import (
    Example,
    Examples,
    load_examples,
    load_shipped_examples,
    taxonomy_examples,
)
from classifier.gate import judge_candidate
from classifier.normalization import strip_formulas
from classifier.reading import ReadingStore
from classifier.registry import ModelRegistry, write_model
from classifier.semantic_training import SentenceVectors
from classifier.task_pool import TaskPool
from classifier.taxonomy import Taxonomy, load_shipped, load_taxonomy
from classifier.tokenizer import default_tokenizer, make_tokenizer
from classifier.trainer import train_artefact

LEXICAL, SEMANTIC = "lexical", "semantic"
STRENGTHS = (LEXICAL, SEMANTIC)
CACHE = "encodings.npz"  # in the registry's folder: vectors of rows that are not shipped
READINGS = "readings.jsonl.gz"  # beside it: words and cues of the rows of the last training
# Without vectors at hand encoding costs a tenth of a second a row. By itself training does that
# for some rows, not for all of them.
_ENCODE_UNASKED = 300
_BORROWED = 2_000  # shipped rows that teach request type and urgency to a model without them
_READ = 0.3  # share of the whole when every text is read
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class TrainingReport:
    """What came out; ``verdict`` says in one sentence why the model serves or does not."""

    model_id: str
    path: Path
    promoted: bool
    verdict: str
    metrics: dict[str, Any]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, for ``huying train --json``."""
        return asdict(self) | {"path": str(self.path), "warnings": list(self.warnings)}


def train_shipped(
    registry: ModelRegistry,
    *,
    progress: Progress | None = None,
    strength: str | None = None,
    tokenizer: str | None = None,
) -> str:
    """Train on the shipped rows and let the model serve."""
    taxonomy = load_shipped()
    examples = load_shipped_examples(taxonomy)
    artefact, metrics = _train(
        examples, taxonomy, registry.root, strength, tokenizer, None, None, progress or _silent
    )
    model_id = registry.register(artefact, metrics)
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
    progress: Progress | None = None,
) -> TrainingReport:
    """Train on the files given; ``encoder`` stands in for the installed one.

    :param from_scratch: take nothing over from the serving model
    :raises TaxonomyError, BadExamples: in one sentence, before anything is written
    """
    if (registry is None) == (out is None):
        raise ClassifierError("Give either a registry or a folder for the model, not both.")
    labels = load_taxonomy(taxonomy) if taxonomy else load_shipped()
    examples = (
        load_examples(paths, labels, text_column=text_column, category_column=category_column)
        if paths
        else load_shipped_examples(labels)
    )
    cache = registry.root if registry else None
    before = None if from_scratch or registry is None else _serving(registry)
    artefact, metrics = _train(
        examples, labels, cache, strength, tokenizer, encoder, before, progress or _silent
    )
    if registry is None:
        assert out is not None
        model_id = write_model(artefact, metrics, Path(out))
        verdict = "Written to a folder of its own; no registry was touched."
        return TrainingReport(model_id, Path(out), False, verdict, metrics, examples.warnings)
    judgement = judge_candidate(artefact, examples.rows, registry.current(), encoder=encoder)
    metrics["gate"] = judgement.to_dict()
    model_id = registry.register(artefact, metrics)
    if judgement.passed:
        registry.promote(model_id)
    return TrainingReport(
        model_id,
        registry.path(model_id),
        judgement.passed,
        judgement.verdict,
        metrics,
        examples.warnings,
    )


def _train(
    examples: Examples,
    taxonomy: Taxonomy,
    cache: Path | None,
    strength: str | None,
    tokenizer: str | None,
    encoder: Encoder | None,
    before: ModelArtefact | None,
    progress: Progress,
) -> tuple[ModelArtefact, dict[str, Any]]:
    if strength is not None and strength not in STRENGTHS:
        raise ClassifierError(f"The strength “{strength}” is unknown; use lexical or semantic.")
    tokenizer = tokenizer or default_tokenizer()
    own = taxonomy_examples(taxonomy)
    side_rows = _side_rows(examples.rows)
    texts = [row.text for row in (*examples.rows, *own)]
    to_read = [*texts, *(row.text for row in side_rows)]
    store = ReadingStore.open(cache / READINGS if cache else None, tokenizer)
    fresh = store.missing(to_read)
    with TaskPool.for_rows(len(texts)) as pool:
        asked = store.ask(to_read, pool)
        vectors = None
        if strength == SEMANTIC or (strength is None and (encoder or encoder_installed())):
            vectors = _encode(texts, cache, encoder, strength, progress)
        readings = store.gather(to_read, asked, lambda done: progress("reading", _READ * done))
        if cache and fresh:
            store.save(cache / READINGS, to_read)
        return train_artefact(
            examples,
            own,
            taxonomy,
            readings=readings,
            tokenizer=make_tokenizer(tokenizer).identity,
            vectors=vectors,
            side_rows=side_rows,
            before=before,
            pool=pool,
            progress=lambda stage, done: progress(stage, _READ + (1 - _READ) * done),
        )


def _serving(registry: ModelRegistry) -> ModelArtefact | None:
    """The serving model, where there is one that can be read."""
    folder = registry.current()
    try:
        return read_artefact(folder) if folder else None
    except ModelError:
        return None  # of an older program: it can still be compared with nothing


def _encode(
    texts: Sequence[str],
    cache: Path | None,
    encoder: Encoder | None,
    strength: str | None,
    progress: Progress,
) -> SentenceVectors | None:
    """The texts' vectors; None where nobody asked for them and too many are missing."""
    store = shipped_store()
    if encoder is not None and encoder.identity != store.encoder:
        store = EncodingStore()  # vectors of another encoder are none at all
    if cache:
        store.add(EncodingStore.open(cache / CACHE))
    texts = [strip_formulas(text) for text in texts]
    fresh = store.missing(texts)
    if strength is None and fresh > _ENCODE_UNASKED:
        return None
    encoder = encoder or make_encoder()
    # The fraction starts anew with the next stage: nobody knows beforehand how fast this core is.
    rows = store.gather(texts, encoder, lambda done: progress("encoding sentences", done))
    if cache and fresh:
        store.save(cache / CACHE)
    return SentenceVectors(encoder.identity, rows)


def _side_rows(rows: Sequence[Example]) -> tuple[Example, ...]:
    """Rows to learn request type and urgency from where the given ones are not labelled so.

    Urgency must not be lost because a town brings its own categories.
    """
    labelled = sum(bool(row.request_type and row.urgency) for row in rows)
    if labelled * 2 >= len(rows):
        return ()
    shipped = load_shipped_examples(load_shipped()).rows
    return tuple(sorted(shipped, key=lambda row: row.key)[:_BORROWED])


def _silent(stage: str, fraction: float) -> None:
    """Progress nobody watches."""
