"""Small parts of a running server: the port, timers, sweeping, the town."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from cases.models import IdempotentReply, Unit
from cases.storage.database import Database
from intake_api.ports import PortTaken, take_port
from intake_api.sweeping import sweep
from intake_api.timers import repeat
from intake_api.town_keeper import TownKeeper


def test_a_taken_port_is_said_before_anything_slow() -> None:
    busy = socket.create_server(("127.0.0.1", 0))
    with busy, pytest.raises(PortTaken, match="--port"):
        take_port("127.0.0.1", busy.getsockname()[1])
    take_port("127.0.0.1", 0).close()


@pytest.mark.parametrize("host", ["no such host", "203.0.113.77"])
def test_a_foreign_address_is_one_sentence(host: str) -> None:
    with pytest.raises(PortTaken):
        take_port(host, 0)


async def test_a_timer_outlives_a_failure() -> None:
    turns = 0
    done = asyncio.Event()

    async def work() -> None:
        nonlocal turns
        turns += 1
        if turns == 3:
            done.set()
        raise ValueError("one bad turn")

    with repeat("test", 0.001, work):
        await asyncio.wait_for(done.wait(), 5)


async def test_old_replies_are_swept(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        for days in (0, 8):
            session.add(
                IdempotentReply(
                    key=str(days),
                    request_hash="x",
                    status=201,
                    body="{}",
                    created_at=now - timedelta(days=days),
                )
            )
    assert await sweep(database, now) == 1
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(IdempotentReply)) == 1


async def test_a_changed_list_is_read_without_a_restart(sqlite_database: Database) -> None:
    keeper = TownKeeper(sqlite_database, period=0.01)
    with pytest.raises(RuntimeError):
        keeper()
    await keeper.load()
    task = asyncio.create_task(keeper.keep_fresh())
    async with sqlite_database.transaction() as session:
        unit = await session.get(Unit, "lighting_office")
        assert unit is not None
        unit.name = "路灯所"
    for _ in range(500):
        await asyncio.sleep(0.01)
        if keeper().unit_name("lighting_office") == "路灯所":
            break
    task.cancel()
    assert keeper().unit_name("lighting_office") == "路灯所"
