"""A conversation to drive, and the pieces a pure dialogue test is made of."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.testing import Conversation, talk
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def chat(
    sqlite_database: Database, town: Town, clock: FrozenClock
) -> AsyncIterator[Conversation]:
    """One citizen's chat over the whole bot, without network and without waiting."""
    async with talk(sqlite_database, town, clock=clock) as conversation:
        yield conversation
