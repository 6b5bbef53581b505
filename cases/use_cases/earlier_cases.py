"""A caller's earlier cases, by the number they phone from.

await find_earlier(session, phone, limit=…) -> EarlierCases(total, cases)     newest first

An equality on an index (``cases.caller_key``): as quick among a hundred thousand cases as among
ten. The key is the number in one spelling; hashing it would hide nothing, for the number stands
beside it in the same row. Anonymous cases are nobody's: they are not found.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import Case
from cases.personal_data import phone_key


@dataclass(frozen=True)
class EarlierCases:
    """``cases`` are the newest of ``total``."""

    total: int = 0
    cases: tuple[Case, ...] = ()


async def find_earlier(
    session: AsyncSession, phone: str | None, *, limit: int = 10
) -> EarlierCases | None:
    """``None``: no number that could be looked up."""
    key = phone_key(phone)
    if key is None:
        return None
    theirs = (Case.caller_key == key, Case.anonymous.is_(False))
    total = await session.scalar(select(func.count()).select_from(Case).where(*theirs)) or 0
    rows = await session.scalars(
        select(Case).where(*theirs).order_by(Case.submitted_at.desc(), Case.id.desc()).limit(limit)
    )
    return EarlierCases(total, tuple(rows))
