"""Is a difference more than chance?

    as_many_by_chance(seen, n, usual) -> float   exact one-sided binomial test
    loss_by_chance(better, worse) -> float       the sign test (McNemar's on pairs)
    correct_for_many(values) -> list[float]      Holm's step-down correction
    gap_by_chance(first, second, seed) -> float  paired permutation test of calibration errors

Two models are asked about the same rows, so only rows count on which they differ: where the
models are equally good, each such row is a fair coin. Exact, so that ten rows are judged like ten
rows. Heavy: imports scipy when called.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
Promises = tuple[npt.NDArray[np.float64], BoolArray]  # confidence and whether it was right
_SHUFFLES = 400
_BINS = 10


def as_many_by_chance(seen: int, n: int, usual: float) -> float:
    """How often ``seen`` or more of ``n`` happen where each happens with probability ``usual``."""
    # Not scipy.stats: importing it takes two seconds, this part is loaded with scikit-learn.
    from scipy.special import bdtrc

    return float(bdtrc(seen - 1, n, usual)) if seen else 1.0


def loss_by_chance(better: int, worse: int) -> float:
    """How often fair coins give this many losses or more among the rows that differ.

    :param better: rows only the new model got right; ``worse``: only the old one
    """
    return as_many_by_chance(worse, better + worse, 0.5)


def correct_for_many(values: Sequence[float]) -> list[float]:
    """Each p-value as it counts when all of them were looked at: some test always looks bad."""
    corrected = [1.0] * len(values)
    largest = 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        largest = max(largest, min(1.0, (len(values) - rank) * values[i]))
        corrected[i] = largest
    return corrected


def calibration_gap(promises: Promises) -> float:
    """Mean distance between confidence and share of right answers, over ten bins."""
    confidence, right = promises
    bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, weights=confidence - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / max(len(confidence), 1))


def gap_by_chance(old: Promises, new: Promises, seed: int = 0) -> float:
    """How often swapping the two models' answers row by row gives a growth as large as this."""
    seen = calibration_gap(new) - calibration_gap(old)
    if seen <= 0:
        return 1.0
    random = np.random.default_rng(seed)
    reached = 1
    for _ in range(_SHUFFLES):
        swap = random.random(len(old[0])) < 0.5
        one = (np.where(swap, new[0], old[0]), np.where(swap, new[1], old[1]))
        other = (np.where(swap, old[0], new[0]), np.where(swap, old[1], new[1]))
        reached += calibration_gap(other) - calibration_gap(one) >= seen
    return reached / (_SHUFFLES + 1)
