"""Calls kept for an agent and who is at a case: several tabs, several people, all at once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import select

from cases.actors import Actor
from cases.models import CasePresence, KeptCall, User
from cases.storage.database import Database
from cases.testing import make_draft
from cases.town import Town
from cases.use_cases.file_case import file_case
from cases.use_cases.kept_calls import MOST_KEPT, drop_kept, find_kept, keep_call, list_kept
from cases.use_cases.presence import note_presence


async def add_user(database: Database, name: str, now: datetime) -> int:
    async with database.transaction() as session:
        user = User(name=name, role="agent", password_hash="-", created_at=now)
        session.add(user)
        await session.flush()
        return user.id


async def keep(database: Database, user_id: int, read_id: str, words: str, at: datetime) -> None:
    async with database.transaction() as session:
        await keep_call(session, user_id, read_id, {"pasted": words}, at)


async def kept(database: Database, user_id: int, now: datetime) -> list[tuple[str, str]]:
    async with database.reading() as session:
        found = await list_kept(session, user_id, now)
        return [(call.read_id, call.fields["pasted"]) for call in found]


async def test_two_tabs_keep_two_calls(database: Database, now: datetime) -> None:
    user, later = await add_user(database, "小周", now), now + timedelta(minutes=1)
    await keep(database, user, "a", "第一通", now)
    await keep(database, user, "b", "第二通", now)
    await keep(database, user, "a", "第一通，改过", later)
    assert await kept(database, user, later) == [("a", "第一通，改过"), ("b", "第二通")]
    async with database.transaction() as session:
        newest, named = (
            await find_kept(session, user, later),
            await find_kept(session, user, later, "b"),
        )
        assert newest is not None
        assert named is not None
        assert (newest.read_id, named.read_id) == ("a", "b")
        assert await find_kept(session, user, later, "c") is None
        await drop_kept(session, user, "a")
    assert await kept(database, user, later) == [("b", "第二通")]
    assert await kept(database, user, now + timedelta(days=1, minutes=2)) == []


async def test_the_oldest_goes_and_only_the_persons_own(database: Database, now: datetime) -> None:
    user, other = await add_user(database, "小周", now), await add_user(database, "小吴", now)
    await keep(database, other, "x", "别人的", now)
    for minute in range(MOST_KEPT + 2):
        await keep(database, user, f"r{minute}", "一通", now + timedelta(minutes=minute))
    left = [read_id for read_id, _ in await kept(database, user, now + timedelta(minutes=9))]
    assert left == ["r6", "r5", "r4", "r3", "r2"]
    async with database.reading() as session:
        assert len(list(await session.scalars(select(KeptCall)))) == MOST_KEPT + 1
    assert await kept(database, other, now) == [("x", "别人的")]


async def test_the_first_keeping_twice_at_once(database: Database, now: datetime) -> None:
    """The second one waits for the first and writes over it."""
    user, both = await add_user(database, "小周", now), asyncio.Barrier(2)

    async def press(words: str) -> None:
        async with database.transaction() as session:
            if not database.is_sqlite:  # there the second one begins when the first has ended
                assert await find_kept(session, user, now) is None
                await both.wait()
            await keep_call(session, user, "a", {"pasted": words}, now)

    await asyncio.gather(press("一"), press("二"))
    [(read_id, words)] = await kept(database, user, now)
    assert read_id == "a"
    assert words in ("一", "二")


async def test_the_first_presence_twice_at_once(
    database: Database, town: Town, now: datetime
) -> None:
    user, both = await add_user(database, "小周", now), asyncio.Barrier(2)
    async with database.transaction() as session:
        case = await file_case(session, make_draft(), actor=Actor.bot(), town=town, now=now)

    async def look() -> None:
        async with database.transaction() as session:
            if not database.is_sqlite:
                assert await session.get(CasePresence, (case.id, user)) is None
                await both.wait()
            await note_presence(session, case, user, writing=True, now=now)

    await asyncio.gather(look(), look())
    async with database.reading() as session:
        [mine] = await session.scalars(select(CasePresence))
    assert (mine.user_id, mine.writing) == (user, True)
