"""The conversation as the page shows it, read from and written to ``ChatMessage``.

The log only grows, so that a stream can be resumed anywhere: a message that is edited gets its
new look and leaves a line of its own behind (``direction`` "edit") that tells open pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import Attachment, ChatMessage, Contact
from cases.staff_files import SHOWN_TYPES
from cases.storage.insert import insert_or_ignore

SHOWN = 100
EDIT = "edit"


@dataclass(frozen=True)
class LogFile:
    """A file beside a message; ``shown`` when a page may show it as a picture."""

    url: str
    name: str
    shown: bool


@dataclass(frozen=True)
class LogLine:
    """One message. ``buttons`` are rows of {"label", "data"}. With ``card`` it is no message but
    the new look of that one."""

    id: int
    mine: bool
    text: str
    buttons: list[list[dict[str, str]]]
    client_id: str
    at: datetime
    file: LogFile | None = None
    card: int | None = None

    @property
    def is_answer(self) -> bool:
        """Something new from our side."""
        return not self.mine and self.card is None

    def to_json(self) -> dict[str, Any]:
        """As the stream sends it."""
        return {
            "id": self.id if self.card is None else self.card,
            "mine": self.mine,
            "text": self.text,
            "buttons": self.buttons,
            "client_id": self.client_id if self.mine else "",
            "at": self.at.isoformat(),
            "file": asdict(self.file) if self.file else None,
        }


async def find_contact(session: AsyncSession, chat_key: str) -> Contact | None:
    """The contact behind a browser, once it has written."""
    contact: Contact | None = await session.scalar(
        select(Contact).where(Contact.channel == "web", Contact.chat_key == chat_key)
    )
    return contact


async def read_log(
    session: AsyncSession,
    contact_id: int,
    *,
    after: int = 0,
    limit: int = SHOWN,
    edits: bool = False,
) -> list[LogLine]:
    """The newest ``limit`` messages after ``after``, oldest first, as they look now; with
    ``edits`` also the lines that say which changed."""
    query = (
        select(ChatMessage, Attachment)
        .outerjoin(Attachment, Attachment.id == ChatMessage.attachment_id)
        .where(ChatMessage.contact_id == contact_id, ChatMessage.id > after)
    )
    if not edits:
        query = query.where(ChatMessage.direction != EDIT)
    rows = (await session.execute(query.order_by(ChatMessage.id.desc()).limit(limit))).all()
    return [_line(message, file) for message, file in reversed(rows)]


async def find_file(session: AsyncSession, chat_key: str, line: int) -> Attachment | None:
    """The file beside a message of this very chat; nobody else's is found."""
    found: Attachment | None = await session.scalar(
        select(Attachment)
        .join(ChatMessage, ChatMessage.attachment_id == Attachment.id)
        .join(Contact, Contact.id == ChatMessage.contact_id)
        .where(ChatMessage.id == line, Contact.channel == "web", Contact.chat_key == chat_key)
    )
    return found


async def edit_line(
    session: AsyncSession, contact_id: int, line: int, edit: Mapping[str, Any], key: str
) -> None:
    """Give a message of this chat its new text and buttons; ``key`` names the edit, so that it
    is told once. A message that is gone needs none."""
    card = await session.get(ChatMessage, line)
    if card is None or card.contact_id != contact_id:
        return
    card.text, card.buttons = edit["text"], edit["buttons"]
    await insert_or_ignore(
        session,
        ChatMessage,
        contact_id=contact_id,
        direction=EDIT,
        client_id=f"{EDIT}:{line}:{key}",
        **edit,
    )


def _line(row: ChatMessage, file: Attachment | None) -> LogLine:
    client_id = row.client_id or ""
    return LogLine(
        id=row.id,
        mine=row.direction == "in",
        text=row.text,
        buttons=list(row.buttons or []),
        client_id=client_id.removeprefix("in:").split(":")[0],
        at=row.at,
        file=_beside(row, file) if file is not None else None,
        card=int(client_id.split(":")[1]) if row.direction == EDIT else None,
    )


def _beside(row: ChatMessage, file: Attachment) -> LogFile:
    name = file.name or PurePosixPath(file.path or "").name
    return LogFile(f"/chat/files/{row.id}", name, file.mime in SHOWN_TYPES)
