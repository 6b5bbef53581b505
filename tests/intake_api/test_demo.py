"""The demo walks real steps at any day of the week, once, and leaves something on every page."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cases.lifecycle import OPEN_STATES, Role, State
from cases.models import (
    Case,
    Consultation,
    Contact,
    DeskMessage,
    Errand,
    ErrandEvent,
    HistoryEntry,
    OutboxMessage,
    Place,
    PlaceEvent,
    User,
)
from cases.storage.database import Database
from cases.town import Town, load_town
from cases.town_files import load_service_files
from cases.use_cases.chats import list_chats
from intake_api.accounts.passwords import Passwords
from intake_api.demo import add_demo
from tests.intake_api.conftest import build_house


@pytest.mark.parametrize("days", [0, 4, 5, 6])
async def test_fills_the_desk(
    sqlite_database: Database, town: Town, now: datetime, days: int
) -> None:
    when = now + timedelta(days=days)
    lines = await add_demo(sqlite_database, town, when, Passwords.cheap())
    assert any("demo-agent" in line for line in lines)
    async with sqlite_database.reading() as session:
        states = set(await session.scalars(select(Case.state)))
        roles = set(await session.scalars(select(User.role)))
        count = await session.scalar(select(func.count()).select_from(Case))
    assert count is not None
    assert count >= 25
    reachable = OPEN_STATES | {State.CLOSED, State.EVALUATED, State.REJECTED, State.WITHDRAWN}
    missing = {state.value for state in reachable} - states
    assert missing <= {"escalated", "extension_requested", "reopened"} or not missing, missing
    assert roles >= {role.value for role in Role} - {"citizen", "bot", "admin"}


async def test_runs_once(sqlite_database: Database, town: Town, now: datetime) -> None:
    await add_demo(sqlite_database, town, now, Passwords.cheap())
    assert len(await add_demo(sqlite_database, town, now, Passwords.cheap())) == 1
    async with sqlite_database.reading() as session:
        names = list(await session.scalars(select(Place.name)))
    assert len(names) == len(set(names)) == 6


async def test_a_town_without_the_samples_cards_goes_without_them(
    sqlite_database: Database, town: Town, now: datetime
) -> None:
    assert not town.answers.cards
    await add_demo(sqlite_database, town, now, Passwords.cheap())
    async with sqlite_database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Consultation)) == 0
        assert await session.scalar(select(func.count()).select_from(Errand)) == 0
        assert len((await list_chats(session)).waiting) == 2


async def test_every_staff_page_has_something_to_look_at(
    sqlite_database: Database, now: datetime, tmp_path: Path
) -> None:
    async with sqlite_database.transaction() as session:
        await load_service_files(session, now)
    async with sqlite_database.reading() as session:
        town = await load_town(session)
    await add_demo(sqlite_database, town, now, Passwords.cheap())
    async with sqlite_database.reading() as session:
        consultations = list(await session.scalars(select(Consultation).order_by(Consultation.id)))
        errands = list(await session.scalars(select(Errand).order_by(Errand.id)))
        chats = await list_chats(session)
        channels = set(await session.scalars(select(Contact.channel)))
        told = set(await session.scalars(select(OutboxMessage.channel)))
        times = [
            *await session.scalars(select(DeskMessage.at)),
            *await session.scalars(select(ErrandEvent.at)),
            *await session.scalars(select(HistoryEntry.at)),
            *await session.scalars(select(PlaceEvent.at)),
        ]
    assert sorted(row.state for row in consultations) == ["answered", "filed", "solved", "solved"]
    assert [row.state for row in errands] == ["taken", "confirmed"]
    assert (len(chats.waiting), len(chats.served)) == (2, 1)
    assert chats.served[0].contact.served_by == "demo-agent"
    assert chats.waiting[0].number is not None
    assert max(times) <= now, "nothing happened yet to come"
    assert channels | told == {"web"}, "nothing is sent to an invented chat of a real service"
    for row in consultations:
        found = town.answers.find(row.text, now.date())
        assert found.card is not None and found.card.code == row.card_code, row.text

    house = await build_house(sqlite_database, town, now, tmp_path)
    try:
        await house.login(Role.ADMIN)
        for path, part in (
            ("/desk/answers", "<dd>4</dd>"),
            ("/desk/errands?state=taken", "荷塘村"),
            ("/desk/errands?state=confirmed", "清溪村"),
            ("/desk/chats", "demo-agent"),
            ("/desk/places", "荷花公园南门"),
        ):
            page = await (await house.client.get(path)).text()
            assert part in page, path
        for number in (errands[0].number, errands[1].number):
            assert (await house.client.get(f"/desk/errands/{number}")).status == 200
        for chat in (*chats.waiting, *chats.served):
            assert (await house.client.get(f"/desk/chats/{chat.contact.id}")).status == 200
    finally:
        await house.client.close()
