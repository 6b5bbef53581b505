"""Is the town still the one that the model was trained on?

    compare_mix(before, after) -> MixShift                    counts by category
    compare_confidence(before, after) -> ConfidenceShift

The index is the population stability index. Read naively it cries wolf: with forty categories and a
hundred cases it exceeds its own alarm by chance. ``noise`` is what chance alone stays under 99
times in 100 for these very counts; only what exceeds both is called a move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt

#: The usual reading of the index.
MOVED, STRONG = 0.1, 0.25
#: Categories with fewer cases in both periods together are looked at as one.
_LEAST_TOGETHER = 10
LEAST_CASES = 50
_Z99 = 2.326
_LEAST_DROP = 0.03
_SURE = 3.0


@dataclass(frozen=True)
class Moved:
    """One category's share before and after."""

    category: str
    before: float
    after: float
    part: float


@dataclass(frozen=True)
class MixShift:
    """``verdict``: few (too few cases to say), steady, moved, strong. ``moved``: who carries it,
    the most first."""

    index: float
    noise: float
    before: int
    after: int
    verdict: str
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True)
class Moments:
    """Count, sum and sum of squares: enough for a mean and how far to trust it."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.n + other.n, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float | None:
        """None of nothing."""
        return self.total / self.n if self.n else None

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        if self.n < 2:
            return 1.0
        variance = max(0.0, self.squares / self.n - (self.total / self.n) ** 2)
        return sqrt(variance / self.n)


@dataclass(frozen=True)
class ConfidenceShift:
    """``verdict``: few, steady, lower, higher."""

    before: float | None
    after: float | None
    verdict: str


def compare_mix(before: Mapping[str, int], after: Mapping[str, int]) -> MixShift:
    """Categories that hardly occur are counted together, and nobody's share is taken as nought."""
    n, m = sum(before.values()), sum(after.values())
    if min(n, m) < LEAST_CASES:
        return MixShift(0.0, 0.0, n, m, "few")
    pairs: dict[str, tuple[int, int]] = {}
    rest_before = rest_after = 0
    for name in sorted({*before, *after}):
        b, a = before.get(name, 0), after.get(name, 0)
        if b + a < _LEAST_TOGETHER:
            rest_before, rest_after = rest_before + b, rest_after + a
        else:
            pairs[name] = (b, a)
    if rest_before + rest_after:
        pairs[""] = (rest_before, rest_after)
    kinds = len(pairs)
    moved = []
    for name, (old, new) in pairs.items():
        p, q = (old + 0.5) / (n + 0.5 * kinds), (new + 0.5) / (m + 0.5 * kinds)
        moved.append(Moved(name, p, q, (q - p) * log(q / p)))
    index = sum(one.part for one in moved)
    noise = _chi_square_99(kinds - 1) * (1 / n + 1 / m)
    verdict = "steady"
    if index > max(noise, MOVED):
        verdict = "strong" if index > max(noise, STRONG) else "moved"
    moved.sort(key=lambda one: -one.part)
    return MixShift(index, noise, n, m, verdict, tuple(one for one in moved if one.category)[:5])


def compare_confidence(before: Moments, after: Moments) -> ConfidenceShift:
    """A difference counts when it is both visible and far beyond chance."""
    if min(before.n, after.n) < LEAST_CASES or before.mean is None or after.mean is None:
        return ConfidenceShift(before.mean, after.mean, "few")
    step = after.mean - before.mean
    error = sqrt(before.error**2 + after.error**2)
    if abs(step) < _LEAST_DROP or abs(step) < _SURE * error:
        return ConfidenceShift(before.mean, after.mean, "steady")
    return ConfidenceShift(before.mean, after.mean, "lower" if step < 0 else "higher")


def _chi_square_99(freedom: int) -> float:
    """The 99 % point, by Wilson and Hilferty's cube: within a percent from 3 degrees on."""
    if freedom < 1:
        return 0.0
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + _Z99 * sqrt(part)) ** 3)
