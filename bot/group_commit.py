"""Many small writes in one transaction.

    group = GroupCommit(database)
    await group.write(change)          change: async function of a session

Whoever comes while a transaction is under way waits for it and joins the next; alone, a write is
committed at once. Every commit is forced to the disk: sixteen messages sent at the same moment
need not force it sixteen times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from cases.storage.database import Database

Change = Callable[[AsyncSession], Awaitable[None]]


class GroupCommit:
    """For one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Change, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, change: Change) -> None:
        """Return when the change is committed.

        :raises Exception: what ``change`` raised, or the commit
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((change, done))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="bot-group-commit")
        # A writer that is cancelled leaves its change to the others' transaction.
        await asyncio.shield(done)

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                if len(group) == 1 or not await self._commit(group):
                    # One bad change must not take the others with it.
                    for one in group:
                        await self._commit([one], tell=True)
        finally:
            self._task = None

    async def _commit(
        self, group: list[tuple[Change, asyncio.Future[None]]], *, tell: bool = False
    ) -> bool:
        try:
            async with self._database.transaction() as session:
                for change, _ in group:
                    await change(session)
        except Exception as error:
            if tell:
                _settle(group, error)
            return False
        _settle(group, None)
        return True


def _settle(group: list[tuple[Change, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in group:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
