"""The words that moved the label.

    explain(text, pieces, space, column) -> tuple[Reason, ...]

A word's weight is how far the lexical score of the label over its runner-up falls when the word
is taken out, as a share of the fall of all words named. It is measured, not read off the
coefficients: a word lives on in the character n-grams around it, and taking it out makes every
other word of the text count a little more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from classifier.features import MAX_CHARACTERS, Counts, FeatureSpace, count_characters, count_words
from classifier.normalization import quote
from classifier.tag import Reason

MOST_REASONS = 5
_LEAST_SHARE = 0.02  # a word below this share moved nothing a reader would notice
_TRIED = 5  # words whose removal is measured; each costs a tenth of a millisecond


@dataclass(frozen=True)
class Contrast:
    """Label against runner-up: the difference of their weight columns, (features,)."""

    weights: npt.NDArray[np.float16]
    first: int
    second: int

    def difference(self, where: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """How much each feature speaks for the label over its runner-up."""
        rows = self.weights[where].astype(np.float32)
        return np.asarray(rows[:, self.first] - rows[:, self.second], np.float32)


def explain(
    original: str, normal: str, pieces: Sequence[str], space: FeatureSpace, contrast: Contrast
) -> tuple[Reason, ...]:
    """At most five words of ``original``, strongest first.

    :param normal: the normalised text; ``pieces``: its words as the tokenizer cut them
    """
    where, values = space.row(Counts(count_words(pieces), count_characters(normal)))
    lead = values * contrast.difference(where)
    whole = float(lead.sum())
    falls = []
    for word in _likely(pieces, space, dict(zip(where.tolist(), lead.tolist(), strict=True))):
        rest = _without(pieces, word)
        counts = Counts(count_words(rest), count_characters(normal.replace(word, " ")))
        there, rest_values = space.row(counts)
        fall = whole - float(rest_values @ contrast.difference(there))
        if fall > 0:
            falls.append((fall, word))
    falls.sort(reverse=True)
    total = sum(fall for fall, _ in falls)
    reasons = []
    for fall, word in falls[:MOST_REASONS]:
        quoted = quote(word, original)
        if quoted is not None and fall >= _LEAST_SHARE * total:
            reasons.append(Reason(quoted, round(fall / total, 3)))
    return tuple(reasons)


def _without(pieces: Sequence[str], word: str) -> list[str]:
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


def _likely(pieces: Sequence[str], space: FeatureSpace, lead: dict[int, float]) -> list[str]:
    """Words worth trying: those whose own n-grams speak for the label.

    :param lead: what each feature of the text adds to the score, by position
    """
    guesses = []
    words, characters = space.words.index, space.characters.index
    offset = len(words)
    # jieba leaves 被偷 as two words; a reader wants it as one, so neighbours are tried together.
    pairs = [a + b for a, b in pairwise(pieces) if len(a) + len(b) == 2]
    for word in dict.fromkeys([*pieces, *pairs]):
        if len(word) < 2 or not _readable(word):
            continue
        inside = {
            word[i : i + n] for n in range(1, MAX_CHARACTERS + 1) for i in range(len(word) - n + 1)
        }
        guess = lead.get(words.get(word, -1), 0.0)
        guess += sum(
            lead.get(offset + characters[term], 0.0) for term in inside if term in characters
        )
        guesses.append((guess, word))
    guesses.sort(reverse=True)
    return [word for guess, word in guesses[:_TRIED] if guess > 0]


def _readable(word: str) -> bool:
    return all("\u4e00" <= character <= "\u9fff" for character in word)
