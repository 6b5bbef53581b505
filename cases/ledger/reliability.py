"""Promised against kept: of what the machine was 90 % sure of, is it right nine times in ten?

weigh_bins(bins) -> Reliability     of one category or of all: bins of the same edge are added
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.ledger.shares import Share

#: Lower edges of the bins; finer where cases go out by themselves.
EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
#: With fewer the interval spans half the scale, and a verdict would be a guess.
LEAST = 10


@dataclass(frozen=True)
class Bin:
    """Decided predictions whose confidence lies from the ``edge`` on up to the next one;
    ``promised`` is the sum of their confidences."""

    category: str
    edge: int
    n: int
    right: int
    promised: float

    @property
    def kept(self) -> Share:
        """How many of them were right."""
        return Share(self.right, self.n)

    @property
    def mean(self) -> float:
        """What was promised on average."""
        return self.promised / self.n


@dataclass(frozen=True)
class Reliability:
    """``gap`` is the mean distance between promised and kept, weighted by the bins' counts (ECE).
    ``verdict``: over (promises more than it keeps), under, fits, few."""

    bins: tuple[Bin, ...]
    promised: float | None
    kept: Share
    gap: float | None
    verdict: str


def weigh_bins(bins: Iterable[Bin]) -> Reliability:
    """The verdict stands only where the promise lies outside the interval of what was kept."""
    added: dict[int, Bin] = {}
    for one in bins:
        if one.n:
            so_far = added.get(one.edge, Bin(one.category, one.edge, 0, 0, 0.0))
            added[one.edge] = Bin(
                one.category,
                one.edge,
                so_far.n + one.n,
                so_far.right + one.right,
                so_far.promised + one.promised,
            )
    ordered = tuple(added[edge] for edge in sorted(added))
    n = sum(one.n for one in ordered)
    kept = Share(sum(one.right for one in ordered), n)
    if not n:
        return Reliability((), None, kept, None, "few")
    promised = sum(one.promised for one in ordered) / n
    gap = sum(abs(one.promised - one.right) for one in ordered) / n
    return Reliability(ordered, promised, kept, gap, _judge(promised, kept))


def _judge(promised: float, kept: Share) -> str:
    if kept.of < LEAST:
        return "few"
    if promised > kept.high:
        return "over"
    return "under" if promised < kept.low else "fits"
