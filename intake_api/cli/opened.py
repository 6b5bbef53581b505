"""A database for one command.

    async with opened(settings) as (database, town): …

Brings the schema up to date first, so that `huying users add` works before the first serve.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.town import Town
from intake_api.settings import Settings
from intake_api.town_keeper import TownKeeper

T = TypeVar("T")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Database, Town]]:
    """The migrated database and the town in it, closed at the end."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(upgrade_schema, settings.database)
    database = Database(settings.database)
    try:
        keeper = TownKeeper(database)
        await keeper.load()
        yield database, keeper()
    finally:
        await database.close()


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine to its end."""
    return asyncio.run(work)
