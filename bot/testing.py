"""A channel in memory and a conversation to drive, shipped beside the real thing.

::

    async with talk(database, town) as chat:
        await chat.say("朝晖路桥头三盏路灯不亮")
        assert "已登记" in chat.last.text
        await chat.tap("类别不对")
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.channel import DeliveryError, Limits, Outgoing
from bot.incoming import FileKind, Incoming, IncomingFile, Location, Standing
from bot.service import BotService
from cases import inbox
from cases.classification import Classifier
from cases.storage.database import Database
from cases.testing import FrozenClock, KeywordClassifier
from cases.town import Town

#: A picture of one pixel and a page without words, for whoever sends files.
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
PDF = b"%PDF-1.4\n%%EOF\n"
_KEYS = count(1)


@dataclass
class MemoryChannel:
    """Collects what is sent, as it looks after its edits (``edited`` holds those one by one) and
    the chats that were shown typing. ``trouble`` holds errors to raise, one for each send to come;
    ``None`` in it lets one send through."""

    name: str = "memory"
    limits: Limits = field(default_factory=Limits)
    sent: list[Outgoing] = field(default_factory=list)
    edited: list[Outgoing] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    trouble: list[DeliveryError | None] = field(default_factory=list)

    def read(
        self, payload: dict[str, Any], *, chat_key: str, received_at: datetime
    ) -> Incoming | None:
        """The payload has the names of ``Incoming``'s fields."""
        plain = dict(payload)
        plain["files"] = tuple(
            IncomingFile(**{**f, "kind": FileKind(f["kind"])}) for f in plain.get("files", ())
        )
        if plain.get("location"):
            plain["location"] = Location(**plain["location"])
        if plain.get("standing"):
            plain["standing"] = Standing(plain["standing"])
        return Incoming(channel=self.name, chat_key=chat_key, at=received_at, **plain)

    async def fetch(self, file: IncomingFile) -> IncomingFile:
        """Nothing to fetch."""
        return file

    async def send(self, message: Outgoing) -> str | None:
        """Collect it, or raise the next trouble."""
        if message.edits is not None:
            self.edited.append(message)
            self.sent = [_as_edited(sent, message) for sent in self.sent]
            return message.edits
        error = self.trouble.pop(0) if self.trouble else None
        if error is not None:
            raise error
        self.sent.append(message)
        return _name_of(message)

    async def show_typing(self, chat_key: str) -> None:
        """Note it."""
        self.typed.append(chat_key)

    def link_to(self, payload: str) -> str | None:
        """A link that leads nowhere."""
        return f"https://chat.example/?start={payload}"


def _name_of(message: Outgoing) -> str:
    return f"out-{message.outbox_id}"


def _as_edited(sent: Outgoing, edit: Outgoing) -> Outgoing:
    if _name_of(sent) != edit.edits:
        return sent
    return replace(sent, text=edit.text, buttons=edit.buttons)


class Conversation:
    """One citizen in one chat of the memory channel."""

    def __init__(
        self,
        service: BotService,
        channel: MemoryChannel,
        database: Database,
        clock: Callable[[], datetime],
        chat_key: str = "1",
    ) -> None:
        self.service = service
        self.channel = channel
        self.database = database
        self.clock = clock
        self.chat_key = chat_key

    @property
    def replies(self) -> list[Outgoing]:
        """Everything this chat was sent, oldest first."""
        return [m for m in self.channel.sent if m.chat_key == self.chat_key]

    @property
    def last(self) -> Outgoing:
        """The newest message of this chat."""
        return self.replies[-1]

    @property
    def labels(self) -> list[str]:
        """The buttons under the newest message that has any."""
        return [b.label for row in self._prompt().buttons for b in row]

    async def say(self, text: str = "", **fields: Any) -> list[Outgoing]:
        """Send a message and return what came back. ``fields`` as in ``Incoming``."""
        return await self.send({"text": text, **fields})

    async def tap(self, label: str, on: Outgoing | None = None) -> list[Outgoing]:
        """Press a button by its label, under the newest message with buttons or ``on``."""
        message = on or self._prompt()
        pressed = {b.label: b.data for row in message.buttons for b in row}
        return await self.send({"tap": pressed[label]})

    async def send(self, payload: dict[str, Any], external_id: str | None = None) -> list[Outgoing]:
        """Put a raw payload into the inbox and let the bot work until it is done."""
        key = external_id or f"{self.chat_key}:{next(_KEYS)}"
        before = len(self.replies)
        async with self.database.transaction() as session:
            await inbox.receive(
                session,
                channel=self.channel.name,
                external_id=key,
                chat_key=self.chat_key,
                payload={"message_key": key, **payload},
                now=self.clock(),
            )
        await self.service.settle()
        return self.replies[before:]

    def _prompt(self) -> Outgoing:
        return next(m for m in reversed(self.replies) if m.buttons)


@asynccontextmanager
async def talk(
    database: Database,
    town: Town,
    *,
    clock: FrozenClock | None = None,
    classifier: Classifier | None = None,
    chat_key: str = "1",
) -> AsyncIterator[Conversation]:
    """A conversation over ``database``, without network, tasks or real time."""
    clock = clock or FrozenClock()
    channel = MemoryChannel()
    with TemporaryDirectory() as folder:
        service = BotService(
            database=database,
            classifier=classifier or KeywordClassifier(),
            town_provider=lambda: town,
            data_dir=Path(folder),
            channels=(channel,),
            clock=clock,
        )
        yield Conversation(service, channel, database, clock, chat_key)
        await service.stop()
