"""The contact behind a chat: made on the first message, moved and lost with the chat.

await upsert_contact(session, *, channel, chat_key, now, …) -> Contact
await mark_unreachable(session, channel, chat_key)
await move_chat(session, channel, old_key, new_key)
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import Contact, OutboxMessage
from cases.storage.insert import insert_or_ignore


async def upsert_contact(
    session: AsyncSession,
    *,
    channel: str,
    chat_key: str,
    now: datetime,
    user_key: str | None = None,
    display_name: str | None = None,
    language: str = "zh",
) -> Contact:
    """The contact behind a chat, made on the first message. Whoever writes is reachable."""
    await insert_or_ignore(
        session,
        Contact,
        channel=channel,
        chat_key=chat_key,
        user_key=user_key,
        display_name=display_name,
        language=language,
        reachable=True,
        muted=False,
        created_at=now,
        seen_at=now,
    )
    contact = await session.scalar(
        select(Contact).where(Contact.channel == channel, Contact.chat_key == chat_key)
    )
    if contact is None:
        raise RuntimeError("contact vanished")
    contact.seen_at = now
    contact.reachable = True
    if display_name:
        contact.display_name = display_name[:64]
    await session.flush()
    return contact


async def mark_unreachable(session: AsyncSession, channel: str, chat_key: str) -> None:
    """The channel said that this chat takes no messages any more: staff see it on the case,
    and nothing more is tried until the citizen writes again."""
    await session.execute(
        update(Contact)
        .where(Contact.channel == channel, Contact.chat_key == chat_key)
        .values(reachable=False)
    )
    await session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.channel == channel,
            OutboxMessage.chat_key == chat_key,
            OutboxMessage.state == "queued",
        )
        .values(state="dead", error="unreachable")
    )


async def move_chat(session: AsyncSession, channel: str, old_key: str, new_key: str) -> None:
    """The channel gave a chat another id; contact and messages go with it. Where somebody wrote
    under the new id already it has a contact, and the old one stays behind, unreachable."""
    taken = await session.scalar(
        select(Contact.id).where(Contact.channel == channel, Contact.chat_key == new_key)
    )
    await session.execute(
        update(Contact)
        .where(Contact.channel == channel, Contact.chat_key == old_key)
        .values(**({"chat_key": new_key} if taken is None else {"reachable": False}))
    )
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.channel == channel, OutboxMessage.chat_key == old_key)
        .values(chat_key=new_key)
    )
