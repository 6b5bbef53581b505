"""A keeper works as long as the application does.

app.cleanup_ctx.append(keep(KEEPER))     KEEPER: the key under which the application has it
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Protocol

from aiohttp import web

#: How long a server that goes down waits for the piece of work that is under way.
_PATIENCE = 8.0


class Keeper(Protocol):
    """Looks for work and does it, piece by piece."""

    async def run(self) -> None:
        """Return soon after ``stop``."""
        ...

    def stop(self) -> None:
        """End after the piece that is under way."""
        ...


def keep(key: web.AppKey[Any]) -> Callable[[web.Application], AsyncIterator[None]]:
    """Runs the :class:`Keeper` that the application has under ``key``."""

    async def live(app: web.Application) -> AsyncIterator[None]:
        keeper: Keeper = app[key]
        task = asyncio.create_task(keeper.run())
        yield
        keeper.stop()
        await asyncio.wait({task}, timeout=_PATIENCE)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return live
