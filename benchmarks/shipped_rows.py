"""The shipped rows ready to be learnt from again and again, for benchmarks.

prepare(folder, extra=(), strength="semantic") -> Prepared
    readings and vectors are kept in ``folder``
prepared.judge(labels, pool) -> (n, categories)
    calibrated probabilities of the shipped rows, each by a model that saw neither it nor its
    group
nearest_categories(prepared) -> {code: code}      the category whose description is most alike
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.calibration import fit_mixture
from classifier.corpus import fit_features
from classifier.encoder import make_encoder
from classifier.encodings import EncodingStore, shipped_store
from classifier.examples import Example, load_shipped_examples, taxonomy_examples
from classifier.fit_queue import FitQueue
from classifier.folds import assign_folds
from classifier.linear import fit_softmax, fit_voters
from classifier.neighbour_training import NeighbourTrainer
from classifier.normalization import strip_formulas
from classifier.reading import ReadingStore, TextReading
from classifier.semantic_training import centre
from classifier.task_pool import TaskPool
from classifier.taxonomy import Taxonomy, load_shipped
from classifier.tokenizer import default_tokenizer
from classifier.training_settings import feature_settings, load_settings

KEPT = Path(tempfile.gettempdir()) / "huying-benchmarks"


@dataclass(frozen=True)
class Prepared:
    """``rows`` are judged, the taxonomy's ``own`` sentences after them never; then ``extra``."""

    taxonomy: Taxonomy
    rows: tuple[Example, ...]
    own: tuple[Example, ...]
    extra: tuple[Example, ...]
    readings: list[TextReading]
    vectors: Any  # (rows + own + extra, 384), None in the lexical strength
    features: Any  # of rows and own
    settings: dict[str, Any]

    @property
    def labels(self) -> np.ndarray:
        """Categories of rows and own."""
        return np.array([row.category for row in (*self.rows, *self.own)])

    @property
    def folds(self) -> np.ndarray:
        """As a training deals them; -1 for the taxonomy's sentences."""
        dealt = assign_folds(
            [row.category for row in self.rows],
            [row.group or row.key for row in self.rows],
            self.settings["category"]["folds"],
        )
        return np.concatenate([dealt, np.full(len(self.own), -1, dtype=np.int8)])

    def judge(self, labels: np.ndarray, pool: TaskPool) -> np.ndarray:
        """What a training on these labels would say of each shipped row, held out."""
        settings, n = self.settings, len(self.rows) + len(self.own)
        fit = partial(
            fit_voters,
            C=settings["category"]["C"],
            balanced=settings["category"]["balanced"],
            evidence=settings["category"]["evidence"],
        )
        queue, codes = FitQueue(pool), self.taxonomy.codes
        tables = [queue.judge(fit, self.features, labels, codes, self.folds)]
        if self.vectors is not None:
            dense = partial(fit_softmax, C=settings["encoder"]["C"])
            _, centred = centre(self.vectors[:n])
            tables.append(queue.judge(dense, centred, labels, codes, self.folds))
        scores = [table.held_out()[: len(self.rows)] for table in tables]
        if self.vectors is not None:
            rows = [
                replace(row, category=label)
                for row, label in zip((*self.rows, *self.own), labels.tolist(), strict=True)
            ]
            near = NeighbourTrainer.ask(
                pool,
                centred,
                rows,
                codes,
                self.folds,
                settings["neighbours"],
                town=np.zeros(n, dtype=np.bool_),
            )
            scores.append(near.categories()[: len(self.rows)])
        truth = np.array([codes.index(label) for label in labels[: len(self.rows)]])
        mixture = fit_mixture(scores, truth).humbled(**settings["calibration"])
        return mixture.probabilities(*scores)


def prepare(
    folder: Path = KEPT, extra: Sequence[Example] = (), strength: str = "semantic"
) -> Prepared:
    """Read and encode what ``folder`` does not know yet."""
    taxonomy = load_shipped()
    rows = load_shipped_examples(taxonomy).rows
    own = tuple(taxonomy_examples(taxonomy))
    texts = [row.text for row in (*rows, *own, *extra)]
    tokenizer = default_tokenizer()
    readings = ReadingStore.open(folder / "readings.jsonl.gz", tokenizer)
    if readings.missing(texts):
        with TaskPool.for_rows(len(texts)) as pool:
            readings.gather(texts, readings.ask(texts, pool))
        readings.save(folder / "readings.jsonl.gz", texts)
    read = readings.gather(texts)
    settings = load_settings()
    _, features = fit_features(read[: len(rows) + len(own)], **feature_settings(settings))
    vectors = encode(texts, folder) if strength == "semantic" else None
    return Prepared(taxonomy, rows, own, tuple(extra), read, vectors, features, settings)


def encode(texts: Sequence[str], folder: Path) -> Any:
    """Sentence vectors; those that are not shipped are kept in the folder."""
    store, path = shipped_store(), folder / "encodings.npz"
    store.add(EncodingStore.open(path))
    plain = [strip_formulas(text) for text in texts]
    fresh = store.missing(plain)
    vectors = store.gather(plain, make_encoder())
    if fresh:
        store.save(path, plain)
    return vectors


def nearest_categories(prepared: Prepared) -> dict[str, str]:
    """Per category the one that its own sentences in the taxonomy are most like."""
    codes = prepared.taxonomy.codes
    start = len(prepared.rows)
    own = prepared.features[start : start + len(prepared.own)]
    labels = np.array([row.category for row in prepared.own])
    means = np.vstack([np.asarray(own[labels == code].mean(axis=0)) for code in codes])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    alike = means @ means.T
    np.fill_diagonal(alike, -1)
    return {
        code: codes[int(place)] for code, place in zip(codes, alike.argmax(axis=1), strict=True)
    }
