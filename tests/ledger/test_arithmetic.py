"""Shares, promises, weeks, drift and advice, on counts that fit on a hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from cases.ledger import (
    Bin,
    Count,
    MixShift,
    Moments,
    NewWord,
    Share,
    advise,
    compare_confidence,
    compare_mix,
    lay_out_weeks,
    sum_weeks,
    week_starts,
    weigh_bins,
)
from cases.ledger.advice import ENOUGH_CORRECTIONS

TOWN = ZoneInfo("Asia/Shanghai")
PLATFORMS = {"zf.light": "zf", "zf.road": "zf", "bm.water": "bm"}


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [
        (0, 0, 0.0, 1.0),  # nothing seen: anything fits
        (10, 10, 0.722, 1.0),  # all of ten is not certainty
        (0, 10, 0.0, 0.278),
        (90, 100, 0.826, 0.945),
    ],
)
def test_the_interval_is_wilsons(right: int, of: int, low: float, high: float) -> None:
    share = Share(right, of)
    assert (round(share.low, 3), round(share.high, 3)) == (low, high)


def test_nothing_has_no_share() -> None:
    assert Share(0, 0).value is None


def test_bins_of_one_edge_are_added() -> None:
    one = weigh_bins([Bin("a", 5, 10, 9, 9.2), Bin("b", 5, 30, 27, 27.6), Bin("a", 0, 0, 0, 0.0)])
    assert [(b.n, b.right) for b in one.bins] == [(40, 36)]
    assert one.promised == pytest.approx(0.92)
    assert one.gap == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("n", "right", "promised", "verdict"),
    [
        (9, 1, 0.9, "few"),  # however bad it looks
        (100, 70, 0.9, "over"),
        (100, 88, 0.9, "fits"),  # within chance
        (100, 98, 0.7, "under"),
        (0, 0, 0.9, "few"),
    ],
)
def test_a_verdict_needs_more_than_chance(
    n: int, right: int, promised: float, verdict: str
) -> None:
    assert weigh_bins([Bin("a", 5, n, right, n * promised)]).verdict == verdict


def test_weeks_begin_on_the_towns_monday() -> None:
    """Sunday evening in London is Monday morning in the town."""
    starts = week_starts(datetime(2026, 11, 22, 17, 0, tzinfo=UTC), TOWN, 2)
    assert [start.date().isoformat() for start in starts] == ["2026-11-16", "2026-11-23"]
    assert starts[1].utcoffset() == TOWN.utcoffset(starts[1])


def count(outcome: str = "open", n: int = 1, **changes: object) -> Count:
    blank = Count(0, True, outcome, None, None, n, 0.9 * n, 0.81 * n)
    return replace(blank, **changes)  # type: ignore[arg-type]


def test_open_cases_are_not_counted_as_right() -> None:
    starts = week_starts(datetime(2026, 11, 23, tzinfo=UTC), TOWN, 2)
    counts = [
        count("right", 6),
        count("wrong", 2, category="zf.light", final="zf.road"),  # of the same platform
        count("wrong", 1, category="zf.light", final="bm.water"),
        count("wrong", 1, category="zf.light"),  # came back, nobody has said what it is
        count("open", 10),
        count("right", 5, automatic=False),
        count("open", week=1),
    ]
    week, other = lay_out_weeks(counts, starts, PLATFORMS)
    assert (week.n, week.automatic, week.open) == (25, 20, 10)
    assert week.precision == Share(6, 10)
    assert week.platform_precision == Share(8, 10)
    assert week.share == Share(20, 25)
    both = sum_weeks([week, other])
    assert (both.n, both.open, both.precision) == (26, 11, Share(6, 10))
    assert both.confidence.mean == pytest.approx(0.9)


def test_chance_is_no_drift() -> None:
    """Forty categories, a hundred cases, one and the same town: the naive index cries wolf."""
    draw = Random(7)
    codes = [f"c{i}" for i in range(40)]
    loud = 0
    for _ in range(50):
        before = dict.fromkeys(codes, 0)
        after = dict(before)
        for _ in range(1200):
            before[draw.choice(codes)] += 1
        for _ in range(150):
            after[draw.choice(codes)] += 1
        shift = compare_mix(before, after)
        assert shift.index > 0.1
        loud += shift.verdict != "steady"
    assert loud <= 3


def test_a_town_that_changed_is_seen_and_named() -> None:
    before = {"zf.light": 300, "zf.road": 300, "bm.water": 300, "rare": 2}
    shift = compare_mix(before, before | {"zf.road": 900})
    assert shift.verdict == "strong"
    assert shift.moved[0].category == "zf.road"
    assert all(one.category != "rare" for one in shift.moved)
    assert compare_mix(before, before).verdict == "steady"
    assert compare_mix(before, {"zf.road": 3}).verdict == "few"


def moments(mean: float, n: int, spread: float = 0.1) -> Moments:
    return Moments(n, mean * n, (mean**2 + spread**2) * n)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (moments(0.85, 1000), moments(0.75, 300), "lower"),
        (moments(0.75, 1000), moments(0.85, 300), "higher"),
        (moments(0.85, 1000), moments(0.84, 100_000), "steady"),  # sure, and too small to matter
        (moments(0.85, 1000), moments(0.79, 60, 0.3), "steady"),  # large, and not sure
        (moments(0.85, 1000), moments(0.4, 20), "few"),
        (Moments(), Moments(), "few"),
    ],
)
def test_confidence_falls_visibly_and_surely(before: Moments, after: Moments, verdict: str) -> None:
    assert compare_confidence(before, after).verdict == verdict


def test_advice_names_what_presses_most() -> None:
    starts = week_starts(datetime(2026, 11, 23, tzinfo=UTC), TOWN, 1)
    quiet = lay_out_weeks([count("right", 10)], starts, PLATFORMS)[0]
    steady, sure = MixShift(0, 0, 100, 100, "steady"), compare_confidence(Moments(), Moments())
    nothing = {
        "lately": quiet, "misrouted": 0, "corrections": 0, "reliability": {}, "mix": steady,
        "confidence": sure, "words": [],
    }  # fmt: skip
    assert [one.kind for one in advise(**nothing)] == ["quiet"]  # type: ignore[arg-type]
    over, worse = (weigh_bins([Bin("a", 5, 100, right, 90.0)]) for right in (70, 40))
    pressing = nothing | {
        "misrouted": 3,
        "disputed": 1,
        "suspects": 2,
        "reliability": {"zf.light": over, "zf.road": worse},
        "lately": lay_out_weeks([count(n=10)], starts, PLATFORMS)[0],
        "words": [NewWord("无人机", 9, 0, 90.0, (0,))],
        "corrections": ENOUGH_CORRECTIONS,
    }
    found = advise(**pressing)  # type: ignore[arg-type]
    kinds = ["misrouted", "disputed", "suspects", "over", "open", "words", "retrain"]
    assert [one.kind for one in found] == kinds
    assert found[3].codes == ("zf.road", "zf.light"), "the worst first"


def test_a_week_of_a_few_is_no_peak_in_the_line() -> None:
    starts = week_starts(datetime(2026, 11, 23, tzinfo=UTC), TOWN, 2)
    few, enough = lay_out_weeks([count("right", 4), count("right", 5, week=1)], starts, PLATFORMS)
    assert (few.steady_precision, enough.steady_precision) == (None, 1.0)
