"""The record of errands: who may see it, what it holds, and its lines.

may_see(actor, errand)
await find_errand(session, number, actor) / papers_of(session, errand) / events_of
await list_errands(session, actor, …), count_states(session, actor)
await note_step(session, errand, …)          the next line; none is ever changed
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errands.steps import OPEN, ErrandState, ErrandStep
from cases.errors import CaseNotFound
from cases.lifecycle import Role
from cases.models import Errand, ErrandEvent, ErrandPaper

RUNNING_ROLES = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN, Role.GRID})
UNIT_ROLES = frozenset({Role.HANDLER, Role.HANDLER_HEAD})
SERVICE_CENTRE = "service_centre"
LOST = "没有查到这件代办，请核对编号。"


def may_see(actor: Actor, errand: Errand) -> bool:
    """Staff who run errands see all, units those they decide on, a citizen their own."""
    if actor.role is Role.CITIZEN:
        return actor.contact_id is not None and actor.contact_id == errand.contact_id
    if actor.role in UNIT_ROLES:
        return actor.unit_code in (SERVICE_CENTRE, errand.unit)
    return actor.role in RUNNING_ROLES


async def find_errand(session: AsyncSession, number: str, actor: Actor) -> Errand:
    """One errand. Raises ``CaseNotFound``, also for somebody else's."""
    errand = await session.scalar(select(Errand).where(Errand.number == number))
    if errand is None or not may_see(actor, errand):
        raise CaseNotFound(LOST)
    return errand


async def papers_of(session: AsyncSession, errand: Errand) -> list[ErrandPaper]:
    """The checklist, in its order."""
    return list(
        await session.scalars(
            select(ErrandPaper)
            .where(ErrandPaper.errand_id == errand.id)
            .order_by(ErrandPaper.position)
        )
    )


async def events_of(session: AsyncSession, errand: Errand) -> list[ErrandEvent]:
    """The record, oldest line first."""
    return list(
        await session.scalars(
            select(ErrandEvent).where(ErrandEvent.errand_id == errand.id).order_by(ErrandEvent.seq)
        )
    )


async def list_errands(
    session: AsyncSession, actor: Actor, *, state: str = "", runner: str = "", limit: int = 100
) -> list[Errand]:
    """What this person may see; open ones by their date, others newest first."""
    query = select(Errand)
    if state:
        query = query.where(Errand.state == state)
    if runner:
        query = query.where(Errand.runner_code == runner)
    if actor.role in UNIT_ROLES and actor.unit_code != SERVICE_CENTRE:
        query = query.where(Errand.unit == actor.unit_code)
    order = Errand.due_at.asc() if state in OPEN else Errand.id.desc()
    return list(await session.scalars(query.order_by(order, Errand.id).limit(limit)))


async def count_states(session: AsyncSession, actor: Actor) -> dict[str, int]:
    """State -> how many, every state named."""
    query = select(Errand.state, func.count()).group_by(Errand.state)
    if actor.role in UNIT_ROLES and actor.unit_code != SERVICE_CENTRE:
        query = query.where(Errand.unit == actor.unit_code)
    found = dict((await session.execute(query)).all())
    return {state.value: found.get(state.value, 0) for state in ErrandState}


async def note_step(
    session: AsyncSession,
    errand: Errand,
    step: ErrandStep,
    before: str | None,
    actor: Actor,
    record: dict[str, Any],
    now: datetime,
) -> None:
    """Write the next line. ``record`` must be plain JSON values."""
    last = await session.scalar(
        select(func.max(ErrandEvent.seq)).where(ErrandEvent.errand_id == errand.id)
    )
    session.add(
        ErrandEvent(
            errand_id=errand.id,
            seq=(last or 0) + 1,
            at=now,
            action=step.value,
            from_state=before,
            to_state=errand.state,
            actor_role=actor.role.value,
            actor_name=actor.name,
            data=record,
        )
    )
    await session.flush()
