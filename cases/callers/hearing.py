"""What a caller's text message means, and what comes of it.

    await hear_sms(session, contact, text, town, now) -> Heard      .key of ``sms.toml`` [answers]

A digit rates the case that was last said to be closed, "没解决" reopens it, "退订" ends the text
messages, "恢复" begins them again. Every other word is kept with the caller's newest case, for a
person to read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.callers.lines import SMS
from cases.callers.texts import read_words, rules_of
from cases.errors import CaseError
from cases.lifecycle import Action, State
from cases.models import Case, Contact, OutboxMessage
from cases.town import Town
from cases.use_cases.act import perform
from cases.use_cases.citizen import amend_case, ask_for_person

_CLOSED = (State.CLOSED.value, State.EVALUATED.value)
_ASKS = ("notice.close", "notice.rate_reminder")
_LONGEST_WORDS = 1000


@dataclass(frozen=True)
class Heard:
    """The key of the answer, and the case that it is about."""

    key: str
    case: Case | None = None


async def hear_sms(
    session: AsyncSession, contact: Contact, text: str, town: Town, now: datetime
) -> Heard:
    """Do what the message says. A refusal of the rules becomes an answer, never an error."""
    contact.seen_at = max(contact.seen_at, now)
    meaning = read_words(text)
    if meaning in ("stop", "resume"):
        contact.muted = meaning == "stop"
        return Heard("stopped" if contact.muted else "resumed")
    if meaning:
        case = await _asked_about(session, contact)
        if case is None:
            return await _pass_on(session, contact, text, town, now)
        try:
            async with session.begin_nested():
                return await _judge(session, case, meaning, town, now)
        except CaseError:
            return await _leave(session, case, text, town, now)
    return await _pass_on(session, contact, text, town, now)


async def _judge(
    session: AsyncSession, case: Case, meaning: str, town: Town, now: datetime
) -> Heard:
    action, data = Action.REOPEN, {"reason": "诉求人短信回复没有解决"}
    if meaning.isdigit():
        action, data = Action.RATE, {"satisfaction": meaning}
    actor = Actor.tracker(case.number)
    await perform(session, case, action, data, actor=actor, town=town, now=now, notify=False)
    if case.state == State.EVALUATED:
        return Heard("person" if case.wants_person else "rated", case)
    return Heard("reopened", case)


async def _pass_on(
    session: AsyncSession, contact: Contact, text: str, town: Town, now: datetime
) -> Heard:
    case = await _newest(session, contact, town)
    if case is None:
        return Heard("nothing")
    return await _leave(session, case, text, town, now)


async def _leave(session: AsyncSession, case: Case, text: str, town: Town, now: datetime) -> Heard:
    """The words with the case, and the case on top of the desk."""
    await amend_case(
        session,
        case,
        actor=Actor.tracker(case.number),
        town=town,
        now=now,
        text=f"短信回复：{text.strip()[:_LONGEST_WORDS]}",
        notify=False,
    )
    if case.state in _CLOSED:
        await ask_for_person(session, case, now=now)
        return Heard("person", case)
    return Heard("noted", case)


async def _asked_about(session: AsyncSession, contact: Contact) -> Case | None:
    """The case of the newest question for a rating that went out to this number."""
    case: Case | None = await session.scalar(
        select(Case)
        .join(OutboxMessage, OutboxMessage.case_id == Case.id)
        .where(
            OutboxMessage.channel == SMS,
            OutboxMessage.chat_key == contact.chat_key,
            OutboxMessage.kind.in_(_ASKS),
            OutboxMessage.state.in_(("leased", "sent", "uncertain")),
            Case.state.in_(_CLOSED),
            Case.contact_id.is_(None),
        )
        .order_by(OutboxMessage.id.desc())
        .limit(1)
        .with_for_update(of=Case)
    )
    return case


async def _newest(session: AsyncSession, contact: Contact, town: Town) -> Case | None:
    """The case that this number was last told of."""
    case: Case | None = await session.scalar(
        select(Case)
        .join(OutboxMessage, OutboxMessage.case_id == Case.id)
        .where(
            OutboxMessage.channel == SMS,
            OutboxMessage.chat_key == contact.chat_key,
            Case.contact_id.is_(None),
            Case.channel.in_(rules_of(town).get("channels", ())),
        )
        .order_by(OutboxMessage.id.desc())
        .limit(1)
        .with_for_update(of=Case)
    )
    return case
