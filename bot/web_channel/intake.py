"""A post of the page into log and inbox, in one transaction, before it is acknowledged."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.texts import load_texts
from bot.web_channel.channel import WebChannel
from bot.web_channel.submission import Submission
from cases import inbox
from cases.models import ChatMessage
from cases.storage.insert import insert_or_ignore
from cases.use_cases.contacts import upsert_contact


async def take_submission(
    channel: WebChannel, chat_key: str, submission: Submission, language: str
) -> tuple[bool, int]:
    """Keep it. Returns whether it is new and the id of its line in the log."""
    files = await submission.store_files(channel.data_dir)
    now = channel.clock()
    async with channel.database.transaction() as session:
        contact = await upsert_contact(
            session, channel=channel.name, chat_key=chat_key, language=language, now=now
        )
        new = await inbox.receive(
            session,
            channel=channel.name,
            external_id=f"{chat_key}:{submission.key}",
            chat_key=chat_key,
            payload=submission.to_payload(files, submission.key, language),
            now=now,
        )
        client_id = f"in:{submission.key}"
        await insert_or_ignore(
            session,
            ChatMessage,
            contact_id=contact.id,
            direction="in",
            text=_shown(submission, language),
            buttons=[],
            client_id=client_id,
            at=now,
        )
        line = await _line_id(session, contact.id, client_id)
    if new:
        channel.on_received()
        channel.listeners.wake(chat_key)
    return new, line


async def _line_id(session: AsyncSession, contact_id: int, client_id: str) -> int:
    found: int | None = await session.scalar(
        select(ChatMessage.id).where(
            ChatMessage.contact_id == contact_id, ChatMessage.client_id == client_id
        )
    )
    return found or 0


def _shown(submission: Submission, language: str) -> str:
    """How the citizen's own message looks in the log."""
    say = load_texts(language).say
    if submission.tap:
        return submission.label or say("chat.tapped")
    if submission.start and submission.is_silent:
        return say("chat.opened")
    parts = [submission.text]
    if submission.photo:
        parts.append(say("chat.photo_sent"))
    if submission.latitude is not None:
        parts.append(say("chat.location_sent"))
    return "\n".join(part for part in parts if part)
