"""Calls that an agent has read and not filed: kept, so that nothing is lost with the browser.

await keep_call(session, user_id, read_id, fields, now)
await find_kept(session, user_id, now, read_id=None) -> KeptCall | None    that one, or the newest
await list_kept(session, user_id, now) -> [KeptCall]                       the newest first
await drop_kept(session, user_id, read_id)

``read_id`` is that of the page: two tabs keep two calls. None is older than a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import KeptCall
from cases.storage.insert import insert_or_ignore

#: A call is filed while its caller is on the line; what lies longer was given up.
KEPT_FOR = timedelta(days=1)
#: So many for one person; with one more the oldest goes.
MOST_KEPT = 5
_LONGEST_ID = 32


async def keep_call(
    session: AsyncSession, user_id: int, read_id: str, fields: Mapping[str, str], now: datetime
) -> None:
    """What is sent again for a page takes the place of what was kept for it."""
    read_id, values = read_id[:_LONGEST_ID], {"fields": dict(fields), "kept_at": now}
    if await insert_or_ignore(session, KeptCall, user_id=user_id, read_id=read_id, **values):
        await _drop_oldest(session, user_id, read_id)
    else:
        await session.execute(update(KeptCall).where(_is(user_id, read_id)).values(**values))


async def find_kept(
    session: AsyncSession, user_id: int, now: datetime, read_id: str | None = None
) -> KeptCall | None:
    """What this person left unfinished, or nothing."""
    for kept in await list_kept(session, user_id, now):
        if read_id is None or kept.read_id == read_id[:_LONGEST_ID]:
            return kept
    return None


async def list_kept(session: AsyncSession, user_id: int, now: datetime) -> list[KeptCall]:
    """Everything this person left unfinished."""
    found = await session.scalars(
        select(KeptCall)
        .where(KeptCall.user_id == user_id, KeptCall.kept_at > now - KEPT_FOR)
        .order_by(KeptCall.kept_at.desc(), KeptCall.read_id)
        .limit(MOST_KEPT)
    )
    return list(found)


async def drop_kept(session: AsyncSession, user_id: int, read_id: str) -> None:
    """It was filed, or thrown away."""
    await session.execute(delete(KeptCall).where(_is(user_id, read_id[:_LONGEST_ID])))


async def _drop_oldest(session: AsyncSession, user_id: int, newest: str) -> None:
    older = await session.scalars(
        select(KeptCall.read_id)
        .where(KeptCall.user_id == user_id, KeptCall.read_id != newest)
        .order_by(KeptCall.kept_at.desc(), KeptCall.read_id)
        .offset(MOST_KEPT - 1)
    )
    for read_id in sorted(older):
        await session.execute(delete(KeptCall).where(_is(user_id, read_id)))


def _is(user_id: int, read_id: str) -> ColumnElement[bool]:
    return and_(KeptCall.user_id == user_id, KeptCall.read_id == read_id)
