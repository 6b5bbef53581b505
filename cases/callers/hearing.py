"""What a caller's text message means, and what comes of it.

    await hear_sms(session, contact, text, town, now) -> Heard      .key of ``sms.toml`` [answers]

A digit rates the case that was last said to be closed, "没解决" reopens it, "退订" ends the text
messages, "恢复" begins them again. Every other word is kept with the caller's newest case, for a
person to read. All that holds for a case of their own: whoever follows somebody else's gives a word
of their own on it, and hears no tracking code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.callers.followers import Followed, find_followed
from cases.callers.lines import SMS
from cases.callers.texts import read_words, rules_of
from cases.errors import CaseError
from cases.lifecycle import Action, State
from cases.models import Case, Contact, OutboxMessage
from cases.town import Town
from cases.use_cases.act import perform
from cases.use_cases.citizen import amend_case, ask_for_person
from cases.use_cases.reporters import record_word

_CLOSED = (State.CLOSED.value, State.EVALUATED.value)
_ASKS = ("notice.close", "notice.rate_reminder")
_LONGEST_WORDS = 1000
#: What a follower's answer says of the matter, in the words of the desk.
_SOLVED = {"5": "yes", "4": "yes", "3": "partly", "2": "no", "1": "no", "unsolved": "no"}


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
    followed = await _followed_last(session, contact, town)
    case = None
    if meaning.isdigit() or (meaning and followed is None):
        case = await _asked_about(session, contact)
    if case is None and followed is not None:
        return await _hear_follower(session, followed, meaning, text, now)
    if case is None:
        return await _pass_on(session, contact, text, town, now)
    try:
        async with session.begin_nested():
            return await _judge(session, case, meaning, town, now)
    except CaseError:
        return await _leave(session, case, text, town, now)


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


async def _hear_follower(
    session: AsyncSession, followed: Followed, meaning: str, text: str, now: datetime
) -> Heard:
    """Beside the first reporter's rating, which it does not touch."""
    case = await session.get_one(
        Case, followed.case_id, with_for_update=True, populate_existing=True
    )
    await record_word(
        session,
        case,
        followed.reporter_id,
        _SOLVED.get(meaning),
        f"短信回复：{text.strip()[:_LONGEST_WORDS]}",
        actor=Actor.bot(),
        now=now,
    )
    if not meaning and case.state in _CLOSED:
        await ask_for_person(session, case, now=now)
    return Heard("follower", followed.own)


async def _followed_last(session: AsyncSession, contact: Contact, town: Town) -> Followed | None:
    """The case of somebody else, if that is what this number was told of last."""
    followed = await find_followed(session, contact.chat_key)
    if followed is None:
        return None
    own = _own(contact, *_newest_rules(town)).with_only_columns(OutboxMessage.id)
    message_id = await session.scalar(own)
    return followed if message_id is None or message_id < followed.message_id else None


async def _asked_about(session: AsyncSession, contact: Contact) -> Case | None:
    """The case of the newest question for a rating that went out to this number."""
    asked = _own(
        contact,
        OutboxMessage.kind.in_(_ASKS),
        OutboxMessage.state.in_(("leased", "sent", "uncertain")),
        Case.state.in_(_CLOSED),
    )
    case: Case | None = await session.scalar(asked.with_for_update(of=Case))
    return case


async def _newest(session: AsyncSession, contact: Contact, town: Town) -> Case | None:
    """The case of their own that this number was last told of."""
    newest = _own(contact, *_newest_rules(town))
    case: Case | None = await session.scalar(newest.with_for_update(of=Case))
    return case


def _newest_rules(town: Town) -> tuple[ColumnElement[bool], ...]:
    return (Case.channel.in_(rules_of(town).get("channels", ())),)


def _own(contact: Contact, *rules: ColumnElement[bool]) -> Select[Any]:
    """Whoever only follows a case is told of it too: it must have been reported by this number."""
    return (
        select(Case)
        .join(OutboxMessage, OutboxMessage.case_id == Case.id)
        .where(
            OutboxMessage.channel == SMS,
            OutboxMessage.chat_key == contact.chat_key,
            Case.caller_key == contact.chat_key,
            Case.contact_id.is_(None),
            *rules,
        )
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    )
