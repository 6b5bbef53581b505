"""The training from a folder of inputs: the same bytes in, the same numbers out.

    train_inputs(inputs, *, cache=None, before=None, strength=None, tokenizer=None, encoder=None,
                 engine="local", scheduler=None, progress=None) -> Trained
    Trained: artefact, metrics, material, inputs, vectors, known, base; .keep(folder)
    shared_encoder(encoder, *models, known=None) -> Encoder | None

``huying train``, the training room and a repetition all come through here. Texts read and sentences
encoded are kept in the ``cache`` folder; what it holds changes how long a training takes and
nothing else. Heavy: scikit-learn is imported when a function is called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.artefact import ModelArtefact
from classifier.cluster.pool import open_pool
from classifier.encoder import Encoder, encoder_installed, make_encoder
from classifier.encodings import EncodingStore, shipped_store
from classifier.errors import ClassifierError
from classifier.examples import Example, taxonomy_examples
from classifier.normalization import strip_formulas
from classifier.reading import ReadingStore
from classifier.retraining.inputs import Inputs
from classifier.retraining.record import VECTORS, Assembled, assemble, keep_inputs
from classifier.retraining.witness import RememberingEncoder
from classifier.semantic_training import SentenceVectors
from classifier.task_pool import MANY_ROWS, TaskPool
from classifier.taxonomy import load_taxonomy
from classifier.tokenizer import default_tokenizer, make_tokenizer
from classifier.trainer import train_artefact
from classifier.training_settings import keeps_answers, load_settings

LEXICAL, SEMANTIC = "lexical", "semantic"
STRENGTHS = (LEXICAL, SEMANTIC)
CACHE = "encodings.npz"  # in the registry's folder: vectors of rows that are not shipped
READINGS = "readings.jsonl.gz"  # beside it: words and cues of the rows of the last training
# Without vectors at hand encoding costs a tenth of a second a row. By itself training does that
# for some rows, not for all of them.
_ENCODE_UNASKED = 300
_SAVED_AFTER = 2_000  # texts encoded; some minutes of work, and a file of 40 MB at most
_BORROWED = 2_000  # shipped rows that teach request type and urgency to a model without them
_READ_HERE = 500  # texts; more are read by the processes of the pool
_READ = 0.3  # share of the whole when every text is read
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Trained:
    """A model that is nowhere yet, and what must be kept with it."""

    artefact: ModelArtefact
    metrics: dict[str, Any]
    material: Assembled
    inputs: Inputs
    vectors: EncodingStore | None  # of the texts that do not travel with the program …
    known: EncodingStore | None  # … and of those that do
    base: str  # id of the model it took scores over from

    def keep(self, folder: Path) -> None:
        """Put the inputs into the model's folder; for ``fill`` of the registry."""
        facts = {
            "strength": self.artefact.strength,
            "tokenizer": self.artefact.tokenizer,
            "encoder": self.artefact.semantic.encoder if self.artefact.semantic else "",
            "warm_from": self.base,
        }
        keep_inputs(folder, self.inputs, self.material.shipped, self.vectors, facts)


