"""A provider's gateway as an outsider would build it from docs/callers.md: it checks the signature
with nothing of ours, takes each idempotency key once, and misbehaves on request.

``answers`` holds what the next calls get instead of 200: a status, (status, headers), or HANG.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

HANG = "hang"
SECRET = "gemeinsam-7"


@dataclass
class FakeGateway:
    """What arrived, in order; ``delivered`` are the distinct messages."""

    secret: str = SECRET
    address: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    delivered: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: list[Any] = field(default_factory=list)
    refused: int = 0

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        stamp = request.headers["X-Huying-Timestamp"]
        mac = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
        good = "sha256=" + mac.hexdigest() == request.headers["X-Huying-Signature"]
        if not good or abs(time.time() - int(stamp)) > 300:
            self.refused += 1
            return web.json_response({"reason": "bad signature"}, status=401)
        key, sms = request.headers["Idempotency-Key"], json.loads(body)
        self.seen.append({"key": key, **sms})
        answer = self.answers.pop(0) if self.answers else 200
        if answer == HANG:
            self.delivered.setdefault(key, sms)
            await asyncio.sleep(30)
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        if status >= 300:
            return web.json_response({"reason": "out of order"}, status=status, headers=headers)
        self.delivered.setdefault(key, sms)
        return web.json_response({"id": f"gw-{len(self.delivered)}"})

    async def post(self, url: str, data: Any, *, secret: str | None = None, age: int = 0) -> int:
        """Call one of our hooks, signed like a provider would; returns the status."""
        body = json.dumps(data, ensure_ascii=False).encode()
        stamp = str(int(time.time()) - age)
        key = (secret or self.secret).encode()
        mac = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Huying-Timestamp": stamp, "X-Huying-Signature": f"sha256={mac}"}
        async with (
            ClientSession() as client,
            client.post(url, data=body, headers=headers) as answer,
        ):
            return answer.status


@asynccontextmanager
async def run_gateway() -> AsyncIterator[FakeGateway]:
    """On a free port of the loopback."""
    gateway = FakeGateway()
    app = web.Application()
    app.router.add_post("/send", gateway.receive)
    server = TestServer(app)
    await server.start_server()
    gateway.address = str(server.make_url("/send"))
    try:
        yield gateway
    finally:
        await server.close()
