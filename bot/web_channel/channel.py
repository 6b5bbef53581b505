"""The browser chat as a channel: sending is writing the log that the page shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channel import Limits, Outgoing
from bot.incoming import FileKind, Incoming, IncomingFile, Location
from bot.web_channel.chat_log import edit_line, find_contact
from bot.web_channel.listeners import Listeners
from cases.models import ChatMessage
from cases.storage.database import Database
from cases.storage.insert import insert_or_ignore
from cases.use_cases.contacts import upsert_contact


class WebChannel:
    """``on_received`` is called after each commit of something new."""

    name = "web"
    limits = Limits()

    def __init__(
        self,
        *,
        database: Database,
        data_dir: Path,
        clock: Callable[[], datetime],
        on_received: Callable[[], None],
    ) -> None:
        self.database = database
        self.data_dir = data_dir
        self.clock = clock
        self.on_received = on_received
        self.listeners = Listeners(database)

    def read(
        self, payload: dict[str, Any], *, chat_key: str, received_at: datetime
    ) -> Incoming | None:
        """See ``bot.channel.Channel``. The payload is ``submission.Submission.to_payload``."""
        place = payload.get("location")
        return Incoming(
            channel=self.name,
            chat_key=chat_key,
            at=received_at,
            message_key=str(payload.get("message_key", "")),
            text=str(payload.get("text", "")),
            tap=payload.get("tap") or None,
            files=tuple(
                IncomingFile(**{**file, "kind": FileKind(file["kind"])})
                for file in payload.get("files", ())
            ),
            location=Location(place["latitude"], place["longitude"]) if place else None,
            start=payload.get("start") or None,
            language=str(payload.get("language", "zh")),
        )

    def link_to(self, payload: str) -> str | None:
        """See ``bot.channel.Channel``: our own page, wherever the town serves it."""
        return f"/chat?start={payload}"

    async def fetch(self, file: IncomingFile) -> IncomingFile:
        """Uploads lie in the data folder already."""
        return file

    async def send(self, message: Outgoing) -> str | None:
        """Write it into the log, once however often it is sent, and wake the page."""
        look = {
            "text": message.text,
            "buttons": [[{"label": b.label, "data": b.data} for b in r] for r in message.buttons],
            "at": self.clock(),
        }
        key = f"outbox:{message.outbox_id}"
        async with self.database.transaction() as session:
            contact_id = message.contact_id or await self._contact_of(session, message.chat_key)
            if message.edits is not None:
                await edit_line(session, contact_id, int(message.edits), look, key)
                written: str | None = message.edits
            else:
                await insert_or_ignore(
                    session,
                    ChatMessage,
                    contact_id=contact_id,
                    direction="out",
                    attachment_id=message.file.attachment_id if message.file else None,
                    client_id=key,
                    **look,
                )
                written = str(
                    await session.scalar(
                        select(ChatMessage.id).where(
                            ChatMessage.contact_id == contact_id, ChatMessage.client_id == key
                        )
                    )
                )
        self.listeners.wake(message.chat_key)
        return written

    async def show_typing(self, chat_key: str) -> None:
        """See ``bot.channel.Channel``: to the pages that this process serves."""
        self.listeners.show_typing(chat_key)

    async def _contact_of(self, session: AsyncSession, chat_key: str) -> int:
        contact = await find_contact(session, chat_key)
        if contact is None:
            # Only "your data is deleted" goes to a chat that is no more.
            contact = await upsert_contact(
                session, channel=self.name, chat_key=chat_key, now=self.clock()
            )
        return contact.id
