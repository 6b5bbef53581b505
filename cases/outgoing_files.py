"""Files on their way to a citizen: one row of the outbox for each, behind the words.

enqueue_files(session, contact, files, …)      one message for each stored file
held_until(session, contact, case_id)          when the words about a case go out
take_back_files / put_behind(session, …)       files of news that is merged into newer news

One row is one message of the channel, so that a file which cannot be sent takes neither the words
nor another file with it. A row names what is stored (``cases.attachments``), never a path from
outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import outbox
from cases.models import Attachment, Contact, OutboxMessage

#: Not a notice: words that were overtaken are dropped, a file never is.
KIND = "file"


async def enqueue_files(
    session: AsyncSession,
    contact: Contact,
    files: Sequence[Attachment],
    captions: Sequence[str],
    *,
    dedupe_key: str,
    now: datetime,
    case_id: int | None = None,
    not_before: datetime | None = None,
) -> int:
    """Queue each stored file with its caption; returns how many there are. What has no ``path``
    is with another channel and cannot be sent."""
    count = 0
    for file, caption in zip(files, captions, strict=True):
        if file.path is None:
            continue
        count += await _enqueue(
            session,
            contact,
            {"text": caption, "buttons": [], "file": _describe(file)},
            dedupe_key=dedupe_key,
            now=now,
            case_id=case_id,
            not_before=not_before,
        )
    return count


async def held_until(session: AsyncSession, contact: Contact, case_id: int) -> datetime | None:
    """The moment the newest notice about a case that still waits will be sent; ``None`` where
    none waits."""
    moment: datetime | None = await session.scalar(
        select(OutboxMessage.not_before)
        .where(
            OutboxMessage.state == "queued",
            OutboxMessage.contact_id == contact.id,
            OutboxMessage.case_id == case_id,
            OutboxMessage.kind.startswith("notice.", autoescape=True),
        )
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    )
    return moment


async def take_back_files(
    session: AsyncSession, contact: Contact, case_id: int
) -> list[OutboxMessage]:
    """Files about a case that nobody tried to send yet."""
    return await outbox.take_back_held(
        session,
        channel=contact.channel,
        chat_key=contact.chat_key,
        case_id=case_id,
        kinds=KIND,
    )


async def put_behind(
    session: AsyncSession,
    contact: Contact,
    held: Sequence[OutboxMessage],
    *,
    dedupe_key: str,
    now: datetime,
    case_id: int,
    not_before: datetime | None,
) -> None:
    """Queue again what was taken back, behind the words that were written meanwhile."""
    for message in held:
        await _enqueue(
            session,
            contact,
            message.payload,
            dedupe_key=dedupe_key,
            now=now,
            case_id=case_id,
            not_before=not_before,
        )


async def _enqueue(
    session: AsyncSession,
    contact: Contact,
    payload: dict[str, Any],
    *,
    dedupe_key: str,
    now: datetime,
    case_id: int | None,
    not_before: datetime | None,
) -> bool:
    return await outbox.enqueue(
        session,
        channel=contact.channel,
        chat_key=contact.chat_key,
        contact_id=contact.id,
        case_id=case_id,
        kind=KIND,
        payload=payload,
        dedupe_key=f"{dedupe_key}:file:{payload['file']['attachment_id']}",
        now=now,
        not_before=not_before,
    )


def _describe(file: Attachment) -> dict[str, Any]:
    return {
        "attachment_id": file.id,
        "kind": file.kind,
        "path": file.path,
        "name": file.name,
        "mime": file.mime,
    }
