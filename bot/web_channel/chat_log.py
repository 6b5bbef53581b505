"""The conversation as the page shows it, read from and written to ``ChatMessage``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import ChatMessage, Contact

SHOWN = 100


@dataclass(frozen=True)
class LogLine:
    """One message. ``buttons`` are rows of {"label", "data"}."""

    id: int
    mine: bool
    text: str
    buttons: list[list[dict[str, str]]]
    client_id: str
    at: datetime

    def to_json(self) -> dict[str, Any]:
        """As the stream sends it."""
        return {
            "id": self.id,
            "mine": self.mine,
            "text": self.text,
            "buttons": self.buttons,
            "client_id": self.client_id if self.mine else "",
            "at": self.at.isoformat(),
        }


async def find_contact(session: AsyncSession, chat_key: str) -> Contact | None:
    """The contact behind a browser, once it has written."""
    contact: Contact | None = await session.scalar(
        select(Contact).where(Contact.channel == "web", Contact.chat_key == chat_key)
    )
    return contact


async def read_log(
    session: AsyncSession, contact_id: int, *, after: int = 0, limit: int = SHOWN
) -> list[LogLine]:
    """The newest ``limit`` messages after ``after``, oldest first."""
    rows: Sequence[ChatMessage] = (
        await session.scalars(
            select(ChatMessage)
            .where(ChatMessage.contact_id == contact_id, ChatMessage.id > after)
            .order_by(ChatMessage.id.desc())
            .limit(limit)
        )
    ).all()
    return [_line(row) for row in reversed(rows)]


def _line(row: ChatMessage) -> LogLine:
    return LogLine(
        id=row.id,
        mine=row.direction == "in",
        text=row.text,
        buttons=list(row.buttons or []),
        client_id=(row.client_id or "").removeprefix("in:").split(":")[0],
        at=row.at,
    )
