"""``/s/<token>``: the short address of a text message, which opens the case in the browser chat.

Nothing is looked up: a token that is no case's is answered by the chat, in a citizen's words.
"""

from __future__ import annotations

from aiohttp import web


async def follow(request: web.Request) -> web.Response:
    """On to the chat, with the payload of the case's link."""
    raise web.HTTPFound(f"/chat?start=case_{request.match_info['token']}")


def add_routes(app: web.Application) -> None:
    """Register the short address."""
    app.router.add_get(r"/s/{token:[A-Za-z0-9_-]{8,48}}", follow)
