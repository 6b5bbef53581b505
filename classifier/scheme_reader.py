"""A quick model of a scheme that has no labelled rows yet: it knows names, definitions and the
phrases of the list, nothing else.

    SchemeReader.fit(rows, *, encoder=None, progress=None) -> SchemeReader
    reader.shares(texts) -> (n, categories)      shares per text, columns in the order of the rows
    likeness(old, new) -> (old, new)             how alike the words of two lists are, 0..1

With the sentence encoder a multinomial regression on its vectors, without it one on the characters.
Heavy: imports scikit-learn when used. A guess for a person to look at, never a served model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.encoder import Encoder
from classifier.encodings import EncodingStore, shipped_store
from classifier.normalization import normalize, strip_formulas
from classifier.scheme import SchemeRow
from classifier.taxonomy import training_texts

FloatArray = npt.NDArray[np.float32]
Progress = Callable[[float], None]
_STEPS = 300


@dataclass
class SchemeReader:
    """Fitted on the texts of ``rows``; ``read`` turns texts into features."""

    rows: Sequence[SchemeRow]
    read: Callable[[Sequence[str]], Any]
    model: Any

    @classmethod
    def fit(
        cls,
        rows: Sequence[SchemeRow],
        *,
        encoder: Encoder | None = None,
        progress: Progress | None = None,
    ) -> SchemeReader:
        """Learn the lists' own words."""
        from sklearn.linear_model import LogisticRegression

        told = [(number, text) for number, row in enumerate(rows) for text in training_texts(row)]
        texts = [text for _, text in told]
        read = (
            _by_meaning(texts, encoder, progress or _silent) if encoder else _by_characters(texts)
        )
        model = LogisticRegression(C=30.0, max_iter=_STEPS)
        model.fit(read(texts), [number for number, _ in told])
        return cls(rows, read, model)

    def shares(self, texts: Sequence[str]) -> FloatArray:
        """One row of shares per text, each summing to 1."""
        table = np.zeros((len(texts), len(self.rows)), dtype=np.float32)
        if texts:
            table[:, self.model.classes_] = self.model.predict_proba(self.read(texts))
        return table


def likeness(old: Sequence[SchemeRow], new: Sequence[SchemeRow]) -> FloatArray:
    """Cosine of what the two lists write about their categories."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    told = [_describe(row) for row in (*old, *new)]
    table = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    features = table.fit_transform(told)
    alike = features[: len(old)] @ features[len(old) :].T
    return np.asarray(alike.toarray(), dtype=np.float32)


def _describe(row: SchemeRow) -> str:
    return normalize(" ".join((row.name, row.definition, *row.keywords)))


def _by_meaning(
    texts: Sequence[str], encoder: Encoder, progress: Progress
) -> Callable[[Sequence[str]], FloatArray]:
    store = shipped_store()
    if encoder.identity != store.encoder:
        store = EncodingStore()  # vectors of another encoder are none at all

    def encode(asked: Sequence[str]) -> FloatArray:
        plain = [strip_formulas(text) for text in asked]
        return np.asarray(store.gather(plain, encoder, progress), dtype=np.float32)

    mean = encode(texts).mean(axis=0)

    def read(asked: Sequence[str]) -> FloatArray:
        centred = encode(asked) - mean
        length = np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
        return np.asarray(centred / length, dtype=np.float32)

    return read


def _by_characters(texts: Sequence[str]) -> Callable[[Sequence[str]], Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    table = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    table.fit([normalize(text) for text in texts])
    return lambda asked: table.transform([normalize(text) for text in asked])


def _silent(done: float) -> None:
    """Progress nobody watches."""
