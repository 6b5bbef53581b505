"""Work that the clock starts: one task for each, alive as long as the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger("huying.timers")


@contextmanager
def repeat(name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> Iterator[None]:
    """Run ``work`` now and every ``seconds``; a failure is logged and the next turn comes."""

    async def run() -> None:
        while True:
            try:
                await work()
            except Exception as error:
                log.warning("timer failed", timer=name, error=type(error).__name__)
            await asyncio.sleep(seconds)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
