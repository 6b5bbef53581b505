"""What the gateway sends us: ``POST /channels/sms/status`` and ``POST /channels/sms/incoming``.

    add_routes(app, service, secret)      nothing is served without a secret

    status    {"key": Idempotency-Key of the message, "status": "delivered" | "failed", "reason"}
    incoming  {"id": the gateway's id, "phone", "text"}

Open to the whole internet: what says that a request comes from the gateway is the signature alone
(``signing``), so nothing of the body is looked at before. A message that came in is in the inbox
and dealt with in one transaction before it is acknowledged; sent again, it is acknowledged again.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.sms_channel.gateway import outbox_id_of
from bot.sms_channel.incoming import take_sms
from bot.sms_channel.signing import SIGNATURE, TIMESTAMP, is_signed
from cases.callers.mobile import mobile_of
from cases.callers.reports import STATUSES, take_report
from cases.callers.texts import load_sms_texts
from cases.storage.database import Database
from cases.town import Town

LOGGER = logging.getLogger(__name__)
STATUS_PATH = "/channels/sms/status"
INCOMING_PATH = "/channels/sms/incoming"
LARGEST_BODY = 64 * 1024
_LONGEST_TEXT = 1000
_LONGEST_ID = 120


@dataclass(frozen=True)
class SmsHooks:
    """What the two routes need."""

    secret: str
    database: Database
    town: Callable[[], Town]
    clock: Callable[[], datetime]
    on_answer: Callable[[], None]
    wall: Callable[[], float] = time.time


def add_routes(app: web.Application, hooks: SmsHooks | None) -> None:
    """Serve both; without a secret nobody could be told from anybody."""
    if hooks is None:
        return

    def behind(
        work: Callable[[SmsHooks, dict[str, Any]], Awaitable[str]],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handler(request: web.Request) -> web.Response:
            body = await _read_body(request)
            if body is None:
                return _refuse(413, "too_large")
            stamp = request.headers.get(TIMESTAMP, "")
            signature = request.headers.get(SIGNATURE, "")
            if not is_signed(hooks.secret, stamp, signature, body, hooks.wall()):
                return _refuse(403, "unsigned")
            try:
                data = json.loads(body)
            except (ValueError, RecursionError):
                data = None
            if not isinstance(data, dict):
                return _refuse(422, "no_object")
            problem = await work(hooks, data)
            return _refuse(422, problem) if problem else web.json_response({"ok": True})

        return handler

    app.router.add_post(STATUS_PATH, behind(_take_status))
    app.router.add_post(INCOMING_PATH, behind(_take_incoming))


async def _take_status(hooks: SmsHooks, data: dict[str, Any]) -> str:
    """The key of a refusal, or nothing."""
    message_id = outbox_id_of(str(data.get("key", "")))
    status = data.get("status")
    if message_id is None or status not in STATUSES:
        return "bad_report"
    reason = str(data.get("reason") or "")
    async with hooks.database.transaction() as session:
        known = await take_report(session, message_id, str(status), reason, hooks.clock())
    return "" if known else "unknown_message"


async def _take_incoming(hooks: SmsHooks, data: dict[str, Any]) -> str:
    external_id, text = data.get("id"), data.get("text")
    mobile = mobile_of(str(data.get("phone", "")))
    named = isinstance(external_id, str | int) and 0 < len(str(external_id)) <= _LONGEST_ID
    if not named or mobile is None or not isinstance(text, str) or not text.strip():
        return "bad_message"
    text = text.replace("\x00", "").strip()[:_LONGEST_TEXT]
    async with hooks.database.transaction() as session:
        await take_sms(session, str(external_id), mobile, text, hooks.town(), hooks.clock())
    hooks.on_answer()
    return ""


async def _read_body(request: web.Request) -> bytes | None:
    """The body, or ``None`` when it is too large: counted, not believed."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _refuse(status: int, key: str) -> web.Response:
    sentence = load_sms_texts()["refusals"][key]
    return web.json_response({"ok": False, "reason": sentence}, status=status)
