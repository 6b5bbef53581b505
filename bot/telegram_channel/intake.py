"""Raw updates into the inbox, committed before anything is acknowledged."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.telegram_channel.updates import MalformedUpdate, clean, open_envelope
from cases import inbox
from cases.storage.database import Database

LOGGER = logging.getLogger(__name__)
_KEPT_OF_MALFORMED = 2000
#: An album comes as single messages without an end; this long the first waits for the others.
ALBUM_WAIT = timedelta(seconds=1)


class TelegramIntake:
    """``answer`` answers a callback query; ``on_received`` wakes the engine.

    ``bot_name`` may come later, once Telegram told us; until then mentions are not known.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], datetime],
        on_received: Callable[[], None],
        answer: Callable[[str], Awaitable[None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._on_received = on_received
        self._answer = answer
        self._answers: set[asyncio.Task[None]] = set()
        self.bot_name: str | None = None

    async def take(self, updates: Sequence[Any]) -> int:
        """Keep a batch in one transaction and return how many were new. Raises only when the
        database does: then the sender must send the batch again."""
        new, callbacks = 0, []
        async with self._database.transaction() as session:
            for raw in updates:
                kept, callback_id = await self._keep(session, raw)
                new += kept
                if callback_id is not None:
                    callbacks.append(callback_id)
        for callback_id in callbacks:
            # At once, whatever comes of it: the client sends a tap again that nobody answers.
            task = asyncio.create_task(self._answer_quietly(callback_id))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        if new:
            self._on_received()
        return new

    async def keep_unreadable(self, body: bytes) -> None:
        """Bytes that are no JSON: kept as dead, for staff."""
        text = clean(body[:_KEPT_OF_MALFORMED].decode("utf-8", "replace"))
        async with self._database.transaction() as session:
            await self._keep_dead(session, text, hashlib.sha256(body).hexdigest(), "no JSON")

    async def close(self) -> None:
        """Let the last answers out."""
        if self._answers:
            await asyncio.wait(self._answers, timeout=2.0)
        for task in list(self._answers):
            task.cancel()

    async def _keep(self, session: AsyncSession, raw: Any) -> tuple[bool, str | None]:
        try:
            envelope = open_envelope(raw, bot_name=self.bot_name)
            payload = storable(raw)
        except (MalformedUpdate, RecursionError) as error:
            LOGGER.warning("malformed update kept as dead: %s", type(error).__name__)
            text = _dump(raw)
            digest = hashlib.sha256(text.encode()).hexdigest()
            await self._keep_dead(session, text[:_KEPT_OF_MALFORMED], digest, str(error))
            return False, None
        if envelope is None:
            return False, None
        new = await inbox.receive(
            session,
            channel="telegram",
            external_id=envelope.external_id,
            chat_key=envelope.chat_key,
            payload=payload,
            now=self._clock(),
            not_before=self._clock() + ALBUM_WAIT if envelope.in_album else None,
        )
        return new, envelope.callback_id

    async def _keep_dead(self, session: AsyncSession, text: str, digest: str, because: str) -> None:
        await inbox.receive(
            session,
            channel="telegram",
            external_id=f"malformed:{digest[:40]}",
            chat_key="",
            payload={"malformed": text},
            now=self._clock(),
            dead_because=because,
        )

    async def _answer_quietly(self, callback_id: str) -> None:
        try:
            await self._answer(callback_id)
        except Exception as error:
            # "query is too old" and the like: the tap itself is in the inbox.
            LOGGER.info("callback not answered: %s", type(error).__name__)


def _dump(raw: Any) -> str:
    try:
        return json.dumps(raw, ensure_ascii=True, default=str)
    except RecursionError:
        return "nested too deeply"


def storable(value: Any) -> Any:
    """JSON that every database takes: texts without NUL and half surrogates."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {storable(k): storable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value
