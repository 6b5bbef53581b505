"""Those who follow somebody else's case by phone: what their number was told of, and what not.

    FOLLOWS                                                 how the kind of a message to them begins
    await find_followed(session, mobile) -> Followed | None     what the number was last told of
    await find_unreached(session, case_id) -> {mobile}          to whom the newest news did not get

A follower may say what they think of the answer; the case, its rating and its tracking code are the
first reporter's.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.lines import SMS
from cases.callers.mobile import mobile_of
from cases.lifecycle import State
from cases.models import Case, CaseReporter, OutboxMessage

#: Held back, merged and kept for the morning like every notice, and yet no question to its reader.
FOLLOWS = "notice.follow."
_NOTICE = "notice."


@dataclass(frozen=True, slots=True)
class Followed:
    """``message_id``: the message that told it; ``case_id``: where the case is answered now;
    ``own``: the case under whose number the follower knows it."""

    message_id: int
    case_id: int
    reporter_id: int
    own: Case


async def find_followed(session: AsyncSession, mobile: str) -> Followed | None:
    """The newest of what this number was told of a case that is not its own."""
    told = (
        await session.execute(
            select(OutboxMessage.id, Case)
            .join(Case, Case.id == OutboxMessage.case_id)
            .where(
                OutboxMessage.channel == SMS,
                OutboxMessage.chat_key == mobile,
                OutboxMessage.kind.startswith(_NOTICE, autoescape=True),
                or_(Case.caller_key.is_(None), Case.caller_key != mobile),
            )
            .order_by(OutboxMessage.id.desc())
            .limit(1)
        )
    ).first()
    if told is None:
        return None
    message_id, case = told
    merged = case.state == State.MERGED.value
    head: int = (case.parent_id if merged else None) or case.id
    rows = await session.execute(
        select(CaseReporter, Case)
        .join(Case, Case.id == CaseReporter.case_id)
        .where(
            or_(Case.id == head, Case.parent_id == head),
            CaseReporter.contact_id.is_(None),
            CaseReporter.anonymous.is_(False),
        )
        .order_by(CaseReporter.id.desc())
    )
    for row, own in rows:
        if mobile_of(row.phone) == mobile:
            return Followed(message_id, head, row.id, own)
    return None


async def find_unreached(session: AsyncSession, case_id: int) -> set[str]:
    """The mobiles whose newest message about a case that they follow will never arrive."""
    rows = await session.execute(
        select(OutboxMessage.chat_key, OutboxMessage.state)
        .where(
            OutboxMessage.case_id == case_id,
            OutboxMessage.channel == SMS,
            OutboxMessage.kind.startswith(FOLLOWS, autoescape=True),
            OutboxMessage.state != "suppressed",
        )
        .order_by(OutboxMessage.id)
    )
    newest = {row.chat_key: row.state for row in rows}
    return {mobile for mobile, state in newest.items() if state == "dead"}
