"""来电人的姓名、电话: shown in full to whoever needs them, and the history says to whom and why.

    await reveal_caller(session, number, why, actor=…, now=…)      writes the line, also with each
                                                                    case merged into this one
    was_revealed(history, actor, now) -> bool                       this person asked a moment ago

Who may is for the caller to check (``intake_api.views.may_reveal``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseNotFound, MissingData
from cases.history import append_history
from cases.lifecycle import State
from cases.models import Case, HistoryEntry

#: The line in the history; no step of the lifecycle, and nothing the citizen is told.
REVEALED = "reveal"
FIELDS = ("caller_name", "caller_phone", "text")
#: How long they stay on the page of whoever asked.
STAYS = timedelta(minutes=30)
_LONGEST_WHY = 100


async def reveal_caller(
    session: AsyncSession, number: str, why: str, *, actor: Actor, now: datetime
) -> None:
    """The people of merged cases are shown with the main one: their histories say so too. Raises
    ``CaseNotFound``; ``MissingData`` without a reason."""
    why = " ".join(why.split())[:_LONGEST_WHY]
    if not why:
        raise MissingData("请选择为什么要看完整的姓名和电话。", missing=["reason"])
    for case in await _lock_members(session, number):
        await append_history(
            session,
            case,
            action=REVEALED,
            from_state=case.state,
            actor=actor,
            data={"fields": list(FIELDS), "reason": why},
            citizen_text=None,
            now=now,
        )


async def _lock_members(session: AsyncSession, number: str) -> list[Case]:
    """The case and what was merged into it, in the order in which merging locks them. Whoever is
    at the case may still write of the others."""
    head = select(Case.id).where(Case.number == number).scalar_subquery()
    merged = and_(Case.parent_id == head, Case.state == State.MERGED.value)
    members = await session.scalars(
        select(Case)
        .where(or_(Case.number == number, merged))
        .order_by(Case.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = list(members)
    if not found:
        raise CaseNotFound()
    return found


def was_revealed(history: Iterable[HistoryEntry], actor: Actor, now: datetime) -> bool:
    """Whether this very person asked a short while ago."""
    return any(
        entry.action == REVEALED
        and entry.actor_name == actor.name
        and entry.actor_role == actor.role.value
        and now - entry.at <= STAYS
        for entry in history
    )
