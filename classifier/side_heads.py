"""Request type and urgency: what the rules say, weighed with the words.

    encode_cues(texts_cues, names) -> (n, len(names)) 0/1 matrix
    SideHead.scores(lexical part, cues) -> one score per value
    TypeVote.scores(opinions ...) -> one score per request type
    settle_urgency(rule, scores, ...) -> str

A side head is a linear model over the lexical features plus one column for each rule that fired
(:func:`classifier.cue_rules.find_cues`). Words alone miss what a rule states plainly; rules alone
miss every wording nobody thought of. The request type is then put to a vote, see
:class:`TypeVote`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.tag import URGENCIES

FloatArray = npt.NDArray[np.float32]


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
class TypeVote:
    """Weighs opinions on the request type; ``weights``: (inputs, types), ``bias``: (types,).

    The same words ask for different things: a lamp that is out is a call for help, a shop without
    a licence a report, a shop that keeps the money a complaint. So the category has a say, and the
    sentence as a whole where the encoder was asked.
    """

    weights: FloatArray
    bias: FloatArray

    def scores(self, *opinions: FloatArray) -> FloatArray:
        """One score per type.

        :param opinions: as they were fitted: the words' scores, the sentence's scores if it has
            any, the probabilities of the categories; last axes joined
        """
        joined = np.concatenate(opinions, axis=-1)
        return np.asarray(joined @ self.weights + self.bias, dtype=np.float32)


@dataclass(frozen=True)
class TypeVotes:
    """``spared``: where the encoder was not asked; ``asked``: where it was, None without one."""

    spared: TypeVote
    asked: TypeVote | None


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
    if by_rule == "critical" or by_value["critical"] >= critical_from:
        return "critical"
    return "urgent" if by_value["urgent"] > by_value["normal"] else "normal"


def critical_bound(
    scores: FloatArray, is_critical: npt.NDArray[np.bool_], false_alarms: float
) -> float:
    """The lowest score that keeps false alarms within the given share of the other rows."""
    others = np.sort(scores[~is_critical])[::-1]
    if not len(others) or not is_critical.any():
        return float("inf")
    allowed = int(false_alarms * len(others))
    return float(np.nextafter(others[min(allowed, len(others) - 1)], np.float32(np.inf)))
