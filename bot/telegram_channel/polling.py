"""Long polling on raw JSON; the offset moves on only after the batch is committed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.backoff import backoff
from bot.telegram_channel.intake import TelegramIntake
from bot.telegram_channel.sending import seconds_of
from bot.telegram_channel.updates import KINDS

LOGGER = logging.getLogger(__name__)
_LIMIT = 100
#: PTB wants ``Bot.get_updates`` instead of a raw request by that name and warns each time; but
#: that one parses a whole batch or none. This spelling means the same method to the server.
_GET_UPDATES = "get_Updates"


class Poller:
    """Runs until cancelled."""

    def __init__(self, bot: Bot, intake: TelegramIntake, *, seconds: int) -> None:
        self._bot = bot
        self._intake = intake
        self._seconds = seconds
        self._offset: int | None = None

    async def run(self) -> None:
        """Poll for ever; every trouble is waited out."""
        failures = 0
        while True:
            try:
                updates = await self._get_updates()
                await self._take(updates)
                failures = 0
            except TimedOut:
                continue
            except RetryAfter as error:
                await asyncio.sleep(seconds_of(error))
            except Exception as error:
                failures += 1
                _log_trouble(error, failures)
                await asyncio.sleep(1.0 + backoff(failures, longest=30.0))

    async def _get_updates(self) -> list[Any]:
        wanted: dict[str, Any] = {
            "timeout": self._seconds,
            "limit": _LIMIT,
            "allowed_updates": list(KINDS),
        }
        if self._offset is not None:
            wanted["offset"] = self._offset
        updates = await self._bot.do_api_request(
            _GET_UPDATES, api_kwargs=wanted, read_timeout=self._seconds + 5
        )
        return updates if isinstance(updates, list) else []

    async def _take(self, updates: list[Any]) -> None:
        if not updates:
            return
        await self._intake.take(updates)
        ids = [u["update_id"] for u in updates if isinstance(u, dict) and _is_id(u)]
        if ids:
            # Of this batch, not of all time: ids may start again at a lower number.
            self._offset = max(ids) + 1
        else:
            # Nothing here can be confirmed, so it will come again: do not spin on it.
            await asyncio.sleep(1.0)


def _is_id(update: dict[str, Any]) -> bool:
    value = update.get("update_id")
    return isinstance(value, int) and not isinstance(value, bool)


def _log_trouble(error: Exception, failures: int) -> None:
    if isinstance(error, Conflict):
        LOGGER.error("another poller or a webhook uses this bot's token; waiting for our turn")
    elif isinstance(error, InvalidToken):
        LOGGER.critical("Telegram does not accept the token")
    elif isinstance(error, TelegramError):
        LOGGER.warning("polling failed %d times: %s", failures, type(error).__name__)
    else:
        LOGGER.error("a batch could not be kept: %s", type(error).__name__)
