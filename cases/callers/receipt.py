"""A call was filed: the line to its caller is open, and the receipt goes out by text message.

    await welcome_caller(session, case, town, now, receipt=True) -> bool

What a chat reads as the bot's answer, a caller gets as the first notice: number, tracking code and,
where the case is on its way already, who has it and until when.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.lines import open_line
from cases.callers.texts import rules_of
from cases.models import Case
from cases.notifications import notify_contact
from cases.town import Town

RECEIPT = "receipt"


async def welcome_caller(
    session: AsyncSession, case: Case, town: Town, now: datetime, *, receipt: bool = True
) -> bool:
    """Open the line and queue the receipt. ``False``: nobody to tell, or nobody who expects it: a
    call of long ago that is entered now gets the news that are still to come."""
    if await open_line(session, case, town) is None:
        return False
    within = timedelta(hours=rules_of(town).get("receipt_within_hours", 0))
    if not receipt or now - case.submitted_at > within:
        return False
    return await notify_contact(
        session,
        case,
        kind=f"notice.{RECEIPT}",
        text=RECEIPT,
        dedupe_key=f"case:{case.id}:receipt",
        now=now,
        town=town,
    )
