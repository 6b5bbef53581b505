"""The words that moved the label.

    explain(told, space, weights) -> [tuple[Reason, ...], …]

A word's weight is how far the lexical score of the label over its runner-up falls when the word
is taken out, as a share of the fall of all words named. It is measured, not read off the
coefficients: a word lives on in the character n-grams around it, and taking it out makes every
other word of the text count a little more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.features import FeatureSpace
from classifier.normalization import quote
from classifier.tag import Reason

MOST_REASONS = 5
_LEAST_SHARE = 0.02  # a word below this share moved nothing a reader would notice
_TRIED = 5  # words whose removal is measured
_HAN = re.compile("[\u4e00-\u9fff]+")
Weights = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Told:
    """A text and the label it got: ``first`` over ``second``, columns of the weights.

    ``original`` as written, ``normal`` normalised, ``pieces`` its words as the tokenizer cut them,
    ``columns`` and ``values`` its row.
    """

    original: str
    normal: str
    pieces: Sequence[str]
    columns: IntArray
    values: FloatArray
    first: int
    second: int

    def lead(self, columns: IntArray, values: FloatArray, weights: Weights) -> FloatArray:
        """What each feature adds to the label's score over its runner-up's."""
        mine = weights[columns, self.first].astype(np.float32)
        return np.asarray(values * (mine - weights[columns, self.second]), np.float32)


def explain(
    told: Sequence[Told], space: FeatureSpace, weights: Weights
) -> list[tuple[Reason, ...]]:
    """At most five words of each text as written, strongest first."""
    leads = [own.lead(own.columns, own.values, weights) for own in told]
    tried = [(i, word) for i, own in enumerate(told) for word in _likely(own, space, leads[i])]
    # All texts without one of their words, in one go.
    rest = space.rows(
        [_without(told[i].pieces, word) for i, word in tried],
        [told[i].normal.replace(word, " ") for i, word in tried],
    )
    falls: list[list[tuple[float, str]]] = [[] for _ in told]
    for row, (i, word) in enumerate(tried):
        left = told[i].lead(*rest.row(row), weights)
        fall = float(leads[i].sum()) - float(left.sum())
        if fall > 0:
            falls[i].append((fall, word))
    return [_name(own, sorted(of, reverse=True)) for own, of in zip(told, falls, strict=True)]


def _name(told: Told, falls: Sequence[tuple[float, str]]) -> tuple[Reason, ...]:
    total = sum(fall for fall, _ in falls)
    reasons = []
    for fall, word in falls[:MOST_REASONS]:
        quoted = quote(word, told.original)
        if quoted is not None and fall >= _LEAST_SHARE * total:
            reasons.append(Reason(quoted, round(fall / total, 3)))
    return tuple(reasons)


def _without(pieces: Sequence[str], word: str) -> list[str]:
    if len(word) != 2 or word[0] not in pieces or word[1] not in pieces:
        return [piece for piece in pieces if piece != word]
    rest: list[str] = []
    skip = False
    for piece, after in zip(pieces, [*pieces[1:], ""], strict=True):
        if skip or piece == word:
            skip = False
        elif piece + after == word:
            skip = True
        else:
            rest.append(piece)
    return rest


def _likely(told: Told, space: FeatureSpace, lead: FloatArray) -> list[str]:
    """Words worth trying: those whose own n-grams speak for the label."""
    adds = dict(zip(told.columns.tolist(), lead.tolist(), strict=True)).get
    # jieba leaves 被偷 as two words; a reader wants it as one, so neighbours are tried together.
    pairs = [a + b for a, b in pairwise(told.pieces) if len(a) + len(b) == 2]
    guesses = [
        (sum(map(adds, space.columns_inside(word), repeat(0.0))), word)
        for word in dict.fromkeys([*told.pieces, *pairs])
        if len(word) > 1 and _HAN.fullmatch(word)
    ]
    guesses.sort(reverse=True)
    return [word for guess, word in guesses[:_TRIED] if guess > 0]
