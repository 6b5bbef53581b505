"""Week by week: how much went out by itself, and how much of that was right.

week_starts(now, zone, weeks) -> list[datetime]     Mondays 0:00, oldest first, the last runs
lay_out_weeks(counts, starts, platform_of) -> list[Week]
sum_weeks(weeks) -> Week
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from cases.ledger.drift import Moments
from cases.ledger.shares import Share

_LEAST_DRAWN = 5


@dataclass(frozen=True)
class Count:
    """Predictions of one week that have all of this in common. ``outcome``: right, wrong, open.
    Which category was taken for which is told of the wrong ones only; ``final`` is None where a
    case came back and nobody has said what it is."""

    week: int
    automatic: bool
    outcome: str
    category: str | None
    final: str | None
    n: int
    confidence: float
    confidence_squared: float


@dataclass(frozen=True)
class Week:
    """``right`` … ``open`` are of the automatic ones; ``right_platform`` counts those among the
    wrong ones as well whose platform was right."""

    start: datetime
    n: int
    automatic: int
    right: int
    right_platform: int
    wrong: int
    open: int
    confidence: Moments

    @property
    def share(self) -> Share:
        """How many went out without a person."""
        return Share(self.automatic, self.n)

    @property
    def precision(self) -> Share:
        """Of those that were decided, how many had the right category."""
        return Share(self.right, self.right + self.wrong)

    @property
    def steady_precision(self) -> float | None:
        """For a line through the weeks: None of too few, where one case would be a peak."""
        return self.precision.value if self.precision.of >= _LEAST_DRAWN else None

    @property
    def platform_precision(self) -> Share:
        """Of those that were decided, how many had the right platform."""
        return Share(self.right_platform, self.right + self.wrong)


def week_starts(now: datetime, zone: tzinfo, weeks: int) -> list[datetime]:
    """Mondays of the town's own time."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    return [
        datetime.combine(monday - timedelta(weeks=back), time(), zone)
        for back in reversed(range(weeks))
    ]


def lay_out_weeks(
    counts: Iterable[Count], starts: Sequence[datetime], platform_of: Mapping[str, str]
) -> list[Week]:
    """One line for each week, also where nothing happened."""
    of_week: dict[int, list[Count]] = {}
    for count in counts:
        of_week.setdefault(count.week, []).append(count)
    return [_lay_out(start, of_week.get(i, []), platform_of) for i, start in enumerate(starts)]


def sum_weeks(weeks: Sequence[Week]) -> Week:
    """Several as one; ``start`` is the first's."""
    return Week(
        start=weeks[0].start,
        n=sum(week.n for week in weeks),
        automatic=sum(week.automatic for week in weeks),
        right=sum(week.right for week in weeks),
        right_platform=sum(week.right_platform for week in weeks),
        wrong=sum(week.wrong for week in weeks),
        open=sum(week.open for week in weeks),
        confidence=sum((week.confidence for week in weeks), Moments()),
    )


def _lay_out(start: datetime, counts: Sequence[Count], platform_of: Mapping[str, str]) -> Week:
    sent = [count for count in counts if count.automatic]
    right = sum(count.n for count in sent if count.outcome == "right")
    near = sum(count.n for count in sent if _is_near(count, platform_of))
    return Week(
        start=start,
        n=sum(count.n for count in counts),
        automatic=sum(count.n for count in sent),
        right=right,
        right_platform=right + near,
        wrong=sum(count.n for count in sent if count.outcome == "wrong"),
        open=sum(count.n for count in sent if count.outcome == "open"),
        confidence=sum(
            (Moments(c.n, c.confidence, c.confidence_squared) for c in counts), Moments()
        ),
    )


def _is_near(count: Count, platform_of: Mapping[str, str]) -> bool:
    """The wrong category of the right platform."""
    if count.final is None or count.category is None:
        return False
    platform = platform_of.get(count.final)
    return platform is not None and platform == platform_of.get(count.category)
