"""The counts and lines of the ledger, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cases.ledger import lay_out_weeks, week_starts
from cases.models import LabelSuspect
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.label_texts import new_text
from cases.use_cases.ledger_figures import (
    Waiting,
    count_corrected_since,
    count_doubts,
    read_bins,
    read_counts,
    read_mix,
    read_models,
    read_waiting,
)
from cases.use_cases.ledger_rows import LedgerFilter, count_lines, list_lines, read_answers
from tests.ledger.filling import Past, fill

PAST = [
    Past(0.0, final="zf.light"),  # this Monday
    Past(2.0, final="zf.road", confidence=0.97),
    Past(3.0, misrouted=True),
    Past(4.0, confidence=0.3, automatic=False),
    Past(9.0, "zf.noise", 0.62, "zf.noise", model="m0"),
    Past(200.0, "zf.noise", 0.61, "zf.road", model="m0"),
    Past(1.0, final="zf.road", more=(("at_filing", False), ("model", "m2"))),
]


@pytest.fixture
async def filled(database: Database, now: datetime) -> Database:
    await fill(database, now, PAST)
    return database


async def test_weeks_add_up(filled: Database, town: Town, now: datetime) -> None:
    starts = week_starts(now, town.calendar.zone, 3)
    async with filled.reading() as session:
        counts = await read_counts(session, starts)
    platforms = {code: row.platform for code, row in town.categories.items()}
    two_ago, last, this = lay_out_weeks(counts, starts, platforms)
    assert [(w.n, w.automatic, w.right, w.wrong, w.open) for w in (two_ago, last, this)] == [
        (1, 1, 1, 0, 0),
        (3, 2, 0, 2, 0),
        (1, 1, 1, 0, 0),
    ]
    assert last.right_platform == 1
    assert last.confidence.mean == pytest.approx((0.97 + 0.9 + 0.3) / 3)


async def test_the_mix_before_and_since(filled: Database, now: datetime) -> None:
    async with filled.reading() as session:
        before, since = await read_mix(
            session, now - timedelta(days=10), now - timedelta(days=2, hours=1)
        )
    assert (before, since) == ({"zf.light": 2, "zf.noise": 1}, {"zf.light": 2})


async def test_bins_hold_what_was_decided(filled: Database, now: datetime) -> None:
    async with filled.reading() as session:
        bins = {(b.category, b.edge): (b.n, b.right) for b in await read_bins(session, None)}
        lately = await read_bins(session, now - timedelta(days=28))
    assert bins == {
        ("zf.light", 5): (2, 1),  # 0.9, and one of them came back
        ("zf.light", 6): (1, 0),
        ("zf.noise", 2): (2, 1),
    }
    assert sum(b.n for b in lately) == 4


async def test_what_waits_and_what_was_learnt(filled: Database, now: datetime) -> None:
    async with filled.reading() as session:
        assert await read_waiting(session, None) == Waiting(2, 1)
        assert await count_corrected_since(session, now - timedelta(days=28)) == 1
        models = await read_models(session, None)
        assert await count_doubts(session) == (0, 0)
    assert [(one.model, one.n) for one in models] == [("m0", 2), ("m1", 4)]
    assert models[0].first == now - timedelta(days=200)


@pytest.mark.parametrize(
    ("wanted", "days"),
    [
        (LedgerFilter(), [0, 1, 2, 3, 4, 9, 200]),
        (LedgerFilter(outcome="right"), [0, 9]),
        (LedgerFilter(outcome="wrong"), [1, 2, 3, 200]),
        (LedgerFilter(outcome="open"), [4]),
        (LedgerFilter(outcome="misrouted"), [3]),
        (LedgerFilter(outcome="corrected"), [1, 2, 200]),
        (LedgerFilter(category="zf.noise"), [9, 200]),
        (LedgerFilter(final="zf.road"), [1, 2, 200]),
        (LedgerFilter(decision="suggest"), [4]),
        (LedgerFilter(automatic=True, model="m0"), [9, 200]),
        (LedgerFilter(number="2611-2300-0000"), []),
    ],
)
async def test_lines_are_filtered(
    filled: Database, now: datetime, wanted: LedgerFilter, days: list[int]
) -> None:
    async with filled.reading() as session:
        lines = await list_lines(session, wanted)
        assert await count_lines(session, wanted) == len(days)
    assert [(now - line.word.at).days for line in lines] == days


async def test_pages_follow_each_other(filled: Database, now: datetime) -> None:
    seen: list[int] = []
    last = None
    async with filled.reading() as session:
        while lines := await list_lines(session, LedgerFilter(), limit=2, before=last):
            seen += [line.word.case_id for line in lines]
            last = lines[-1].word.id
        assert await list_lines(session, LedgerFilter(), before=999) == []
    assert seen == [1, 7, 2, 3, 4, 5, 6]


async def test_a_line_shows_three_answers_and_its_case(filled: Database) -> None:
    async with filled.reading() as session:
        line = (await list_lines(session, LedgerFilter(), limit=1))[0]
    assert read_answers(line.word) == [("zf.light", 0.9), ("zf.road", 0.06), ("zf.noise", 0.02)]
    line.word.tag = {}
    assert read_answers(line.word) == [("zf.light", 0.9)]
    assert line.text.startswith("桥头")


async def test_labels_to_be_looked_at_again(filled: Database, now: datetime) -> None:
    async with filled.transaction() as session:
        for key, state in (("a" * 16, "disputed"), ("b" * 16, "settled"), ("c" * 16, "settled")):
            text = new_text(key, "桥头三盏路灯不亮", at=now, now=now)
            text.state = state
            session.add(text)
            await session.flush()
            doubt = LabelSuspect(
                text_id=text.id, given="zf.light", suggested="zf.road", score=0.9, model_id="m",
                state="kept" if key[0] == "c" else "open", created_at=now,
            )  # fmt: skip
            if state == "settled":
                session.add(doubt)
    async with filled.reading() as session:
        assert await count_doubts(session) == (1, 1)
