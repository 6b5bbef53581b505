"""An answer of the dialogue as a row of the outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cards import edit_cards
from bot.dialogue import Reply
from cases import outbox
from cases.models import Contact


async def enqueue_reply(
    session: AsyncSession,
    contact: Contact,
    reply: Reply,
    dedupe_key: str,
    now: datetime,
    *,
    address: str | None = None,
) -> None:
    """An answer of the dialogue as an outbox row. ``address`` differs from the contact's when
    that was just deleted: the row then forgets it once it is sent. Cards that the answer spends
    are edited behind it."""
    forgotten = address is not None and address != contact.chat_key
    await outbox.enqueue(
        session,
        channel=contact.channel,
        chat_key=address or contact.chat_key,
        contact_id=None if forgotten else contact.id,
        case_id=reply.case_id,
        kind="reply",
        payload={
            "text": reply.text,
            "buttons": [[{"label": b.label, "data": b.data} for b in row] for row in reply.buttons],
            "one_shot": bool(reply.buttons),
            **({"forget": contact.chat_key} if forgotten else {}),
        },
        dedupe_key=dedupe_key,
        now=now,
    )
    if reply.spent is not None and not forgotten:
        await edit_cards(session, contact, reply.spent, dedupe_key, now)
