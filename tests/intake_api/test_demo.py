"""The demo walks real steps at any day of the week, once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from cases.lifecycle import OPEN_STATES, Role, State
from cases.models import Case, User
from cases.storage.database import Database
from cases.town import Town
from intake_api.demo import add_demo
from intake_api.passwords import Passwords


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
