"""Where a deep link leads: the browser chat, and Telegram where a bot is configured.

    await find_doors(request, payload) -> ChatDoors
    guessed_root(request) -> str             the address used for want of a setting; else empty

The name of the bot is asked of Telegram once and kept; while Telegram does not answer, the pages do
without it. The role ``api`` may run where no bot does, so nobody here can be asked.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field

import aiohttp
import structlog
from aiohttp import web

from intake_api.accounts.keys import SETTINGS

log = structlog.get_logger("huying.doors")
_WAIT = aiohttp.ClientTimeout(total=4)
_ASK_AGAIN_AFTER = 60.0
_NAME = re.compile(r"[A-Za-z0-9_]{3,64}")


@dataclass(frozen=True)
class Door:
    """One address; ``name`` is what people call what it opens."""

    name: str
    address: str


@dataclass(frozen=True)
class ChatDoors:
    """The addresses for one payload; ``waiting``: a bot is configured, its name is not known."""

    web: Door
    telegram: Door | None
    waiting: bool

    @property
    def all(self) -> list[Door]:
        """Every door there is, the browser first."""
        return [self.web, *([self.telegram] if self.telegram else [])]


@dataclass
class BotName:
    """What Telegram said the bot is called, and when it was last asked in vain."""

    name: str | None = None
    failed_at: float | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


BOT_NAME = web.AppKey("bot_name", BotName)


async def find_doors(request: web.Request, payload: str) -> ChatDoors:
    """The addresses of ``case_…`` or ``loc_…``."""
    browser = Door("网页", f"{public_root(request)}/chat?start={payload}")
    if request.app[SETTINGS].telegram_token is None:
        return ChatDoors(browser, None, waiting=False)
    name = await _bot_name(request.app)
    if name is None:
        return ChatDoors(browser, None, waiting=True)
    telegram = Door("Telegram", f"https://t.me/{name}?start={payload}")
    return ChatDoors(browser, telegram, waiting=False)


def public_root(request: web.Request) -> str:
    """The address set for citizens, else the one this page was opened by."""
    settings = request.app[SETTINGS]
    return settings.public_url or str(request.url.origin())


def guessed_root(request: web.Request) -> str:
    """Where nobody set an address: the one in the codes, for somebody to judge before printing."""
    return "" if request.app[SETTINGS].public_url else public_root(request)


async def _bot_name(app: web.Application) -> str | None:
    known = app[BOT_NAME]
    async with known.asking:
        if known.name is not None:
            return known.name
        if known.failed_at is not None and time.monotonic() - known.failed_at < _ASK_AGAIN_AFTER:
            return None
        known.name = await _ask_name(app)
        known.failed_at = None if known.name else time.monotonic()
        return known.name


async def _ask_name(app: web.Application) -> str | None:
    settings = app[SETTINGS]
    assert settings.telegram_token is not None
    # The token is part of the address: neither it nor an error that repeats it is logged.
    address = f"{settings.telegram_api_url}/bot{settings.telegram_token.get_secret_value()}/getMe"
    try:
        async with aiohttp.ClientSession(timeout=_WAIT) as client, client.post(address) as answer:
            said = await answer.json(content_type=None)
        name = said["result"]["username"]
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
        log.warning("bot name not known", error=type(error).__name__)
        return None
    return name if isinstance(name, str) and _NAME.fullmatch(name) else None
