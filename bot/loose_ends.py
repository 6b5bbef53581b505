"""Questions that nobody answered: after half an hour the words are filed as they are, and what
we doubted to be a request at all is let go after a day, with a word.

A citizen who was asked "what, where, when?" and put the phone away has still told us something.
The reminder goes through the inbox like a message, so it waits its turn in the chat, happens
once however many workers look, and is void when an answer came first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from bot.dialogue.state import HOLDING, Step
from cases import inbox
from cases.models import Contact, Dialogue
from cases.storage.database import Database

UNANSWERED_AFTER = timedelta(minutes=30)
#: Older questions were left by a version or an outage that is not ours to repair.
_FORGOTTEN_AFTER = timedelta(days=7)
LOOK_EVERY = 60.0
_BATCH = 100
_DOUBTED = frozenset({Step.ASKING_FILE})


async def remind_of_unanswered(
    database: Database,
    *,
    channels: Sequence[str],
    clock: Callable[[], datetime],
    draft_hours: float = 24,
) -> int:
    """Put a reminder into the inbox for each open question that holds words. Returns how many."""
    now = clock()
    async with database.reading() as session:
        rows = (
            await session.execute(
                select(Contact.channel, Contact.chat_key, Contact.id, Dialogue.state)
                .join(Dialogue, Dialogue.contact_id == Contact.id)
                .where(
                    or_(
                        and_(
                            _asks(HOLDING - _DOUBTED), Dialogue.updated_at < now - UNANSWERED_AFTER
                        ),
                        and_(
                            _asks(_DOUBTED),
                            Dialogue.updated_at < now - timedelta(hours=draft_hours),
                        ),
                    ),
                    Dialogue.updated_at > now - _FORGOTTEN_AFTER,
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


def _asks(steps: frozenset[Step]) -> ColumnElement[bool]:
    asked: ColumnElement[bool] = Dialogue.state["step"].as_string().in_(sorted(steps))
    return asked
