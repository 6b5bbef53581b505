"""The desk's lists: what waits, what is late, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.case_number import parse_number
from cases.lifecycle import HANDLING_STATES, OPEN_STATES, State
from cases.models import Case, CaseUnit

QUEUES = (
    "unaccepted",
    "undispatched",
    "overdue",
    "returned",
    "review",
    "wants_person",
    "all",
)
MOST_ROWS = 200


@dataclass(frozen=True)
class CaseFilter:
    """What to list. ``None`` means: any. ``unit`` is a lead or cooperating unit."""

    queue: str | None = None
    state: str | None = None
    platform: str | None = None
    category: str | None = None
    unit: str | None = None
    overdue: bool | None = None
    text: str | None = None
    urgency: str | None = None
    channel: str | None = None


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Late by the clock of its step or of its handling; a paused case is not."""
    return and_(
        Case.state.in_([s.value for s in OPEN_STATES - {State.SUSPENDED, State.NEED_INFO}]),
        or_(Case.step_due_at < now, Case.due_at < now),
    )


def queue_condition(queue: str, now: datetime) -> ColumnElement[bool]:
    """The condition behind a named queue. Raises ``KeyError`` for another name."""
    conditions: dict[str, Any] = {
        "unaccepted": Case.state.in_([State.SUBMITTED.value, State.NEED_INFO.value]),
        "undispatched": Case.state == State.ACCEPTED.value,
        "overdue": is_overdue(now),
        "returned": Case.state == State.RETURN_REQUESTED.value,
        "review": Case.state.in_([State.REPLIED.value, State.EXTENSION_REQUESTED.value]),
        "wants_person": Case.wants_person.is_(True),
        "mine": Case.state.in_([s.value for s in HANDLING_STATES]),
        "all": Case.id > 0,
    }
    condition: ColumnElement[bool] = conditions[queue]
    return condition


def _apply(query: Select[Any], wanted: CaseFilter, now: datetime) -> Select[Any]:
    if wanted.queue:
        query = query.where(queue_condition(wanted.queue, now))
    for column, value in (
        (Case.state, wanted.state),
        (Case.platform, wanted.platform),
        (Case.category, wanted.category),
        (Case.urgency, wanted.urgency),
        (Case.channel, wanted.channel),
    ):
        if value:
            query = query.where(column == value)
    if wanted.unit:
        coop = select(CaseUnit.case_id).where(CaseUnit.unit_code == wanted.unit)
        query = query.where(or_(Case.lead_unit == wanted.unit, Case.id.in_(coop)))
    if wanted.overdue is not None:
        query = query.where(is_overdue(now) if wanted.overdue else ~is_overdue(now))
    if wanted.text:
        number = parse_number(wanted.text)
        escaped = wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = f"%{escaped}%"
        query = query.where(
            Case.number == number
            if number
            else or_(
                Case.text.like(like, escape="\\"),
                Case.place_text.like(like, escape="\\"),
            )
        )
    return query


async def list_cases(
    session: AsyncSession,
    wanted: CaseFilter,
    *,
    now: datetime,
    limit: int = 50,
    before_id: int | None = None,
    urgent_first: bool = False,
) -> list[Case]:
    """Newest first, or with ``urgent_first`` by urgency and deadline (no paging then).

    ``before_id`` is the id of the last case of the page before; at most 200 rows.
    """
    query = _apply(select(Case), wanted, now)
    if before_id is not None:
        query = query.where(Case.id < before_id)
    if urgent_first:
        rank = case({"critical": 0, "urgent": 1}, value=Case.urgency, else_=2)
        due = func.coalesce(Case.step_due_at, Case.due_at, Case.submitted_at)
        query = query.order_by(rank, due, Case.id)
    else:
        query = query.order_by(Case.id.desc())
    return list(await session.scalars(query.limit(min(max(limit, 1), MOST_ROWS))))


async def count_queues(
    session: AsyncSession, *, now: datetime, unit: str | None = None
) -> dict[str, int]:
    """How many cases wait in each queue, in one pass over the table."""
    names = [*QUEUES, "mine"]
    query = select(
        *(
            func.coalesce(func.sum(case((queue_condition(name, now), 1), else_=0)), 0).label(name)
            for name in names
        )
    )
    if unit:
        coop = select(CaseUnit.case_id).where(CaseUnit.unit_code == unit)
        query = query.where(or_(Case.lead_unit == unit, Case.id.in_(coop)))
    row = (await session.execute(query)).one()
    return {name: int(value) for name, value in zip(names, row, strict=True)}
