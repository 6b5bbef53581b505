"""Looking for words in cases, newest first, as far as their reader is shown those words.

    await search_cases(session, wanted, now=…, limit=…, before_id=…) -> Found
    await list_with_words(session, wanted, …) -> [Case]

A search that finds what its answer covers would say whose number it is. So each case that the
database finds is asked once more, in the words that the reader sees (``CaseFilter.shown_as``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.case_number import parse_number
from cases.models import Case
from cases.use_cases.queues import CaseFilter, list_cases

SEARCHED_AT_ONCE = 10_000


@dataclass(frozen=True)
class Found:
    """A page of a search. ``goes_on``: the number from which older cases are to be looked at;
    ``since``: how far back this page has looked."""

    cases: list[Case]
    goes_on: str | None = None
    since: datetime | None = None


async def search_cases(
    session: AsyncSession,
    wanted: CaseFilter,
    *,
    now: datetime,
    limit: int = 50,
    before_id: int | None = None,
) -> Found:
    """Look for words in the newest cases, newest first, and say how far back it looked.

    No index knows words of one or two characters in every database; a bounded piece at a time
    answers at once however many cases there are. A number is looked up wherever it is.
    """
    if wanted.text and parse_number(wanted.text):
        return Found(await list_cases(session, wanted, now=now, limit=limit))
    last = before_id or (await session.scalar(select(func.max(Case.id))) or 0) + 1
    first = max(last - SEARCHED_AT_ONCE, 1)
    found = await list_with_words(
        session, wanted, now=now, limit=limit, before_id=last, from_id=first
    )
    if len(found) == limit:
        return Found(found, found[-1].number)
    oldest = await session.scalar(select(Case).where(Case.id >= first).order_by(Case.id).limit(1))
    if oldest is None or first == 1:
        return Found(found)
    return Found(found, oldest.number, oldest.submitted_at)


async def list_with_words(
    session: AsyncSession,
    wanted: CaseFilter,
    *,
    now: datetime,
    limit: int = 50,
    before_id: int | None = None,
    from_id: int | None = None,
) -> list[Case]:
    """Like ``list_cases``, newest first, without those in which the reader sees no such words."""
    found: list[Case] = []
    while len(found) < limit:
        batch = await list_cases(
            session, wanted, now=now, limit=limit, before_id=before_id, from_id=from_id
        )
        found += [case for case in batch if _is_seen(case, wanted)]
        if len(batch) < limit:
            break
        before_id = batch[-1].id
    return found[:limit]


def _is_seen(case: Case, wanted: CaseFilter) -> bool:
    if not wanted.text or wanted.shown_as is None or parse_number(wanted.text):
        return True
    looked_for = wanted.text.casefold()
    return any(looked_for in words.casefold() for words in wanted.shown_as(case))
