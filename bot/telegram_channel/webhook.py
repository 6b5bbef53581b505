"""The webhook route: check the secret, commit, answer 200.

The route is open to the whole internet. What says that a request comes from Telegram is the
secret header alone, so nothing of the body is looked at before it is compared.
"""

from __future__ import annotations

import hmac
import json
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from bot.telegram_channel.settings import WEBHOOK_PATH

if TYPE_CHECKING:
    from bot.telegram_channel.channel import TelegramChannel

LOGGER = logging.getLogger(__name__)
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGEST_BODY = 1024 * 1024
_REGISTERED_WITHIN = 1.0


def add_routes(app: web.Application, channel: TelegramChannel | None) -> None:
    """Serve the webhook where one is configured; a poller's bot has no such door."""
    if channel is None or channel.settings.full_webhook_url is None:
        return
    if not channel.settings.webhook_secret:
        LOGGER.warning("Telegram webhook without a secret: anybody can post updates")

    async def receive(request: web.Request) -> web.Response:
        return await _receive(request, channel)

    async def register_first(_app: web.Application) -> None:
        # Whoever sees the server answer may expect the webhook to stand. An outage of Telegram
        # must not keep the other pages closed, though.
        await channel.wait_until_registered(_REGISTERED_WITHIN)

    app.router.add_post(WEBHOOK_PATH, receive)
    app.on_startup.append(register_first)


async def _receive(request: web.Request, channel: TelegramChannel) -> web.Response:
    secret = channel.settings.webhook_secret
    given = request.headers.get(SECRET_HEADER, "")
    if secret and not hmac.compare_digest(given.encode(), secret.encode()):
        return _refuse(403, "密钥不正确。")
    body = await _read_body(request)
    if body is None:
        return _refuse(413, "请求太大。")
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        await channel.intake.keep_unreadable(body)
        return web.json_response({"ok": True})
    await channel.intake.take([update])
    # Also for duplicates and malformed ones: sending them again would not make them better.
    return web.json_response({"ok": True})


async def _read_body(request: web.Request) -> bytes | None:
    """The body, or ``None`` when it is too large: counted, not believed."""
    if (request.content_length or 0) > LARGEST_BODY:
        return None
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _refuse(status: int, sentence: str) -> web.Response:
    return web.json_response({"ok": False, "description": sentence}, status=status)
