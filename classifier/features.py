"""Texts to sparse vectors: n-grams of jieba words and of characters, TF-IDF, one vocabulary each.

    cut_words(text, tokenizer) -> [word, …]        punctuation left out
    find_runs(text) -> runs of letters and digits  no n-gram reaches across two of them
    FeatureSpace(words, characters)                which n-grams count, and their idf
    space.rows(words, texts) -> Rows               for many texts at once
    Rows.scores(weights) -> (texts, heads)

Our own rather than scikit-learn's vectorizer for two reasons: it takes a fraction of the time
(:mod:`classifier.ngrams`), and the serving process does not import scikit-learn at all (5 s and
100 MB). Training counts n-grams nobody knows yet: :mod:`classifier.corpus`.

Weights: (1 + ln tf) * idf, each block (words, characters) scaled to length 1 and then by its
share, so a long text does not outvote a short one and neither block drowns the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, combinations, repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.ngrams import NgramIndex
from classifier.tokenizer import Tokenizer

# An n-gram across a comma is noise: characters are counted within runs of letters and digits.
_RUN = re.compile(r"[^\W_]+")
BIGRAM = " "  # never inside a word, so "小区 噪音" is a bigram and "小区" a word
_BREAK = "\0"  # between texts; in no term
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]


def cut_words(text: str, tokenizer: Tokenizer) -> list[str]:
    """The words of a normalised text, punctuation left out."""
    # Nearly every word is all letters, and that is asked in half the time.
    return [word for word in tokenizer.cut(text) if word.isalnum() or word[0].isalnum()]


def find_runs(text: str) -> list[str]:
    """The runs of letters and digits."""
    return _RUN.findall(text)


class Rows(NamedTuple):
    """Sparse vectors: that of text ``i`` lies between ``bounds[i]`` and ``bounds[i + 1]``."""

    bounds: IntArray
    columns: IntArray
    values: FloatArray

    def row(self, i: int) -> tuple[IntArray, FloatArray]:
        """Columns and values of one text."""
        of_text = slice(self.bounds[i], self.bounds[i + 1])
        return self.columns[of_text], self.values[of_text]

    def scores(self, weights: npt.NDArray[Any]) -> FloatArray:
        """``rows @ weights``; weights: (width, heads), of whatever precision."""
        scores = np.zeros((len(self.bounds) - 1, weights.shape[1]), dtype=np.float32)
        for i in range(len(scores)):  # text by text: a batch of letters would need 100 MB
            columns, values = self.row(i)
            scores[i] = values @ weights[columns].astype(np.float32, copy=False)
        return scores


@dataclass(frozen=True)
class Block:
    """One kind of n-gram: where each stands in the vector, its idf, and the block's share."""

    index: dict[str, int]
    idf: FloatArray
    share: float
    joint: str = ""

    @cached_property
    def ngrams(self) -> NgramIndex:
        """The vocabulary, for looking through texts."""
        return NgramIndex(tuple(self.index), self.joint)

    def rows(
        self, symbols: IntArray, text_of: IntArray, number_of_texts: int
    ) -> tuple[IntArray, IntArray, FloatArray]:
        """(text, column within the block, value), sorted by text and column.

        :param symbols: numbers of all texts' symbols, each text followed by a 0
        """
        starts, terms = self.ngrams.find(symbols)
        met, often = np.unique(text_of[starts] * len(self.index) + terms, return_counts=True)
        texts, columns = np.divmod(met, max(len(self.index), 1))
        values = (np.log(often) + 1) * self.idf[columns]
        lengths = np.sqrt(np.bincount(texts, values * values, minlength=number_of_texts))
        scale = self.share / np.where(lengths > 0, lengths, 1)
        return texts, columns, (values * scale[texts]).astype(np.float32)


@dataclass(frozen=True)
class FeatureSpace:
    """The n-grams that count. ``width`` = words + characters."""

    words: Block
    characters: Block

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.words.index) + len(self.characters.index)

    def rows(self, words: Sequence[Sequence[str]], texts: Sequence[str]) -> Rows:
        """One row for each text; words first, then characters.

        :param texts: normalised; ``words``: of the same texts, as :func:`cut_words` gives them
        """
        n = len(texts)
        word_text, word_columns, word_values = self.words.rows(*self._number_words(words), n)
        text, columns, values = self.characters.rows(*self._number_characters(texts), n)
        of_text = np.concatenate([word_text, text])
        order = np.argsort(of_text, kind="stable")
        bounds = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(of_text, minlength=n), out=bounds[1:])
        return Rows(
            bounds,
            np.concatenate([word_columns, columns + len(self.words.index)])[order],
            np.concatenate([word_values, values])[order],
        )

    @cached_property
    def columns_inside(self) -> Callable[[str], tuple[int, ...]]:
        """Columns of a word and of the character n-grams within it, each once."""

        offset, characters = len(self.words.index), self.characters.index
        longest = max(map(len, characters), default=0)

        @lru_cache(maxsize=1 << 15)  # the words of a town come again and again
        def find(word: str) -> tuple[int, ...]:
            spans = combinations(range(len(word) + 1), 2)
            inside = {word[i:j] for i, j in spans if j - i <= longest}
            columns = [offset + characters[term] for term in inside if term in characters]
            return (*((self.words.index[word],) if word in self.words.index else ()), *columns)

        return find

    def _number_words(self, words: Sequence[Sequence[str]]) -> tuple[IntArray, IntArray]:
        known = self.words.ngrams.symbols
        numbers = list(map(known.get, chain.from_iterable((*own, "") for own in words), repeat(0)))
        lengths = [len(own) + 1 for own in words]
        return np.array(numbers, dtype=np.int64), np.repeat(np.arange(len(words)), lengths)

    def _number_characters(self, texts: Sequence[str]) -> tuple[IntArray, IntArray]:
        text = _BREAK.join([*texts, ""])
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        numbers = self._number_of_point[np.minimum(points, len(self._number_of_point) - 1)]
        lengths = [len(own) + 1 for own in texts]
        return numbers, np.repeat(np.arange(len(texts)), lengths)

    @cached_property
    def _number_of_point(self) -> IntArray:
        """Code point -> number of the character; one more, for all beyond."""
        known = self.characters.ngrams.symbols
        numbers = np.zeros(max(map(ord, known), default=0) + 2, dtype=np.int64)
        for character, number in known.items():
            numbers[ord(character)] = number
        return numbers
