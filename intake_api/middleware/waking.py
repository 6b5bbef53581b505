"""After a write somebody may have to be told: the relay is woken, not left to look by itself."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def build_waking(on_write: Callable[[], None]) -> Middleware:
    """The middleware; ``on_write`` must not block."""

    @web.middleware
    async def wake(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPRedirection:
            if request.method == "POST":
                on_write()
            raise
        if request.method == "POST" and response.status < 400:
            on_write()
        return response

    return wake
