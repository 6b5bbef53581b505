"""The line to a caller: the contact of channel ``sms`` behind a case that no chat follows.

    is_caller_case(case, town) -> bool
    await open_line(session, case, town) -> Contact | None          when a call is filed
    await find_line(session, case, town) -> Contact | None          when there is news
    await leave_line(session, case, now)                            when a chat follows the case
    await why_silent(session, case, town) -> str                    where no message goes out

One mobile number is one contact, whoever of the family phones. A case is tied to it by its number
alone: ``cases.contact_id`` stays free for the chat that may follow the case, and from that moment
on the line is no longer asked.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.mobile import mobile_of
from cases.callers.texts import rules_of
from cases.models import CallBack, Case, Contact, OutboxMessage
from cases.storage.insert import insert_or_ignore
from cases.town import Town

SMS = "sms"
#: Nine random bytes: short enough for a text message, too many to try.
_TOKEN_BYTES = 9


def is_caller_case(case: Case, town: Town) -> bool:
    """Whether whoever phoned is to hear from us: not where a chat hears, nor who stays unknown."""
    return (
        case.contact_id is None
        and not case.anonymous
        and bool(case.caller_phone)
        and case.channel in rules_of(town).get("channels", ())
    )


async def open_line(session: AsyncSession, case: Case, town: Town) -> Contact | None:
    """The contact of the caller's mobile, made or reachable again: whoever phoned is reached by
    this number. ``None`` for a landline and where the town sends no text messages."""
    mobile = mobile_of(case.caller_phone)
    if mobile is None or not is_caller_case(case, town) or not rules_of(town).get("sms"):
        return None
    contact = await line_to(session, mobile, case.submitted_at)
    contact.seen_at = max(contact.seen_at, case.submitted_at)
    contact.reachable = True
    if case.link_token is None:
        case.link_token = secrets.token_urlsafe(_TOKEN_BYTES)
    await session.flush()
    return contact


async def line_to(session: AsyncSession, mobile: str, at: datetime) -> Contact:
    """The contact of a mobile, made where there is none."""
    await insert_or_ignore(
        session,
        Contact,
        channel=SMS,
        chat_key=mobile,
        language="zh",
        reachable=True,
        muted=False,
        created_at=at,
        seen_at=at,
    )
    contact = await _find(session, mobile)
    if contact is None:
        raise RuntimeError("contact vanished")
    return contact


async def find_line(session: AsyncSession, case: Case, town: Town) -> Contact | None:
    """The line that was opened for the case's caller, whether or not anything reaches it."""
    mobile = mobile_of(case.caller_phone)
    if mobile is None or not is_caller_case(case, town) or not rules_of(town).get("sms"):
        return None
    return await _find(session, mobile)


async def leave_line(session: AsyncSession, case: Case, now: datetime) -> None:
    """A chat follows the case from now on: what waited to be texted or told is told there."""
    await session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.channel == SMS,
            OutboxMessage.case_id == case.id,
            OutboxMessage.chat_key == case.caller_key,  # those who follow it are told as ever
            OutboxMessage.state == "queued",
        )
        .values(state="suppressed")
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(CallBack)
        .where(CallBack.case_id == case.id, CallBack.state == "waiting")
        .values(state="replaced", settled_at=now)
        .execution_options(synchronize_session=False)
    )


async def why_silent(session: AsyncSession, case: Case, town: Town) -> str:
    """Why no text message goes out: no_mobile, muted (退订), unreachable, or off (the town sends
    none, or sent none when the case was filed)."""
    line = await find_line(session, case, town)
    if line is not None:
        return "muted" if line.muted else "unreachable"
    return "off" if mobile_of(case.caller_phone) else "no_mobile"


async def _find(session: AsyncSession, mobile: str) -> Contact | None:
    contact: Contact | None = await session.scalar(
        select(Contact).where(Contact.channel == SMS, Contact.chat_key == mobile)
    )
    return contact
