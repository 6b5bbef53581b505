"""Many texts as one sparse matrix, for training.

    fit_features(readings, *, words, characters, opening, min_words, min_characters, shares)
        -> (FeatureSpace, CSR (n, width))
        which n-grams count, their idf, and the texts' rows, equal to ``space.rows``

Serving looks for n-grams that it knows (:mod:`classifier.features`). Those of a training are
numbered by sorting: one of n symbols is the number of its first
n - 1 and its last. No string is made but for those that stay, and the sorting leaves the other
core free for the fits that need no words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from classifier.features import BIGRAM, Block, FeatureSpace, find_runs
from classifier.reading import TextReading

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

IntArray = npt.NDArray[np.int64]


def fit_features(
    readings: Sequence[TextReading],
    *,
    words: int = 2,
    characters: int = 2,
    opening: int = 0,
    min_words: int = 1,
    min_characters: int = 2,
    shares: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> tuple[FeatureSpace, csr_matrix[Any]]:
    """N-grams of up to ``words`` words and ``characters`` characters, found in at least ``min_…``
    texts.

    :param opening: of so many first words the n-grams count a second time, as features apart
    :param shares: length of the words', the characters' and the opening's part of each row
    """
    from scipy.sparse import hstack

    of_words, word_rows = _words(readings, words).fit_block(min_words, shares[0])
    of_characters, character_rows = _characters(readings, characters).fit_block(
        min_characters, shares[1]
    )
    # As many texts are asked for as with words, so that each n-gram is one of the words' too.
    of_openings, opening_rows = _words(readings, words, opening).fit_block(min_words, shares[2])
    matrix = hstack((word_rows, character_rows, opening_rows), format="csr", dtype=np.float32)
    matrix.sort_indices()
    return FeatureSpace(of_words, of_characters, of_openings, opening), matrix


@dataclass(frozen=True)
class SymbolRuns:
    """All texts' symbols one after another: which symbol, of which text, in which unbroken run.

    ``spell(start, n)``: the n-gram of ``n`` symbols from place ``start`` on, as a term.
    """

    symbols: IntArray
    texts: IntArray
    runs: IntArray
    number_of_texts: int
    longest: int
    spell: Callable[[int, int], str]
    joint: str = ""

    def fit_block(self, least: int, share: float) -> tuple[Block, csr_matrix[Any]]:
        """N-grams found in at least ``least`` texts, and TF-IDF rows of length ``share``."""
        from scipy.sparse import csr_matrix

        terms: list[str] = []
        rows, columns = [], []
        for n, starts, ranks, somewhere in self._ngrams():
            met = csr_matrix(
                (np.ones(len(starts), np.float32), (self.texts[starts], ranks)),
                shape=(self.number_of_texts, len(somewhere)),
            )
            met.sum_duplicates()
            spread = np.bincount(met.indices, minlength=len(somewhere))
            kept = np.flatnonzero(spread >= least)
            terms += [self.spell(start, n) for start in somewhere[kept].tolist()]
            rows.append(met[:, kept])
            columns.append(spread[kept])
        return _weigh(terms, self.joint, rows, np.concatenate(columns), share)

    def _ngrams(self) -> Any:
        """For n = 1, 2, …: n, where each n-gram starts, its number, one place of each number."""
        starts = np.arange(len(self.symbols))
        ranks = np.zeros(len(self.symbols), dtype=np.int64)
        alphabet = int(self.symbols.max(initial=0)) + 1
        for n in range(1, self.longest + 1):
            goes_on = starts + n - 1 < len(self.symbols)
            starts, ranks = starts[goes_on], ranks[goes_on]
            unbroken = self.runs[starts + n - 1] == self.runs[starts]
            starts, ranks = starts[unbroken], ranks[unbroken]
            # Both factors are at most the number of symbols: the product stays far below 2**63.
            keys = ranks * alphabet + self.symbols[starts + n - 1]
            known, ranks = np.unique(keys, return_inverse=True)
            somewhere = np.empty(len(known), dtype=np.int64)
            somewhere[ranks] = starts  # asking numpy for the first place doubles the sorting
            yield n, starts, ranks, somewhere


def _words(readings: Sequence[TextReading], longest: int, at_most: int | None = None) -> SymbolRuns:
    """:param at_most: of each text only so many first words"""
    of_text = [reading.words[:at_most] for reading in readings]
    words = list(chain.from_iterable(of_text))
    numbers = {word: i for i, word in enumerate(dict.fromkeys(words))}
    texts = np.repeat(np.arange(len(readings)), list(map(len, of_text)))
    return SymbolRuns(
        symbols=np.fromiter(map(numbers.__getitem__, words), np.int64, len(words)),
        texts=texts,
        runs=texts,
        number_of_texts=len(readings),
        longest=longest,
        spell=lambda start, n: BIGRAM.join(words[start : start + n]),
        joint=BIGRAM,
    )


def _characters(readings: Sequence[TextReading], longest: int) -> SymbolRuns:
    of_text = [find_runs(reading.normal) for reading in readings]
    runs = list(chain.from_iterable(of_text))
    text = "".join(runs)
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    run_of = np.repeat(np.arange(len(runs)), np.fromiter(map(len, runs), np.int64, len(runs)))
    text_of = np.repeat(np.arange(len(readings)), [len(own) for own in of_text])
    return SymbolRuns(
        symbols=np.unique(points, return_inverse=True)[1].astype(np.int64),
        texts=text_of[run_of],
        runs=run_of,
        number_of_texts=len(readings),
        longest=longest,
        spell=lambda start, n: text[start : start + n],
    )


def _weigh(
    terms: Sequence[str],
    joint: str,
    rows: Sequence[csr_matrix[Any]],
    spread: IntArray,
    share: float,
) -> tuple[Block, csr_matrix[Any]]:
    from scipy.sparse import hstack

    order = sorted(range(len(terms)), key=terms.__getitem__)
    matrix = hstack(rows, format="csr", dtype=np.float32)[:, order]
    idf = (np.log((1.0 + matrix.shape[0]) / (1.0 + spread[order])) + 1.0).astype(np.float32)
    matrix.data = ((np.log(matrix.data) + 1) * idf[matrix.indices]).astype(np.float32)
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scale = share / np.where(lengths > 0, lengths, 1)
    matrix.data *= np.repeat(scale, np.diff(matrix.indptr)).astype(np.float32)
    return Block({terms[k]: i for i, k in enumerate(order)}, idf, share, joint), matrix
