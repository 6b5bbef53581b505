"""Who else is at a case right now, so that two people do not answer it at once.

await note_presence(session, case, user_id, writing=…, now=…) -> [Present]      the others
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import Case, CasePresence, User
from cases.storage.insert import insert_or_ignore

#: A page says so every fifteen seconds; one that was closed is forgotten after two of them.
AWAY_AFTER = timedelta(seconds=35)


@dataclass(frozen=True, slots=True)
class Present:
    """A colleague who has the case open; ``writing``: they have begun to fill something in."""

    name: str
    writing: bool


async def note_presence(
    session: AsyncSession, case: Case, user_id: int, *, writing: bool, now: datetime
) -> list[Present]:
    """Say that this person is here, and hear who else is."""
    key = {"case_id": case.id, "user_id": user_id}
    values = {"writing": writing, "seen_at": now}
    if not await insert_or_ignore(session, CasePresence, **key, **values):
        mine = (CasePresence.case_id == case.id) & (CasePresence.user_id == user_id)
        await session.execute(update(CasePresence).where(mine).values(**values))
    rows = await session.execute(
        select(User.name, CasePresence.writing)
        .join(User, User.id == CasePresence.user_id)
        .where(
            CasePresence.case_id == case.id,
            CasePresence.user_id != user_id,
            CasePresence.seen_at > now - AWAY_AFTER,
        )
        .order_by(CasePresence.seen_at.desc())
    )
    return [Present(name, writing) for name, writing in rows]
