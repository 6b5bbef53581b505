"""A call that an agent has read and not filed: kept, so that nothing is lost with the browser.

await keep_call(session, user_id, fields, now)
await find_kept(session, user_id, now) -> KeptCall | None      none older than a day
await drop_kept(session, user_id)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import KeptCall

#: A call is filed while its caller is on the line; what lies longer was given up.
KEPT_FOR = timedelta(days=1)


async def keep_call(
    session: AsyncSession, user_id: int, fields: Mapping[str, str], now: datetime
) -> None:
    """The newest one takes the place of the one before."""
    kept = await session.get(KeptCall, user_id)
    if kept is None:
        session.add(KeptCall(user_id=user_id, fields=dict(fields), kept_at=now))
    else:
        kept.fields, kept.kept_at = dict(fields), now


async def find_kept(session: AsyncSession, user_id: int, now: datetime) -> KeptCall | None:
    """What this person left unfinished, or nothing."""
    kept = await session.get(KeptCall, user_id)
    return kept if kept is not None and kept.kept_at > now - KEPT_FOR else None


async def drop_kept(session: AsyncSession, user_id: int) -> None:
    """It was filed, or thrown away."""
    await session.execute(delete(KeptCall).where(KeptCall.user_id == user_id))
