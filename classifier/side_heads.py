"""Request type and urgency: what the rules say, weighed with the words.

    encode_cues(texts_cues, names) -> (n, len(names)) 0/1 matrix
    SideHead.scores(lexical part, cues) -> one score per value
    Vote.scores(opinions ...) -> one score per value
    settle_urgency(rule, scores, ...) -> str
    UrgencyVote.settle(...) -> str                 where the encoder was asked

A side head is a linear model over the lexical features plus one column for each rule that fired
(:func:`classifier.cue_rules.find_cues`). Words alone miss what a rule states plainly; rules alone
miss every wording nobody thought of. Both are then put to a vote, see :class:`TypeVotes` and
:class:`UrgencyVote`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.calibration import softmax
from classifier.tag import URGENCIES

FloatArray = npt.NDArray[np.float32]
_NORMAL, _URGENT, _CRITICAL = URGENCIES


@dataclass(frozen=True)
class SideHead:
    """``values``: what it chooses from; ``cues``: (cue names, values); ``bias``: (values,).

    The weights over lexical features live in the model's one big matrix.
    """

    values: tuple[str, ...]
    cues: FloatArray
    bias: FloatArray

    def scores(self, lexical: FloatArray, fired: Sequence[int]) -> FloatArray:
        """:param lexical: this head's columns of ``x @ weights``; ``fired``: cue positions."""
        total = lexical + self.bias
        if fired:
            total = total + self.cues[list(fired)].sum(axis=0)
        return np.asarray(total, dtype=np.float32)


@dataclass(frozen=True)
class Vote:
    """Weighs opinions; ``weights``: (inputs, values), ``bias``: (values,)."""

    weights: FloatArray
    bias: FloatArray

    def scores(self, *opinions: FloatArray) -> FloatArray:
        """One score per value; ``opinions``: as they were fitted, last axes joined."""
        joined = np.concatenate(opinions, axis=-1)
        return np.asarray(joined @ self.weights + self.bias, dtype=np.float32)


@dataclass(frozen=True)
class TypeVotes:
    """On the request type; ``spared``: where the encoder was not asked, ``asked``: where it was,
    None without one.

    The same words ask for different things: a lamp that is out is a call for help, a shop without
    a licence a report, a shop that keeps the money a complaint. So beside the words' scores the
    category has a say (its probabilities come last), and between them the sentence as a whole and
    its neighbours, where the encoder was asked.
    """

    spared: Vote
    asked: Vote | None


@dataclass(frozen=True)
class UrgencyVote:
    """On the urgency, where the encoder was asked: words and neighbours.

    What is dangerous without a word of danger (seven people on a scaffolding without a rope, gas
    that smells at night) lies beside other such cases. Where the words alone make critical a
    little likely, the encoder is therefore asked, however sure the category is.
    """

    words: Vote  # the words alone
    asked: Vote  # the words' scores and the neighbours'
    ask_from: float  # probability of critical, by words alone, from which the encoder is asked
    critical_from: float  # probability of critical from which a text is

    def worth_asking(self, words: FloatArray) -> npt.NDArray[np.bool_]:
        """:param words: (n, urgencies), the words' scores"""
        critical = softmax(self.words.scores(words))[:, URGENCIES.index(_CRITICAL)]
        return np.asarray(critical >= self.ask_from)

    def finds_critical(self, words: FloatArray, neighbours: FloatArray) -> npt.NDArray[np.bool_]:
        """:param words, neighbours: (n, urgencies) each"""
        critical = softmax(self.asked.scores(words, neighbours))[:, URGENCIES.index(_CRITICAL)]
        return np.asarray(critical >= self.critical_from)

    def settle(self, by_words: str, words: FloatArray, neighbours: FloatArray) -> str:
        """:param by_words: what :func:`settle_urgency` says, which may be raised to critical"""
        told = dict(zip(URGENCIES, softmax(self.asked.scores(words, neighbours)), strict=True))
        if by_words == _CRITICAL or told[_CRITICAL] >= self.critical_from:
            return _CRITICAL
        return _URGENT if told[_URGENT] > told[_NORMAL] else _NORMAL


def list_cues(cues: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Every cue that fired in any text, sorted."""
    return tuple(sorted({name for fired in cues for name in fired}))


def encode_cues(cues: Sequence[Iterable[str]], names: Sequence[str]) -> FloatArray:
    """One row per text, one column per cue name, 0 or 1."""
    position = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(cues), len(names)), dtype=np.float32)
    for row, fired in enumerate(cues):
        matrix[row, [position[name] for name in fired if name in position]] = 1.0
    return matrix


def settle_urgency(by_rule: str, scores: FloatArray, critical_from: float) -> str:
    """Rules and model together; the higher one wins where critical is concerned.

    A rule's critical stands, whatever the model thinks. The model may raise a case to critical
    above the bound found on held-out rows. Between urgent and normal the model decides: it has
    seen which rule is right how often.
    """
    by_value = dict(zip(URGENCIES, scores.tolist(), strict=True))
    if by_rule == _CRITICAL or by_value[_CRITICAL] >= critical_from:
        return _CRITICAL
    return _URGENT if by_value[_URGENT] > by_value[_NORMAL] else _NORMAL


def critical_bound(
    scores: FloatArray, is_critical: npt.NDArray[np.bool_], false_alarms: float
) -> float:
    """The lowest score that keeps false alarms within the given share of the other rows."""
    others = np.sort(scores[~is_critical])[::-1]
    if not len(others) or not is_critical.any():
        return float("inf")
    allowed = int(false_alarms * len(others))
    return float(np.nextafter(others[min(allowed, len(others) - 1)], np.float32(np.inf)))
