"""Labels that are probably wrong.

    rank_suspects(keys, labels, probabilities, classes, described=None) -> list[Suspect]
        most suspicious first; score 0..1: more suspicious than that share of all rows
    find_replaced(labels, described, classes) -> list[Replaced]    whole categories mislabelled
    held_out_probabilities(artefact) -> (keys, probabilities)      what a trained model said of
                                                                   rows it had not seen

Two witnesses. The model of the other folds knows how such texts are labelled elsewhere; it finds
single slips and believes a mistake that is made everywhere. ``described``
(:mod:`classifier.described`) knows the categories' descriptions and no label at all: it errs more
often, and sees what the first cannot. A row is as suspicious as the witness that doubts it more;
rows of a category that was put in another's place come first of all.

Labels differ in how sure a model ever is of them: a text of 其他 gets .5, one of 路灯 .95. So each
probability is measured by what rows of that label usually get, the thresholds of confident
learning. Needs numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.artefact import ModelArtefact

_NEVER = 1e-6  # no probability is taken to be smaller
# Of what is described as one category another's label held .56 to .73 where it had been put in its
# place, a third where half had. Among rows labelled by people that was .06, and .26 of what is
# described as parking, which is half as much as is still called so: traffic is wide.
_TAKEN_OVER = 0.2
_AS_MUCH = 0.6  # of what the category itself still holds
FloatArray = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row whose ``category`` is probably wrong; ``suggested`` is what the witness would say."""

    key: str
    category: str
    suggested: str
    score: float


@dataclass(frozen=True, slots=True)
class Replaced:
    """``share`` of what the descriptions call ``described`` is labelled ``category``."""

    category: str
    described: str
    share: float
    rows: int


def rank_suspects(
    keys: Sequence[str],
    labels: Sequence[str],
    probabilities: FloatArray,
    classes: Sequence[str],
    described: FloatArray | None = None,
) -> list[Suspect]:
    """Rows that another label fits better than their own.

    :param labels: one of ``classes`` per row
    :param probabilities: (n, classes), out of fold; a row of NaN was not judged and is left out
    :param described: (n, classes), by a model of the categories' descriptions
    """
    judged = np.flatnonzero(~np.isnan(probabilities).any(axis=1))
    if not len(judged):
        return []
    given = _places(labels, classes)[judged]
    tables = [probabilities, *([] if described is None else [described])]
    margins, others = zip(*(_doubt(table[judged], given) for table in tables), strict=True)
    ranks = np.array([_rank(margin) for margin in margins])
    witness = ranks.argmax(axis=0)
    rows = np.arange(len(judged))
    score, other = ranks.max(axis=0), np.array(others)[witness, rows]
    doubted = np.array(margins)[witness, rows] > 0
    if described is not None:
        # A label whose rows are all wrong has taught what is usual for it: its rows look usual.
        swapped = _swapped(given, described[judged], classes)
        score[swapped], doubted[swapped] = 1.0, True
        other[swapped] = described[judged][swapped].argmax(axis=1)
    # Where both witnesses are as sure of two rows, the sum of their doubts settles the order.
    order = np.lexsort((-np.sum(margins, axis=0), -score))
    return [
        Suspect(keys[judged[i]], classes[given[i]], classes[other[i]], round(float(score[i]), 4))
        for i in order.tolist()
        if doubted[i]
    ]


def _swapped(
    given: Indices, described: FloatArray, classes: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Rows of a replaced category that are described rather as the one they were taken from."""
    found = np.zeros(len(given), dtype=np.bool_)
    place = {code: i for i, code in enumerate(classes)}
    for pair in find_replaced([classes[i] for i in given], described, classes):
        label, meant = place[pair.category], place[pair.described]
        found |= (given == label) & (described[:, meant] > described[:, label])
    return found


def find_replaced(
    labels: Sequence[str], described: FloatArray, classes: Sequence[str]
) -> list[Replaced]:
    """Labels that hold much of what is described as another category, the largest share first."""
    given, meant = _places(labels, classes), described.argmax(axis=1)
    number = len(classes)
    pairs = np.bincount(given * number + meant, minlength=number**2).reshape(number, number)
    share = pairs / np.maximum(pairs.sum(axis=0), 1)
    # Nothing follows from a description that hardly any text is known by (其他, 不属于受理范围).
    usual = np.median(pairs.sum(axis=1)[pairs.sum(axis=1) > 0])
    kept = np.diag(share).copy()
    np.fill_diagonal(share, 0)
    # What still holds the most of its own is narrow at worst, and some other category is wide.
    taken = (share > np.maximum(_TAKEN_OVER, kept * _AS_MUCH)) & (pairs >= usual * _TAKEN_OVER)
    found = [
        Replaced(classes[i], classes[j], round(float(share[i, j]), 4), int(pairs[i, j]))
        for i, j in zip(*np.nonzero(taken), strict=True)
    ]
    return sorted(found, key=lambda own: -own.share)


def held_out_probabilities(artefact: ModelArtefact) -> tuple[list[str], FloatArray]:
    """Keys of the training rows, as :attr:`classifier.examples.Example.key` gives them, and
    (n, categories) probabilities by models that had not seen the row."""
    kept = artefact.held_out
    lexical = kept.lexical.astype(np.float32)
    table = artefact.lexical.probabilities(lexical)
    part = artefact.semantic
    if part:
        voices = [kept.encoded, kept.neighbours] if part.neighbours else [kept.encoded]
        asked = part.mixture.probabilities(lexical, *(own.astype(np.float32) for own in voices))
        table = np.where((table.max(axis=1) >= part.ask_below)[:, None], table, asked)
    return [f"{key:016x}" for key in kept.keys.tolist()], table


def usual_confidence(table: Doubles, given: Indices) -> Doubles:
    """What rows of each label get for it on average, shape (classes,)."""
    number = table.shape[1]
    rows = np.bincount(given, minlength=number)
    total = np.bincount(given, table[np.arange(len(given)), given], minlength=number)
    # A label without a row of its own promises nothing: it is measured like the average one.
    average = total.sum() / rows.sum()
    return np.where(rows > 0, total / np.maximum(rows, 1), average)


def _doubt(probabilities: FloatArray, given: Indices) -> tuple[Doubles, Indices]:
    """How much better the best other label fits, as a logarithm, and which one it is."""
    table = np.maximum(probabilities.astype(np.float64), _NEVER)
    fit = np.log(table) - np.log(usual_confidence(table, given))
    rows = np.arange(len(given))
    own = fit[rows, given].copy()
    fit[rows, given] = -np.inf
    other = fit.argmax(axis=1)
    return fit[rows, other] - own, other


def _rank(values: Doubles) -> Doubles:
    """The share of values below each; equal values share their place."""
    return np.searchsorted(np.sort(values), values, side="left") / len(values)


def _places(labels: Sequence[str], classes: Sequence[str]) -> Indices:
    place = {code: i for i, code in enumerate(classes)}
    return np.array([place[label] for label in labels], dtype=np.int64)
