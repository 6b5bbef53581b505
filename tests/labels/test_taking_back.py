"""A label of the room in the ledger, and what stood there before once it is taken back."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import LabelText, PredictionEntry
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases import labels
from cases.use_cases.label_filling import fill_queue
from cases.use_cases.label_queue import claim_next, claim_text
from cases.use_cases.label_texts import lock_text
from cases.use_cases.label_undo import take_back
from cases.use_cases.label_votes import cast_vote, set_two_annotators
from cases.use_cases.labels import gather_labels
from tests.labels.conftest import LIGHT, MATTERS, ROAD, add_people, add_texts, get_text
from tests.labels.test_gathering import RIGHT, decide, file, first_come
from tests.ledger.conftest import LIGHTS, ROADS, Desk


async def test_a_label_of_the_room_stands_in_the_ledger_until_it_is_taken_back(
    database: Database, town: Town, now: datetime
) -> None:
    (anna,) = await add_people(database, now, "甲")
    (case,) = await file(database, town, now, MATTERS[:1])
    await fill_queue(database, pick=first_come, town=town, now=now)

    async def ledger() -> tuple[str | None, str | None]:
        async with database.reading() as session:
            query = select(PredictionEntry).where(PredictionEntry.case_id == case)
            row = (await session.scalars(query)).one()
            return row.final_category, row.how

    async with database.transaction() as session:
        text = await claim_next(session, anna.user_id or 0, town=town, now=now)
        assert text is not None and text.case_id == case
        await cast_vote(session, text.id, ROAD, actor=anna, town=town, two=False, now=now)
    assert await ledger() == ("zf.road", "labelled")
    async with database.transaction() as session:
        await take_back(session, anna.user_id or 0, now)
    assert await ledger() == (None, None)


async def test_what_the_desk_had_decided_stands_again_when_a_label_is_taken_back(
    database: Database, town: Town, now: datetime
) -> None:
    (anna,) = await add_people(database, now, "甲")
    (case,) = await file(database, town, now, MATTERS[:1])
    await fill_queue(database, pick=first_come, town=town, now=now)
    async with database.reading() as session:
        (text,) = list(await session.scalars(select(LabelText)))
        query = select(PredictionEntry).where(PredictionEntry.case_id == case)
    # The desk corrects the case, and before that is gathered somebody labels its text.
    decided = now + timedelta(minutes=1)
    await decide(database, case, decided, **RIGHT)
    at = now + timedelta(minutes=2)
    async with database.transaction() as session:
        await cast_vote(session, text.id, LIGHT, actor=anna, town=town, two=False, now=at)
    assert (await get_text(database, text.id)).category == "zf.light"
    (second,) = await file(database, town, now, MATTERS[1:2])
    await decide(database, second, now + timedelta(hours=1), **RIGHT)
    await gather_labels(database, now + timedelta(hours=1))
    later = now + timedelta(hours=2)
    async with database.transaction() as session:
        await take_back(session, anna.user_id or 0, later)
    async with database.reading() as session:
        row = (await session.scalars(query)).one()
    assert (row.final_category, row.how, row.final_by) == ("zf.road", "corrected", "小李")
    assert (row.final_at, row.final_urgency) == (decided, "urgent")
    # It was passed over while the label of the room stood there, and counts now.
    await gather_labels(database, later)
    found = await get_text(database, text.id)
    assert (found.state, found.source, found.category) == ("settled", "case", "zf.road")


async def test_a_later_word_of_the_desk_is_not_undone(
    database: Database, town: Town, now: datetime
) -> None:
    (anna,) = await add_people(database, now, "甲")
    (case,) = await file(database, town, now, MATTERS[:1])
    await fill_queue(database, pick=first_come, town=town, now=now)
    async with database.reading() as session:
        (text,) = list(await session.scalars(select(LabelText)))
    async with database.transaction() as session:
        await cast_vote(session, text.id, LIGHT, actor=anna, town=town, two=False, now=now)
    await decide(database, case, now + timedelta(minutes=1), **RIGHT)
    async with database.transaction() as session:
        await claim_text(
            session, text.key, anna.user_id or 0, town=town, now=now + timedelta(minutes=2)
        )
    async with database.transaction() as session:
        at = now + timedelta(minutes=3)
        await cast_vote(session, text.id, LIGHT, actor=anna, town=town, two=False, now=at)
    for minutes in (4, 5):
        async with database.transaction() as session:
            await take_back(session, anna.user_id or 0, now + timedelta(minutes=minutes))
        async with database.reading() as session:
            row = (await session.scalars(select(PredictionEntry))).one()
        assert (row.final_category, row.how) == ("zf.road", "corrected")


@pytest.mark.parametrize("decided_before", [False, True])
async def test_with_a_dispute_taken_back_the_label_stands_in_the_ledger_again(
    database: Database, town: Town, now: datetime, decided_before: bool
) -> None:
    anna, bert = await add_people(database, now, "甲", "乙")
    (case,) = await file(database, town, now, MATTERS[:1])
    await fill_queue(database, pick=first_come, town=town, now=now)
    if decided_before:
        await decide(database, case, now, **RIGHT)

    async def ledger() -> tuple[str | None, str | None]:
        async with database.reading() as session:
            row = (await session.scalars(select(PredictionEntry))).one()
            return row.final_category, row.how

    async with database.reading() as session:
        (text,) = list(await session.scalars(select(LabelText)))
    for minutes, (actor, ballot) in enumerate(((anna, LIGHT), (bert, ROAD)), start=1):
        async with database.transaction() as session:
            at = now + timedelta(minutes=minutes)
            await cast_vote(session, text.id, ballot, actor=actor, town=town, two=False, now=at)
    assert (await get_text(database, text.id)).state == "disputed"
    desk = ("zf.road", "corrected") if decided_before else (None, None)
    assert await ledger() == desk
    for actor, expected in ((bert, ("zf.light", "labelled")), (anna, desk)):
        async with database.transaction() as session:
            await take_back(session, actor.user_id or 0, now + timedelta(minutes=5))
        assert await ledger() == expected


def label_of(word: PredictionEntry) -> tuple[str | None, str | None, datetime | None, bool]:
    return word.final_category, word.how, word.final_at, word.misrouted


@pytest.mark.parametrize("gathered", [False, True])
async def test_what_a_return_took_back_does_not_stand_again(
    database: Database, town: Town, now: datetime, gathered: bool
) -> None:
    """The desk had only confirmed it, and the return was accepted while the label stood there."""
    (anna,) = await add_people(database, now, "甲")
    desk = Desk(database, town, now)
    case = await desk.suggested()
    await fill_queue(database, pick=first_come, town=town, now=now)
    await desk.accept(case)
    await desk.act(case, "dispatch", unit=LIGHTS)
    if gathered:
        await gather_labels(database, now)
    async with database.reading() as session:
        (text,) = list(await session.scalars(select(LabelText)))
    desk.now += timedelta(minutes=1)
    async with database.transaction() as session:
        await claim_text(session, text.key, anna.user_id or 0, town=town, now=desk.now)
        await cast_vote(session, text.id, ROAD, actor=anna, town=town, two=False, now=desk.now)
    assert (await desk.word()).how == "labelled"
    desk.now += timedelta(minutes=1)
    await desk.give_back(case)
    desk.now += timedelta(minutes=1)
    await desk.act(case, "reassign", unit=ROADS, reason="归他们")
    word = await desk.word()
    assert (word.how, word.misrouted) == ("labelled", False), "the label was given on purpose"
    async with database.transaction() as session:
        await take_back(session, anna.user_id or 0, desk.now)
    word = await desk.word()
    assert (word.final_category, word.how, word.misrouted) == (None, None, True)
    await gather_labels(database, desk.now)
    found = await get_text(database, text.id)
    assert (found.state, found.category) == ("open", "")


@pytest.mark.parametrize("how", ["refused", "listed", "corrected", "returned before"])
async def test_what_no_return_took_back_stands_again(
    database: Database, town: Town, now: datetime, how: str
) -> None:
    (anna,) = await add_people(database, now, "甲")
    desk = Desk(database, town, now)
    case = await desk.suggested()
    await fill_queue(database, pick=first_come, town=town, now=now)
    await desk.accept(case, "zf.road" if how == "corrected" else "zf.light")
    unit = ROADS if how in ("corrected", "listed") else LIGHTS
    await desk.act(case, "dispatch", unit=unit)
    if how == "returned before":
        await desk.give_back(case)
        await desk.act(case, "reassign", unit=ROADS, reason="归他们")
        desk.now += timedelta(minutes=1)
        await desk.act(case, "relabel", category="zf.light")
    decided = label_of(await desk.word())
    desk.now += timedelta(minutes=1)
    async with database.reading() as session:
        (text,) = list(await session.scalars(select(LabelText)))
    async with database.transaction() as session:
        await cast_vote(session, text.id, ROAD, actor=anna, town=town, two=False, now=desk.now)
    desk.now += timedelta(minutes=1)
    if how != "returned before":
        await desk.give_back(case, unit)
        if how == "refused":
            await desk.act(case, "refuse_return", reason="清单写明归你们")
        else:
            await desk.act(case, "reassign", unit=LIGHTS, reason="归他们")
    async with database.transaction() as session:
        await take_back(session, anna.user_id or 0, desk.now)
    assert label_of(await desk.word()) == decided


@pytest.mark.parametrize("gathered_before", [False, True])
@pytest.mark.parametrize("during", [1, 2, 3, 4])
async def test_an_undo_during_a_gathering_run_is_gathered(
    database: Database,
    town: Town,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    gathered_before: bool,
    during: int,
) -> None:
    """After a batch was read and before it is stored; the run itself may be past the decision."""
    (anna,) = await add_people(database, now, "甲")
    (case, first, *others) = await file(database, town, now, MATTERS[:4])
    await fill_queue(database, pick=first_come, town=town, now=now)
    async with database.reading() as session:
        query = select(LabelText).where(LabelText.case_id == case)
        text = (await session.scalars(query)).one()
    await decide(database, first, now, **RIGHT)
    if gathered_before:
        await gather_labels(database, now)
    await decide(database, case, now + timedelta(minutes=1), **RIGHT)
    at = now + timedelta(minutes=2)
    async with database.transaction() as session:
        await cast_vote(session, text.id, LIGHT, actor=anna, town=town, two=False, now=at)
    for hours, other in enumerate(others, start=1):
        await decide(database, other, now + timedelta(hours=hours), **RIGHT)
    monkeypatch.setattr(labels, "_BATCH", 1)
    read, batches = labels._read_batch, 0

    async def read_and_undo(session: AsyncSession, place: Any) -> Any:
        nonlocal batches
        batch, batches = await read(session, place), batches + 1
        if batches == during:
            async with database.transaction() as undoing:
                await take_back(undoing, anna.user_id or 0, now + timedelta(hours=3))
        return batch

    monkeypatch.setattr(labels, "_read_batch", read_and_undo)
    for _ in range(2):
        await gather_labels(database, now + timedelta(hours=3))
    assert batches > during
    found = await get_text(database, text.id)
    assert (found.state, found.source, found.category) == ("settled", "case", "zf.road")


async def test_an_undo_while_one_annotator_becomes_enough(
    database: Database, town: Town, now: datetime
) -> None:
    """Both need the text and the room; PostgreSQL would break one of them off."""
    (anna,) = await add_people(database, now, "甲")
    (text,) = await add_texts(database, now, MATTERS[:1])
    async with database.transaction() as session:
        await cast_vote(session, text.id, LIGHT, actor=anna, town=town, two=True, now=now)

    async def switch_off() -> int:
        async with database.transaction() as session:
            return await set_two_annotators(session, False, now)

    async with database.transaction() as session:
        await lock_text(session, text.id)
        switching = asyncio.create_task(switch_off())
        await asyncio.sleep(0.4)
        await take_back(session, anna.user_id or 0, now)
    assert await asyncio.wait_for(switching, 30) == 0
    assert (await get_text(database, text.id)).state == "open"


async def test_a_word_of_the_desk_given_meanwhile_counts_also_where_it_had_one_before(
    database: Database, town: Town, now: datetime
) -> None:
    (anna,) = await add_people(database, now, "甲")
    (case,) = await file(database, town, now, MATTERS[:1])
    await decide(database, case, now, **RIGHT | {"category": "zf.noise"})
    await gather_labels(database, now)
    async with database.reading() as session:
        (text,) = list(await session.scalars(select(LabelText)))
    at = now + timedelta(minutes=1)
    async with database.transaction() as session:
        await claim_text(session, text.key, anna.user_id or 0, town=town, now=at)
        await cast_vote(session, text.id, LIGHT, actor=anna, town=town, two=False, now=at)
    await decide(database, case, now + timedelta(minutes=2), **RIGHT)
    (second,) = await file(database, town, now, MATTERS[1:2])
    later = now + timedelta(hours=1)
    await decide(database, second, later, **RIGHT)
    await gather_labels(database, later)
    async with database.transaction() as session:
        await take_back(session, anna.user_id or 0, later)
    await gather_labels(database, later)
    found = await get_text(database, text.id)
    assert (found.state, found.source, found.category) == ("settled", "case", "zf.road")
