"""Wakes the streams of a chat when its log grows, also when another process wrote it."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import func, select

from cases.models import ChatMessage, Contact
from cases.storage.database import Database

LOGGER = logging.getLogger(__name__)
LOOK_EVERY = 1.0


class Growth(asyncio.Event):
    """Set whenever the chat's log may have grown, or when somebody is ``typing`` there."""

    typing = False


class Listeners:
    """One look at the table a second for all streams together, and none without streams."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, set[Growth]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._newest = 0
        self.closed = False

    @asynccontextmanager
    async def listening(self, chat_key: str) -> AsyncIterator[Growth]:
        """An event that is set whenever there may be something new; clear it, then look."""
        event = Growth()
        self._waiting[chat_key].add(event)
        if self._task is None and not self.closed:
            self._task = asyncio.create_task(self._look(), name="bot-web-listeners")
        try:
            yield event
        finally:
            self._waiting[chat_key].discard(event)
            if not self._waiting[chat_key]:
                del self._waiting[chat_key]

    def wake(self, chat_key: str) -> None:
        """The chat's log grew here."""
        for event in self._waiting.get(chat_key, ()):
            event.set()

    def show_typing(self, chat_key: str) -> None:
        """An answer is being prepared here. Not kept: who looks later sees the answer."""
        for event in self._waiting.get(chat_key, ()):
            event.typing = True
            event.set()

    async def close(self) -> None:
        """End every stream."""
        self.closed = True
        for chat_key in list(self._waiting):
            self.wake(chat_key)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _look(self) -> None:
        while self._waiting and not self.closed:
            try:
                await self._wake_grown()
            except Exception as error:
                LOGGER.warning("chat log not read: %s", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY)
        self._task = None

    async def _wake_grown(self) -> None:
        async with self._database.reading() as session:
            newest = await session.scalar(select(func.max(ChatMessage.id))) or 0
            if newest <= self._newest:
                return
            grown = await session.scalars(
                select(Contact.chat_key)
                .join(ChatMessage, ChatMessage.contact_id == Contact.id)
                .where(ChatMessage.id > self._newest)
                .distinct()
            )
            keys = list(grown) if self._newest else list(self._waiting)
        self._newest = newest
        for chat_key in keys:
            self.wake(chat_key)
