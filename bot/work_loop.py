"""Claim, handle, repeat: the loop that the inbox and the outbox are worked off with.

Sleeps until woken, and looks by itself every second or so, because rows may come from another
process. Stopping lets what is in flight finish for a while, then cancels it; the lease of a
cancelled row runs out and somebody else takes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

LOGGER = logging.getLogger(__name__)
LOOK_EVERY = 1.0
REST_AFTER_ERROR = 1.0

Item = TypeVar("Item")


class WorkLoop(Generic[Item]):
    """``claim(n)`` takes at most n items, ``handle`` must not raise. Under load one look finds
    work for all who are free; looking for each by itself cost more than some of the work."""

    def __init__(
        self,
        name: str,
        claim: Callable[[int], Awaitable[Sequence[Item]]],
        handle: Callable[[Item], Awaitable[None]],
        *,
        workers: int,
    ) -> None:
        self._name = name
        self._claim = claim
        self._handle = handle
        self._free = workers
        self._awake = asyncio.Event()
        self._stopping = False
        self._running: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin in the running event loop."""
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name=f"bot-{self._name}")

    def wake(self) -> None:
        """There may be something to do now."""
        self._awake.set()

    async def stop(self, within: float = 10.0) -> None:
        """Take nothing new; wait for what is in flight, then cancel it."""
        self._stopping = True
        self.wake()
        tasks = {task for task in (self._task, *self._running) if task is not None}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=within)
        # The loop itself may have started one more while we waited.
        for task in late | self._running:
            task.cancel()
        await asyncio.gather(*late, *self._running, return_exceptions=True)
        self._task = None

    async def drain(self) -> None:
        """Work until nothing is left to claim; for tests and for one-shot use."""
        while items := await self._claim(1):
            for item in items:
                await self._handle(item)

    async def _run(self) -> None:
        while not self._stopping:
            # Cleared before looking: a wake-up during the look is not lost.
            self._awake.clear()
            items: Sequence[Item] = ()
            try:
                if self._free:
                    items = await self._claim(self._free)
            except Exception as error:
                LOGGER.error("%s: claiming failed: %s", self._name, type(error).__name__)
                await asyncio.sleep(REST_AFTER_ERROR)
            for item in items:
                self._free -= 1
                task = asyncio.create_task(self._work(item))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if items:
                continue
            try:
                await asyncio.wait_for(self._awake.wait(), LOOK_EVERY)
            except TimeoutError:
                continue

    async def _work(self, item: Item) -> None:
        try:
            await self._handle(item)
        except Exception as error:
            LOGGER.error("%s: handling failed: %s", self._name, type(error).__name__)
        finally:
            self._free += 1
            # The next message of the same chat may be free now.
            self.wake()
