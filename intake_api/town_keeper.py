"""The town's lists, read now and then, so that a changed row needs no restart.

keeper = TownKeeper(database); await keeper.load(); keeper() -> Town
await keeper.refresh()         at once, after a change of our own
await keeper.keep_fresh()      runs until it is cancelled
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cases.errors import CaseError
from cases.storage.database import Database
from cases.town import Town, load_town
from cases.town_files import load_service_files, load_town_files

log = structlog.get_logger("huying.town")
PERIOD = 60.0


class TownKeeper:
    """Called like a function it gives the latest snapshot."""

    def __init__(self, database: Database, *, period: float = PERIOD) -> None:
        self._database = database
        self._period = period
        self._town: Town | None = None

    def __call__(self) -> Town:
        """The town as last read; ``load`` comes first."""
        if self._town is None:
            raise RuntimeError("the town was not loaded")
        return self._town

    async def load(self) -> None:
        """Fill empty lists with the sample town and read them."""
        async with self._database.transaction() as session:
            await load_town_files(session)
        try:
            async with self._database.transaction() as session:
                await load_service_files(session, datetime.now(UTC))
        except CaseError as error:
            # A town with units of its own has no use for the sample's cards; it writes its own.
            log.warning("sample answer cards not loaded", reason=error.sentence)
        await self._read()

    async def refresh(self) -> None:
        """Read the lists at once: somebody just changed them in this process."""
        await self._read()

    async def keep_fresh(self) -> None:
        """Read again every minute; lists that contradict each other leave the last ones valid."""
        while True:
            await asyncio.sleep(self._period)
            try:
                await self._read()
            except (CaseError, SQLAlchemyError, OSError) as error:
                log.warning("town not read", error=type(error).__name__)

    async def _read(self) -> None:
        async with self._database.reading() as session:
            known = self._town.answers if self._town else None
            self._town = await load_town(session, answers=known)
