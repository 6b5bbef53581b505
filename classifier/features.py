"""Texts to sparse vectors: n-grams of jieba words and of characters, TF-IDF, one vocabulary each.

    cut_words(text, tokenizer) -> [word, …]        punctuation left out
    find_runs(text) -> runs of letters and digits  no n-gram reaches across two of them
    FeatureSpace(words, characters, opening)       which n-grams count, and their idf
    space.rows(words, texts) -> Rows               for many texts at once
    Rows.scores(weights) -> (texts, heads)

Our own rather than scikit-learn's vectorizer for two reasons: it takes a fraction of the time
(:mod:`classifier.ngrams`), and the serving process does not import scikit-learn at all (5 s and
100 MB). Training counts n-grams nobody knows yet: :mod:`classifier.corpus`.

Weights: (1 + ln tf) * idf, each block (words, characters, words of the opening) scaled to length 1
and then by its share, so a long text does not outvote a short one and no block drowns another. The
first words count a second time, as features of their own: what a letter or an order opens with is
mostly the matter, and the rest how it came about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


class Cells(NamedTuple):
    """What is in a matrix: the value of each text in each column, in the order of the texts."""

    texts: IntArray
    columns: IntArray
    values: FloatArray


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

    def rows(self, texts: IntArray, terms: IntArray, number_of_texts: int) -> Cells:
        """Sorted by text and column.

        :param terms: each n-gram found; ``texts``: in which text
        """
        met, often = np.unique(texts * len(self.index) + terms, return_counts=True)
        texts, columns = np.divmod(met, max(len(self.index), 1))
        values = (np.log(often) + 1) * self.idf[columns]
        lengths = np.sqrt(np.bincount(texts, values * values, minlength=number_of_texts))
        scale = self.share / np.where(lengths > 0, lengths, 1)
        return Cells(texts, columns, (values * scale[texts]).astype(np.float32))


def no_block() -> Block:
    """A block without n-grams."""
    return Block({}, np.empty(0, dtype=np.float32), 1.0)


@dataclass(frozen=True)
class FeatureSpace:
    """The n-grams that count. ``width`` = words + characters + words of the opening.

    :param opening: n-grams of the first ``opening_words`` words; each is one of ``words`` as well
    """

    words: Block
    characters: Block
    opening: Block = field(default_factory=no_block)
    opening_words: int = 0

    @property
    def width(self) -> int:
        """Number of features."""
        return self._before_opening + len(self.opening.index)

    def rows(self, words: Sequence[Sequence[str]], texts: Sequence[str]) -> Rows:
        """One row for each text; words first, then characters, then the opening.

        :param texts: normalised; ``words``: of the same texts, as :func:`cut_words` gives them
        """
        n = len(texts)
        of_words, of_opening = self._rows_of_words(words)
        symbols, text_of = self._number_characters(texts)
        starts, terms = self.characters.ngrams.find(symbols)
        of_characters = self.characters.rows(text_of[starts], terms, n)
        blocks = (of_words, of_characters, of_opening)
        offsets = (0, len(self.words.index), self._before_opening)
        of_text = np.concatenate([cells.texts for cells in blocks])
        order = np.argsort(of_text, kind="stable")
        bounds = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(of_text, minlength=n), out=bounds[1:])
        columns = [cells.columns + offset for cells, offset in zip(blocks, offsets, strict=True)]
        values = [cells.values for cells in blocks]
        return Rows(bounds, np.concatenate(columns)[order], np.concatenate(values)[order])

    @cached_property
    def columns_inside(self) -> Callable[[str], tuple[int, ...]]:
        """Columns of a word, of it in an opening, and of the character n-grams within it."""

        offset, characters = len(self.words.index), self.characters.index
        opening, first = self._before_opening, self.opening.index
        longest = max(map(len, characters), default=0)

        @lru_cache(maxsize=1 << 15)  # the words of a town come again and again
        def find(word: str) -> tuple[int, ...]:
            spans = combinations(range(len(word) + 1), 2)
            inside = {word[i:j] for i, j in spans if j - i <= longest}
            columns = [offset + characters[term] for term in inside if term in characters]
            columns += [self.words.index[word]] if word in self.words.index else []
            columns += [opening + first[word]] if word in first else []
            return tuple(columns)

        return find

    @property
    def _before_opening(self) -> int:
        return len(self.words.index) + len(self.characters.index)

    def _rows_of_words(self, words: Sequence[Sequence[str]]) -> tuple[Cells, Cells]:
        """Rows of the words and of the openings, whose n-grams are looked up but once."""
        known = self.words.ngrams.symbols
        symbols = list(map(known.get, chain.from_iterable((*own, "") for own in words), repeat(0)))
        lengths = np.array([len(own) + 1 for own in words], dtype=np.int64)
        starts, terms = self.words.ngrams.find(np.array(symbols, dtype=np.int64))
        texts = np.repeat(np.arange(len(words)), lengths)[starts]
        begins = np.cumsum(lengths) - lengths
        number, length = self._opening_of_word
        early = starts - begins[texts] + length[terms] <= self.opening_words
        early &= number[terms] >= 0
        return (
            self.words.rows(texts, terms, len(words)),
            self.opening.rows(texts[early], number[terms[early]], len(words)),
        )

    @cached_property
    def _opening_of_word(self) -> tuple[IntArray, IntArray]:
        """For each n-gram of words: its number among those of openings or -1, and its length."""
        size, opening = len(self.words.index), self.opening.index
        number = np.fromiter((opening.get(term, -1) for term in self.words.index), np.int64, size)
        length = np.fromiter((term.count(BIGRAM) + 1 for term in self.words.index), np.int64, size)
        return number, length

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
