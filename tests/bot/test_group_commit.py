"""Writers that meet share a transaction; a bad one among them harms nobody."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.group_commit import Change, GroupCommit
from cases import inbox
from cases.models import InboxMessage
from cases.storage.database import Database


def keep(name: str, now: datetime) -> Change:
    async def change(session: AsyncSession) -> None:
        await inbox.receive(
            session, channel="test", external_id=name, chat_key="c", payload={}, now=now
        )
        if name == "bad":
            raise ValueError("cannot be written")

    return change


async def kept(database: Database) -> set[str]:
    async with database.reading() as session:
        return set(await session.scalars(select(InboxMessage.external_id)))


async def test_writers_that_meet_share_commits(database: Database, now: datetime) -> None:
    commits = []
    event.listen(database.engine.sync_engine, "commit", lambda connection: commits.append(1))
    group = GroupCommit(database)
    names = {f"m{number}" for number in range(12)}
    await asyncio.gather(*(group.write(keep(name, now)) for name in names))
    assert await kept(database) == names
    assert len(commits) <= 2
    await group.write(keep("later", now))
    assert "later" in await kept(database)


async def test_a_bad_change_fails_alone(database: Database, now: datetime) -> None:
    group = GroupCommit(database)
    names = ("m1", "bad", "m2", "m3")
    results = await asyncio.gather(
        *(group.write(keep(name, now)) for name in names), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), ValueError, *[type(None)] * 2]
    assert await kept(database) == {"m1", "m2", "m3"}


async def test_a_cancelled_writer_leaves_its_change_behind(
    database: Database, now: datetime
) -> None:
    group = GroupCommit(database)
    writer = asyncio.create_task(group.write(keep("m1", now)))
    await asyncio.sleep(0)
    writer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writer
    await group.write(keep("m2", now))
    assert await kept(database) == {"m1", "m2"}
