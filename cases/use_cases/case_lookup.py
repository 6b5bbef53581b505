"""A case, for whoever has a right to it: its contact, or who knows number and tracking code.

    await cases_of_contact(session, contact_id, *, limit=5, offset=0) -> [Case]
    await find_case(session, number) -> Case                            anybody's
    await find_own_case(session, number, contact_id) -> Case
    await find_tracked_case(session, number, tracking_code) -> Case

The ``find_`` ones raise ``CaseNotFound``; somebody else's case is like one that never was.
"""

from __future__ import annotations

import hmac

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.case_number import parse_number, parse_tracking_code
from cases.errors import CaseNotFound
from cases.models import Case


async def cases_of_contact(
    session: AsyncSession, contact_id: int, *, limit: int = 5, offset: int = 0
) -> list[Case]:
    """The contact's own cases, newest first."""
    return list(
        await session.scalars(
            select(Case)
            .where(Case.contact_id == contact_id)
            .order_by(Case.id.desc())
            .limit(limit)
            .offset(offset)
        )
    )


async def find_case(session: AsyncSession, number: str) -> Case:
    """Any case by its number, however it was typed. Raises ``CaseNotFound``."""
    parsed = parse_number(number)
    case = await session.scalar(select(Case).where(Case.number == parsed)) if parsed else None
    if case is None:
        raise CaseNotFound()
    return case


async def find_own_case(session: AsyncSession, number: str, contact_id: int) -> Case:
    """A contact's own case. Somebody else's is ``CaseNotFound`` like one that never was."""
    case = await find_case(session, number)
    if case.contact_id != contact_id:
        raise CaseNotFound()
    return case


async def find_tracked_case(session: AsyncSession, number: str, tracking_code: str) -> Case:
    """A case by number and tracking code; a wrong pair says nothing about either."""
    code = parse_tracking_code(tracking_code)
    case = await find_case(session, number)
    if code is None or not hmac.compare_digest(case.tracking_code.encode(), code.encode()):
        raise CaseNotFound()
    return case
