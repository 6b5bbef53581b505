"""Questions that nobody answered: after half an hour the words are filed as they are.

A citizen who was asked "what, where, when?" and put the phone away has still told us something.
The reminder goes through the inbox like a message, so it waits its turn in the chat, happens
once however many workers look, and is void when an answer came first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.dialogue.state import Step
from cases import inbox
from cases.models import Contact, Dialogue
from cases.storage.database import Database

UNANSWERED_AFTER = timedelta(minutes=30)
#: Older questions were left by a version or an outage that is not ours to repair.
_FORGOTTEN_AFTER = timedelta(days=7)
LOOK_EVERY = 60.0
_BATCH = 100
_HOLDING = (Step.ASKING_WHAT, Step.ASKING_WHOSE)


async def remind_of_unanswered(
    database: Database, *, channels: Sequence[str], clock: Callable[[], datetime]
) -> int:
    """Put a reminder into the inbox for each open question that holds words. Returns how many."""
    now = clock()
    async with database.reading() as session:
        rows = (
            await session.execute(
                select(Contact.channel, Contact.chat_key, Contact.id, Dialogue.state)
                .join(Dialogue, Dialogue.contact_id == Contact.id)
                .where(
                    Dialogue.updated_at < now - UNANSWERED_AFTER,
                    Dialogue.updated_at > now - _FORGOTTEN_AFTER,
                    Dialogue.state["step"].as_string().in_([step.value for step in _HOLDING]),
                    Contact.channel.in_(channels),
                )
                .limit(_BATCH)
            )
        ).all()
    if not rows:
        return 0
    reminded = 0
    async with database.transaction() as session:
        for channel, chat_key, contact_id, state in rows:
            stamp = int(state.get("stamp", 0))
            reminded += await inbox.receive(
                session,
                channel=channel,
                external_id=f"timeout:{contact_id}:{stamp}",
                chat_key=chat_key,
                payload={"timeout": stamp},
                now=now,
            )
    return reminded
