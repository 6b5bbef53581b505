"""A label of the room in the ledger, and what stood there before once it is taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from cases.models import LabelText, PredictionEntry
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.label_filling import fill_queue
from cases.use_cases.label_queue import claim_next, claim_text
from cases.use_cases.label_undo import take_back
from cases.use_cases.label_votes import cast_vote
from cases.use_cases.labels import gather_labels
from tests.labels.conftest import LIGHT, MATTERS, ROAD, add_people, get_text
from tests.labels.test_gathering import RIGHT, decide, file, first_come


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
