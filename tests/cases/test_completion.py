"""A case filed before its matter was known is tagged, clocked and counted anew, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.history import read_history
from cases.lifecycle import Role
from cases.models import Case, PredictionEntry
from cases.storage.database import Database
from cases.testing import make_draft, make_tag
from cases.town import Town
from cases.use_cases.act import act, lock_case
from cases.use_cases.completion import complete_case
from cases.use_cases.contacts import upsert_contact
from cases.use_cases.file_case import file_case

UNCLEAR = make_tag(platform="na", category="na.unclear", decision="human", confidence=0.4)
STORY = "荷塘小区3幢门口的路灯不亮"


async def file_vaguely(database: Database, town: Town, now: datetime, **changes: str) -> str:
    async with database.transaction() as session:
        contact = await upsert_contact(session, channel="test", chat_key="1", now=now)
        tag = replace(UNCLEAR, **changes)
        draft = make_draft(text="就是那个事情", tag=tag, contact_id=contact.id)
        citizen = Actor.citizen(contact.id)
        return (await file_case(session, draft, actor=citizen, town=town, now=now)).number


async def complete(
    database: Database, town: Town, now: datetime, number: str, **changes: str
) -> Case:
    async with database.transaction() as session:
        case = await lock_case(session, number)
        assert case.contact_id is not None
        citizen = Actor.citizen(case.contact_id)
        tag = make_tag(**changes)
        return await complete_case(session, case, STORY, tag=tag, actor=citizen, town=town, now=now)


async def test_it_goes_where_it_belongs_and_the_history_holds(
    database: Database, town: Town, now: datetime
) -> None:
    number = await file_vaguely(database, town, now)
    later = now + timedelta(minutes=2)
    case = await complete(database, town, later, number)
    assert (case.state, case.category, case.tagged_by) == ("dispatched", "zf.light", "machine")
    assert (case.place_text, case.summary) == ("荷塘小区3幢门口", STORY)
    assert case.text == f"就是那个事情\n补充：{STORY}"
    async with database.reading() as session:
        actions = [entry.action for entry in await read_history(session, case.id)]
    assert actions == ["submit", "supplement", "accept", "dispatch"]


async def test_the_ledger_counts_the_case_once_by_the_later_word(
    database: Database, town: Town, now: datetime
) -> None:
    number = await file_vaguely(database, town, now)
    await complete(database, town, now + timedelta(minutes=2), number)
    async with database.reading() as session:
        rows = list(await session.scalars(select(PredictionEntry).order_by(PredictionEntry.id)))
    told = [(row.category, row.at_filing, row.automatic) for row in rows]
    assert told == [("na.unclear", False, False), ("zf.light", True, True)]


async def test_danger_that_comes_out_later_sets_the_clock(
    database: Database, town: Town, now: datetime
) -> None:
    number = await file_vaguely(database, town, now)
    case = await complete(database, town, now, number, urgency="critical", decision="human")
    minutes = town.policy["accept"]["critical_minutes"]
    assert (case.urgency, case.state) == ("critical", "submitted")
    assert case.step_due_at == now + timedelta(minutes=minutes)


async def test_danger_that_was_there_stays(database: Database, town: Town, now: datetime) -> None:
    number = await file_vaguely(database, town, now, urgency="critical")
    case = await complete(database, town, now, number)
    assert (case.urgency, case.state, case.category) == ("critical", "submitted", "zf.light")


@pytest.mark.parametrize("step", ["relabel", "accept"])
async def test_a_persons_word_is_not_overruled(
    database: Database, town: Town, now: datetime, step: str
) -> None:
    number = await file_vaguely(database, town, now)
    label = {"category": "zf.noise", "request_type": "complaint", "urgency": "normal"}
    clerk = Actor(Role.DISPATCHER, "指挥室 周")
    async with database.transaction() as session:
        await act(session, number, step, label, actor=clerk, town=town, now=now)
    case = await complete(database, town, now, number)
    assert case.category == "zf.noise"
    assert STORY in case.text
