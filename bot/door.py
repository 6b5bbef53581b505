"""Who is let in: not a flood, nobody who is blocked, nobody who talks to a person just now.

A cry for help is always let in or answered, whoever it comes from.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.dialogue import Reply
from bot.flood import FloodGate, Verdict
from bot.handover import describe, hand_to_person, is_for_person
from bot.incoming import Incoming
from bot.replies import enqueue_reply
from bot.texts import Texts, load_texts
from bot.words import is_danger
from cases.models import Contact, InboxMessage
from cases.town import Town
from cases.use_cases.chats import is_served, note_said
from cases.use_cases.contacts import upsert_contact


def judge_pace(gate: FloodGate, incoming: Incoming) -> Verdict:
    """Whether this message is one too many in its chat."""
    if incoming.timeout is not None or is_danger(incoming.text):
        return Verdict.TAKE
    chat = f"{incoming.channel}:{incoming.chat_key}"
    return gate.judge(chat, incoming.at.timestamp(), incoming.album)


async def turn_away(
    session: AsyncSession, message: InboxMessage, incoming: Incoming, now: datetime, *, warn: bool
) -> None:
    """Too many at once: one warning, then silence and a count that the desk sees."""
    contact = await upsert_contact(
        session,
        channel=message.channel,
        chat_key=message.chat_key,
        language=incoming.language,
        now=now,
    )
    contact.dropped += 1
    if warn and not contact.blocked:
        reply = Reply(load_texts(contact.language).say("flood.warn"))
        await enqueue_reply(session, contact, reply, f"inbox:{message.id}:flood", now)


async def let_in(
    session: AsyncSession,
    message: InboxMessage,
    contact: Contact,
    incoming: Incoming,
    town: Town,
    now: datetime,
) -> bool:
    """Whether the dialogue is to answer; ``False``: what there was to do is done."""
    texts = load_texts(contact.language)
    said: str | None = None
    if contact.blocked:
        contact.dropped += 1
        said = texts.say("receipt.danger") if is_danger(incoming.text) else None
    elif is_for_person(incoming, contact, town, now):
        said = await hand_to_person(session, contact, incoming, texts, now)
    else:
        speaks = incoming.tap is None and incoming.timeout is None
        if contact.waits_since is not None and speaks:
            await note_said(session, contact, describe(incoming, texts), now)
        if contact.served_by is not None and not is_served(contact, town, now):
            await _leave_served(session, contact, texts, message, now)
        return True
    if said is not None:
        await enqueue_reply(session, contact, Reply(said), f"inbox:{message.id}:danger", now)
    return False


async def _leave_served(
    session: AsyncSession, contact: Contact, texts: Texts, message: InboxMessage, now: datetime
) -> None:
    """The person has been silent for too long: the bot takes over and says so."""
    contact.served_by = contact.served_at = None
    reply = Reply(texts.say("human.gone"))
    await enqueue_reply(session, contact, reply, f"inbox:{message.id}:gone", now)
