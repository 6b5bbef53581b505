"""Many texts as one sparse matrix, for training.

    Corpus.count(readings) -> Corpus                 n-grams of every text
    corpus.fit_space(min_words, ...) -> FeatureSpace which n-grams count, and their idf
    corpus.matrix(space) -> CSR (n, width)           rows equal to ``space.row`` of each text

Serving asks a dictionary some hundred times a text (:mod:`classifier.features`); for thousands of
texts at once the same sums over arrays take a third of the time and of the memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.features import Block, FeatureSpace, list_characters, list_words
from classifier.reading import TextReading

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Tally:
    """How often each n-gram of one kind stands in each text; ``counts``: CSR (n, terms)."""

    terms: tuple[str, ...]
    counts: csr_matrix[Any]

    def fit_block(self, least: int, share: float) -> Block:
        """Keep n-grams found in at least ``least`` texts."""
        rows, width = self.counts.shape
        spread = np.bincount(self.counts.indices, minlength=width)
        kept = sorted(np.flatnonzero(spread >= least).tolist(), key=self.terms.__getitem__)
        idf = np.log((1.0 + rows) / (1.0 + spread[kept])) + 1.0
        return Block({self.terms[k]: i for i, k in enumerate(kept)}, idf.astype(np.float32), share)

    def weigh(self, block: Block) -> csr_matrix[Any]:
        """TF-IDF rows of length ``block.share``, columns as in the block."""
        known = {term: column for column, term in enumerate(self.terms)}
        columns = np.fromiter(map(known.__getitem__, block.index), np.int64, len(block.index))
        rows = self.counts[:, columns]
        rows.data = ((np.log(rows.data) + 1) * block.idf[rows.indices]).astype(np.float32)
        lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        scale = block.share / np.where(lengths > 0, lengths, 1)
        rows.data *= np.repeat(scale, np.diff(rows.indptr)).astype(np.float32)
        return rows


@dataclass(frozen=True)
class Corpus:
    """Words and characters of the same texts, in the same order."""

    words: Tally
    characters: Tally

    @classmethod
    def count(cls, readings: Sequence[TextReading]) -> Corpus:
        """Count every n-gram of every text."""
        return cls(
            _tally(list_words(reading.words) for reading in readings),
            _tally(list_characters(reading.normal) for reading in readings),
        )

    def fit_space(
        self,
        *,
        min_words: int = 1,
        min_characters: int = 2,
        shares: tuple[float, float] = (1.0, 1.0),
    ) -> FeatureSpace:
        """Keep n-grams found in at least ``min_…`` texts."""
        return FeatureSpace(
            self.words.fit_block(min_words, shares[0]),
            self.characters.fit_block(min_characters, shares[1]),
        )

    def matrix(self, space: FeatureSpace) -> csr_matrix[Any]:
        """:param space: one of this corpus, every n-gram of it known here."""
        from scipy.sparse import hstack

        parts = (self.words.weigh(space.words), self.characters.weigh(space.characters))
        matrix = hstack(parts, format="csr", dtype=np.float32)
        matrix.sort_indices()
        return matrix


def _tally(texts: Iterable[list[str]]) -> Tally:
    from scipy.sparse import csr_matrix

    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__  # the next free number for a term not met before
    parts = [np.fromiter(map(numbers.__getitem__, terms), np.int32, len(terms)) for terms in texts]
    ends = np.cumsum([0, *map(len, parts)])
    columns = np.concatenate(parts) if parts else np.empty(0, np.int32)
    counts = csr_matrix(
        (np.ones(len(columns), np.float32), columns, ends), shape=(len(parts), len(numbers))
    )
    counts.sum_duplicates()
    return Tally(tuple(numbers), counts)
