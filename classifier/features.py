"""Text to a sparse vector: jieba words 1-2 and characters 1-4, TF-IDF, one dictionary each.

    count_terms(text, tokenizer) -> Counts        n-grams of one normalised text
    FeatureSpace(words, characters)                which n-grams count, and their idf
    space.row(counts) -> (indices, values)         for one text, no scipy needed
    find_runs(text) -> runs of letters and digits  no n-gram reaches across two of them

Our own rather than scikit-learn's vectorizer for two reasons: a served text costs a few hundred
dictionary look-ups instead of a pipeline, and the serving process does not import scikit-learn at
all (5 s and 100 MB). Training fills whole matrices: :mod:`classifier.corpus`.

Weights: (1 + ln tf) * idf, each block (words, characters) scaled to length 1 and then by its
share, so a long text does not outvote a short one and neither block drowns the other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from classifier.tokenizer import Tokenizer

MAX_CHARACTERS = 4  # longest character n-gram
MAX_WORDS = 2
# An n-gram across a comma is noise: characters are counted within runs of letters and digits.
_RUN = re.compile(r"[^\W_]+")
BIGRAM = " "  # never inside a word, so "小区 噪音" is a bigram and "小区" a word
IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Counts:
    """How often each n-gram stands in one text."""

    words: Counter[str]
    characters: Counter[str]


def count_terms(text: str, tokenizer: Tokenizer) -> Counts:
    """Count the n-grams of one normalised text."""
    return Counts(count_words(cut_words(text, tokenizer)), count_characters(text))


def cut_words(text: str, tokenizer: Tokenizer) -> list[str]:
    """The words of a normalised text, punctuation left out."""
    return [word for word in tokenizer.cut(text) if _RUN.match(word)]


def count_words(pieces: Sequence[str]) -> Counter[str]:
    """Words and pairs of neighbours."""
    return Counter([*pieces, *[a + BIGRAM + b for a, b in pairwise(pieces)]])


def count_characters(text: str) -> Counter[str]:
    """Character n-grams of one to four within runs of letters and digits."""
    grams: list[str] = []
    for run in find_runs(text):
        for n in range(1, MAX_CHARACTERS + 1):
            grams += [run[i : i + n] for i in range(len(run) - n + 1)]
    return Counter(grams)


def find_runs(text: str) -> list[str]:
    """The runs of letters and digits."""
    return _RUN.findall(text)


@dataclass(frozen=True)
class Block:
    """One kind of n-gram: where each stands in the vector, its idf, and the block's share."""

    index: dict[str, int]
    idf: FloatArray
    share: float

    def row(self, counts: Counter[str]) -> tuple[IntArray, FloatArray]:
        """Positions within the block and their weights, unsorted."""
        index = self.index
        found = [term for term in counts if term in index]
        if not found:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        where = np.fromiter(map(index.__getitem__, found), np.int32, len(found))
        often = np.fromiter(map(counts.__getitem__, found), np.float32, len(found))
        weights = (np.log(often) + np.float32(1)) * self.idf[where]
        length = float(np.sqrt(np.dot(weights, weights)))
        return where, np.asarray(weights * np.float32(self.share / length), np.float32)


@dataclass(frozen=True)
class FeatureSpace:
    """The n-grams that count. ``width`` = words + characters."""

    words: Block
    characters: Block

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.words.index) + len(self.characters.index)

    def row(self, counts: Counts) -> tuple[IntArray, FloatArray]:
        """Positions and weights of one text; words first, then characters."""
        where, weights = self.words.row(counts.words)
        there, more = self.characters.row(counts.characters)
        offset = np.int32(len(self.words.index))
        return np.concatenate([where, there + offset]), np.concatenate([weights, more])
