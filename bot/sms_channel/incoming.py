"""A citizen's text message: kept, understood, answered, in the transaction of the caller.

    await take_sms(session, external_id, mobile, text, town, now) -> bool     False: known already

The answer goes out through the outbox at once, also by night: whoever writes is awake. Words of
danger are answered with the emergency numbers, whatever else becomes of them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.words import is_danger
from cases import inbox, outbox
from cases.callers.hearing import hear_sms
from cases.callers.lines import SMS
from cases.callers.texts import write_answer
from cases.models import InboxMessage
from cases.town import Town
from cases.use_cases.contacts import upsert_contact


async def take_sms(
    session: AsyncSession, external_id: str, mobile: str, text: str, town: Town, now: datetime
) -> bool:
    """Everything that comes of one message; sent again it changes nothing."""
    new = await inbox.receive(
        session,
        channel=SMS,
        external_id=external_id,
        chat_key=mobile,
        payload={"text": text},
        now=now,
    )
    if not new:
        return False
    message_id = await session.scalar(
        select(InboxMessage.id).where(
            InboxMessage.channel == SMS, InboxMessage.external_id == external_id
        )
    )
    assert message_id is not None
    contact = await upsert_contact(session, channel=SMS, chat_key=mobile, now=now)
    heard = await hear_sms(session, contact, text, town, now)
    key = "danger" if is_danger(text) else heard.key
    await outbox.enqueue(
        session,
        channel=SMS,
        chat_key=mobile,
        contact_id=contact.id,
        case_id=heard.case.id if heard.case else None,
        kind="reply",
        payload={"text": write_answer(key, town, heard.case), "buttons": []},
        dedupe_key=f"inbox:{message_id}:0",
        now=now,
    )
    await inbox.finish(session, message_id, now)
    return True
