"""A citizen on each channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channel import Limits
from bot.telegram_channel.channel import TelegramChannel
from cases.storage.database import Database
from cases.town import Town
from tests.bot.channel_suite.world import SIMULATORS, Opener, World
from tests.bot.wires import TelegramWire, Wire


@pytest.fixture
async def open_world(
    sqlite_database: Database, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Opener]:
    """Opens the bot over the channel of that name."""
    # Telegram's own pace is kept and tested elsewhere; here it would only take time.
    monkeypatch.setattr(TelegramChannel, "limits", Limits())
    opened: list[World] = []

    async def open_it(kind: str) -> World:
        world = World(kind, sqlite_database, town, tmp_path)
        opened.append(world)
        await world.open()
        return world

    yield open_it
    for world in opened:
        await world.close()


@pytest.fixture(params=[*SIMULATORS, "browser"])
async def wire(request: pytest.FixtureRequest, open_world: Opener) -> Wire:
    """A citizen on every channel in turn."""
    return (await open_world(request.param)).wire


@pytest.fixture(params=["telegram", pytest.param("telemelya", marks=pytest.mark.e2e)])
async def phone(request: pytest.FixtureRequest, open_world: Opener) -> TelegramWire:
    """A citizen on a phone: everything Telegram can send."""
    found = (await open_world(request.param)).wire
    assert isinstance(found, TelegramWire)
    return found


@pytest.fixture
async def world(open_world: Opener) -> World:
    """Our own Bot API server, which can be told to misbehave."""
    return await open_world("telegram")
