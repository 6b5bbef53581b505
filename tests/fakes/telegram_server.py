"""A Bot API server of our own that misbehaves on request, for what simulators never do.

``faults`` holds what the next calls of a method get instead of an answer, in order::

    server.faults["sendMessage"] = [refuse(429, "Too Many Requests", retry_after=1), HANG, CUT]
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Refusal:
    """An error as the Bot API words it."""

    status: int
    description: str
    parameters: dict[str, Any] | None = None


@dataclass(frozen=True)
class Misbehaviour:
    """Something no API should do."""

    name: str


HANG = Misbehaviour("takes the request and never answers")
CUT = Misbehaviour("takes the request and closes the connection")
GARBAGE = Misbehaviour("answers 200 with something that is no JSON")


def refuse(status: int, description: str, **parameters: Any) -> Refusal:
    return Refusal(status, description, parameters or None)


class TelegramServer:
    """Updates wait in ``updates`` until an offset confirms them; ``sent`` is what arrived."""

    def __init__(self) -> None:
        self.updates: list[Any] = []
        self.sent: list[dict[str, Any]] = []
        self.offsets: list[int] = []
        self.answered: list[str] = []
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[Refusal | Misbehaviour]] = defaultdict(list)
        self.root = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[TelegramServer]:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._handle)
        app.router.add_get("/file/bot{token}/{path}", self._download)
        server = TestServer(app)
        await server.start_server()
        self.root = str(server.make_url("")).rstrip("/")
        try:
            yield self
        finally:
            await server.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fields = dict(await request.post())
        if self.faults[method]:
            return await self._misbehave(request, method, fields, self.faults[method].pop(0))
        return _ok(await self._answer(method, fields))

    async def _misbehave(
        self,
        request: web.Request,
        method: str,
        fields: dict[str, Any],
        fault: Refusal | Misbehaviour,
    ) -> web.StreamResponse:
        if isinstance(fault, Refusal):
            body: dict[str, Any] = {"ok": False, "error_code": fault.status}
            body["description"] = fault.description
            if fault.parameters:
                body["parameters"] = fault.parameters
            return web.json_response(body, status=fault.status)
        # The request itself was carried out: that is what makes it ambiguous.
        await self._answer(method, fields)
        if fault is GARBAGE:
            return web.Response(text="<html>")
        if fault is HANG:
            await asyncio.sleep(30)
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def _answer(self, method: str, fields: dict[str, Any]) -> Any:
        if method == "getMe":
            return {"id": 7, "is_bot": True, "first_name": "呼应", "username": "huying_bot"}
        if method == "getUpdates":
            return await self._get_updates(fields)
        if method == "sendMessage":
            markup = json.loads(fields["reply_markup"]) if "reply_markup" in fields else None
            self.sent.append({**fields, "reply_markup": markup})
            chat = {"id": int(fields["chat_id"]), "type": "private"}
            return {"message_id": len(self.sent), "date": 1, "chat": chat, "text": fields["text"]}
        if method == "answerCallbackQuery":
            self.answered.append(fields["callback_query_id"])
        if method == "getFile":
            name = fields["file_id"]
            return {"file_id": name, "file_unique_id": name, "file_path": name}
        return True

    async def _get_updates(self, fields: dict[str, Any]) -> list[Any]:
        if "offset" in fields:
            offset = int(fields["offset"])
            self.offsets.append(offset)
            self.updates = [u for u in self.updates if _id(u) is None or _id(u) >= offset]
        for _ in range(10):
            if self.updates:
                return list(self.updates)
            await asyncio.sleep(0.02)
        return []

    async def _download(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["path"])
        return web.Response(body=content) if content is not None else web.Response(status=404)


def _id(update: Any) -> Any:
    return update.get("update_id") if isinstance(update, dict) else None


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})