def train_inputs(
    inputs: Inputs,
    *,
    cache: Path | None = None,
    before: ModelArtefact | None = None,
    strength: str | None = None,
    tokenizer: str | None = None,
    encoder: Encoder | None = None,
    engine: str = "local",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Train on recorded inputs; the same inputs give the same numbers.

    :param cache: folder of texts read and sentences encoded before
    :param before: the model to take scores over from; only where the inputs say ``warm``
    :param strength, tokenizer: what the inputs leave open, as it turned out the first time
    """
    progress = progress or _silent
    strength = strength or inputs.settings["strength"] or None
    check_strength(strength)
    tokenizer = tokenizer or inputs.settings["tokenizer"] or default_tokenizer()
    taxonomy = load_taxonomy(inputs.taxonomy)
    # First of all: its processes start while this one puts the rows together.
    with open_pool(_expected(inputs), engine, scheduler) as workers:
        material = assemble(inputs, taxonomy)
        rows, own = material.examples.rows, taxonomy_examples(taxonomy)
        side_rows = _side_rows(rows, material.shipped)
        texts = [row.text for row in (*rows, *own)]
        to_read = [*texts, *(row.text for row in side_rows)]
        keep_answers = keeps_answers(load_settings(), alone=material.alone)
        store = ReadingStore.open(
            cache / READINGS if cache else None, tokenizer, keep_answers=keep_answers
        )
        fresh = store.missing(to_read)
        asked = store.ask(to_read, workers if fresh > _READ_HERE else TaskPool())
        vectors, encodings, known = None, None, None
        if strength == SEMANTIC or (strength is None and (encoder or encoder_installed())):
            vectors, encodings, known = _encode(texts, cache, inputs, encoder, strength, progress)
        readings = store.gather(to_read, asked, lambda done: progress("reading", _READ * done))
        keep = cache / READINGS if cache and fresh else None

        def meanwhile() -> None:
            if keep:
                store.save(keep, to_read)
            _ = material.leaks  # the exam asks for them

        artefact, metrics = train_artefact(
            material.examples,
            own,
            taxonomy,
            readings=readings,
            tokenizer=make_tokenizer(tokenizer).identity,
            vectors=vectors,
            side_rows=side_rows,
            before=before if inputs.settings["warm"] else None,
            pool=workers,
            town={row.key for row in material.own},
            alone=material.alone,
            progress=lambda stage, done: progress(stage, _READ + (1 - _READ) * done),
            meanwhile=meanwhile,
        )
    return Trained(
        artefact, metrics, material, inputs, encodings, known, str(artefact.facts["trained_from"])
    )


def shared_encoder(
    encoder: Encoder | None, *models: ModelArtefact | None, known: EncodingStore | None = None
) -> Encoder | None:
    """One encoder for models that are asked about the same texts; None where none has use of it.

    :param known: vectors that need not be made again
    """
    if not any(model and model.semantic for model in models):
        return encoder
    return RememberingEncoder(encoder or make_encoder(), known)


def check_strength(strength: str | None) -> None:
    """:raises ClassifierError: it is none of :data:`STRENGTHS`"""
    if strength is not None and strength not in STRENGTHS:
        raise ClassifierError(f"The strength “{strength}” is unknown; use lexical or semantic.")


def _encode(
    texts: Sequence[str],
    cache: Path | None,
    inputs: Inputs,
    encoder: Encoder | None,
    strength: str | None,
    progress: Progress,
) -> tuple[SentenceVectors | None, EncodingStore | None, EncodingStore | None]:
    """The texts' vectors, those among them that are not shipped, and all that are known; None
    where nobody asked for them and too many are missing."""
    shipped = shipped_store()
    if encoder is not None and encoder.identity != shipped.encoder:
        shipped = EncodingStore()  # vectors of another encoder are none at all
    store = EncodingStore()
    store.add(shipped)
    if cache:
        store.add(EncodingStore.open(cache / CACHE))
    store.add(EncodingStore.open(inputs.folder / VECTORS))
    texts = [strip_formulas(text) for text in texts]
    fresh = store.missing(texts)
    if strength is None and fresh > _ENCODE_UNASKED:
        return None, None, None
    encoder = encoder or make_encoder()
    # The fraction starts anew with the next stage: nobody knows beforehand how fast this core is.
    if fresh:
        _fill_store(store, texts, encoder, cache, progress)
    rows = store.gather(texts, encoder)
    return SentenceVectors(encoder.identity, rows), store.only(texts).without(shipped), store


def _fill_store(
    store: EncodingStore,
    texts: Sequence[str],
    encoder: Encoder,
    cache: Path | None,
    progress: Progress,
) -> None:
    """Encode what is new, saving now and then: a killed training goes on where it was."""
    todo = [text for text in dict.fromkeys(texts) if store.missing([text])]
    for start in range(0, len(todo), _SAVED_AFTER):
        part = todo[start : start + _SAVED_AFTER]

        def tell(done: float, start: int = start, size: int = len(part)) -> None:
            progress("encoding sentences", (start + done * size) / len(todo))

        store.gather(part, encoder, tell)
        if cache:
            store.save(cache / CACHE)


def _expected(inputs: Inputs) -> int:
    """Roughly how many rows there will be, known before any is read."""
    return len(inputs.rows) + (MANY_ROWS if inputs.settings["with_shipped"] else 0)


def _side_rows(rows: Sequence[Example], shipped: Sequence[Example]) -> tuple[Example, ...]:
    """Rows to learn request type and urgency from where the given ones are not labelled so.

    Urgency must not be lost because a town brings its own categories.
    """
    labelled = sum(bool(row.request_type and row.urgency) for row in rows)
    if labelled * 2 >= len(rows):
        return ()
    return tuple(sorted(shipped, key=lambda row: row.key)[:_BORROWED])


def _silent(stage: str, fraction: float) -> None:
    """Progress nobody watches."""
