"""``/`` leads citizens to the chat; staff know their own address."""

from __future__ import annotations

from aiohttp import web


async def go_home(_: web.Request) -> web.Response:
    """To the chat."""
    raise web.HTTPFound("/chat")


def add_routes(app: web.Application) -> None:
    """Register the front door."""
    app.router.add_get("/", go_home)
