"""The outside world of a crash test: a Telegram Bot API that never forgets.

Updates are handed out until their offset is confirmed, as Telegram does; everything the bot
sends is written down, so that the test can count what a citizen would have seen.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict
from typing import Any

from aiohttp import web


class BotApi:
    """A server on loopback. ``received[chat]`` are the texts a chat was sent, in order."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.received: dict[int, list[str]] = defaultdict(list)
        self._ids = itertools.count(1000)
        self._message_ids = itertools.count(1)
        self._arrived = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def say(self, chat: int, text: str) -> None:
        """A citizen writes."""
        user = {"id": chat, "is_bot": False, "first_name": "市民", "language_code": "zh-hans"}
        self.updates.append(
            {
                "update_id": next(self._ids),
                "message": {
                    "message_id": next(self._message_ids),
                    "date": 1_790_000_000,
                    "chat": {"id": chat, "type": "private", "first_name": "市民"},
                    "from": user,
                    "text": text,
                },
            }
        )
        self._arrived.set()

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        data = dict(await request.post())
        if request.content_type == "application/json":
            data = await request.json()
        handler = {"getupdates": self._get_updates, "sendmessage": self._send}.get(method)
        if handler is not None:
            return _ok(await handler(data))
        if method == "getme":
            return _ok({"id": 1, "is_bot": True, "first_name": "呼应", "username": "huying_bot"})
        return _ok(True)

    async def _get_updates(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        offset = int(data.get("offset") or 0)
        self.updates = [u for u in self.updates if u["update_id"] >= offset]
        if not self.updates:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), min(int(data.get("timeout") or 0), 5))
            except TimeoutError:
                return []
        return self.updates[:10]

    async def _send(self, data: dict[str, Any]) -> dict[str, Any]:
        chat = int(data["chat_id"])
        self.received[chat].append(str(data["text"]))
        return {
            "message_id": next(self._message_ids),
            "date": 1_790_000_000,
            "chat": {"id": chat, "type": "private"},
            "text": data["text"],
        }


def _ok(result: Any) -> web.Response:
    return web.Response(
        text=json.dumps({"ok": True, "result": result}), content_type="application/json"
    )
