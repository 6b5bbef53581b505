"""What a caller's text message means, and what comes of it.

    await hear_sms(session, contact, text, town, now) -> Heard      .key of ``sms.toml`` [answers]

A digit rates the case that was last said to be closed, "没解决" reopens it, "退订" ends the text
messages, "恢复" begins them again. Every other word is kept with the caller's newest case, for a
person to read. All that holds for a case of their own: whoever follows somebody else's gives a word
of their own on it, and hears no tracking code. A case of their own that was merged is answered by
another one, whose rating is its first reporter's: there the word is kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cases.actors import Actor
from cases.callers.followers import Followed, find_followed
from cases.callers.lines import SMS
from cases.callers.texts import read_words, rules_of
from cases.errors import CaseError
from cases.lifecycle import Action, State
from cases.models import Case, Contact, OutboxMessage
from cases.town import Town
from cases.use_cases.act import perform
from cases.use_cases.amendments import amend_case, ask_for_person
from cases.use_cases.merging import answering_case
from cases.use_cases.reporters import record_merged_word, record_word

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
    case, answering = await _hold(session, case)
    if answering is not case:
        return await _hear_merged(session, case, answering, meaning, text, town, now)
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
    # A follower may want the call; this one hears what their own answer leads to.
    waits_already = case.wants_person
    await perform(session, case, action, data, actor=actor, town=town, now=now, notify=False)
    if case.state == State.EVALUATED:
        called = case.wants_person and not (waits_already and _SOLVED.get(meaning) == "yes")
        return Heard("person" if called else "rated", case)
    return Heard("reopened", case)


async def _pass_on(
    session: AsyncSession, contact: Contact, text: str, town: Town, now: datetime
) -> Heard:
    case = await _newest(session, contact, town)
    if case is None:
        return Heard("nothing")
    case, answering = await _hold(session, case)
    if answering is not case:
        return await _hear_merged(session, case, answering, "", text, town, now)
    return await _leave(session, case, text, town, now)


async def _leave(session: AsyncSession, case: Case, text: str, town: Town, now: datetime) -> Heard:
    """The words with the case, and the case on top of the desk."""
    actor = Actor.tracker(case.number)
    called = await _add_words(session, case, _said(text), actor, town, now)
    return Heard("person" if called else "noted", case)


async def _hear_merged(
    session: AsyncSession,
    own: Case,
    answering: Case,
    meaning: str,
    text: str,
    town: Town,
    now: datetime,
) -> Heard:
    """What is said of the answer stands beside the first reporter's rating, which it does not
    touch; everything else is more about the matter. Both where it is handled and read."""
    solved = _SOLVED.get(meaning)
    if solved is None:
        said = f"编号 {own.number} 的诉求人{_said(text)}"
        called = await _add_words(session, answering, said, Actor.bot(), town, now)
        return Heard("person" if called else "noted", own)
    await record_merged_word(
        session, answering, own.number, solved, _said(text), actor=Actor.bot(), now=now
    )
    return Heard("person" if solved == "no" else "noted", own)


async def _add_words(
    session: AsyncSession, case: Case, words: str, actor: Actor, town: Town, now: datetime
) -> bool:
    """``True`` where the case was closed, so that a person has to take it up."""
    await amend_case(session, case, actor=actor, town=town, now=now, text=words, notify=False)
    if case.state not in _CLOSED:
        return False
    await ask_for_person(session, case, now=now)
    return True


def _said(text: str) -> str:
    return f"短信回复：{text.strip()[:_LONGEST_WORDS]}"


async def _hold(session: AsyncSession, case: Case) -> tuple[Case, Case]:
    """The case as it stands now and the one that answers for it, of which only that one is held:
    whoever merges or splits them needs it too."""
    held = await session.get_one(
        Case,
        (case.parent_id if case.state == State.MERGED else None) or case.id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )
    now = await session.get_one(Case, case.id, populate_existing=True)
    if (await answering_case(session, now)).id != held.id:
        return await _hold(session, now)  # merged or split while we waited
    return now, held


async def _hear_follower(
    session: AsyncSession, followed: Followed, meaning: str, text: str, now: datetime
) -> Heard:
    """Beside the first reporter's rating, which it does not touch."""
    case = await session.get_one(
        Case, followed.case_id, with_for_update={"key_share": True}, populate_existing=True
    )
    await record_word(
        session,
        case,
        followed.reporter_id,
        _SOLVED.get(meaning),
        _said(text),
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
    answering = aliased(Case)
    merged = and_(Case.state == State.MERGED.value, answering.id == Case.parent_id)
    asked = _own(
        contact,
        OutboxMessage.kind.in_(_ASKS),
        OutboxMessage.state.in_(("leased", "sent", "uncertain")),
        func.coalesce(answering.state, Case.state).in_(_CLOSED),
    )
    case: Case | None = await session.scalar(asked.outerjoin(answering, merged))
    return case


async def _newest(session: AsyncSession, contact: Contact, town: Town) -> Case | None:
    """The case of their own that this number was last told of."""
    case: Case | None = await session.scalar(_own(contact, *_newest_rules(town)))
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
