"""A caller who wants to be forgotten: through the chat that followed their case.

    await forget_caller(session, contact_id) -> None

The calls they made, the messages to their mobile and the call-backs go with them. A line that other
cases of the same number still need stays: they may be somebody else's.
"""

from __future__ import annotations

import secrets

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.lines import SMS
from cases.callers.mobile import mobile_of
from cases.callers.transcripts import drop_transcripts
from cases.models import CallBack, Case, CaseReporter, Contact, InboxMessage, OutboxMessage


async def forget_caller(session: AsyncSession, contact_id: int) -> None:
    """Called before the cases lose their contact: by it they are found."""
    cases = list(await session.scalars(select(Case).where(Case.contact_id == contact_id)))
    ids = [case.id for case in cases]
    await drop_transcripts(session, ids)
    await session.execute(delete(CallBack).where(CallBack.case_id.in_(ids)))
    mobiles = {mobile for case in cases if (mobile := mobile_of(case.caller_phone))}
    for mobile in mobiles:
        await _scrub_messages(
            session, OutboxMessage.chat_key == mobile, OutboxMessage.case_id.in_(ids)
        )
        if not await _is_needed(session, mobile, ids):
            await _cut_line(session, mobile)
    await session.flush()


async def _scrub_messages(session: AsyncSession, *which: ColumnElement[bool]) -> None:
    """Words and number go; what still waited is not sent any more."""
    shell = f"forgotten:{secrets.token_hex(12)}"
    mine = (OutboxMessage.channel == SMS, *which)
    waiting = update(OutboxMessage).where(*mine, OutboxMessage.state == "queued")
    await session.execute(
        waiting.values(state="suppressed").execution_options(synchronize_session=False)
    )
    gone = update(OutboxMessage).where(*mine)
    await session.execute(
        gone.values(
            payload={"text": ""}, chat_key=shell, external_id=None, contact_id=None
        ).execution_options(synchronize_session=False)
    )


async def _is_needed(session: AsyncSession, mobile: str, case_ids: list[int]) -> bool:
    """Whether another case, or somebody who follows one, has this number."""
    other = await session.scalar(
        select(Case.id).where(Case.caller_key == mobile, Case.id.not_in(case_ids)).limit(1)
    )
    phones = await session.scalars(
        select(CaseReporter.phone).where(CaseReporter.phone.endswith(mobile[-4:]))
    )
    return other is not None or any(mobile_of(phone) == mobile for phone in phones)


async def _cut_line(session: AsyncSession, mobile: str) -> None:
    await _scrub_messages(session, OutboxMessage.chat_key == mobile)
    await session.execute(
        update(Contact)
        .where(Contact.channel == SMS, Contact.chat_key == mobile)
        .values(chat_key=f"forgotten:{secrets.token_hex(12)}", reachable=False)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        delete(InboxMessage).where(InboxMessage.channel == SMS, InboxMessage.chat_key == mobile)
    )
