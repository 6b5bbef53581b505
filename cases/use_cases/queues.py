"""The desk's lists: what waits, what is late, what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from cases.case_number import parse_number
from cases.lifecycle import FINAL_STATES, HANDLING_STATES, OPEN_STATES, State
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
_QUEUE_STATES = {
    "unaccepted": (State.SUBMITTED, State.NEED_INFO),
    "undispatched": (State.ACCEPTED,),
    "returned": (State.RETURN_REQUESTED,),
    "review": (State.REPLIED, State.EXTENSION_REQUESTED),
    "mine": tuple(HANDLING_STATES),
}
#: Where a clock runs; a paused case is never late.
_RUNNING = OPEN_STATES - {State.SUSPENDED, State.NEED_INFO}
#: Nobody can do anything about a case that is over.
_WAITS_FOR_A_PERSON = and_(
    Case.wants_person == true(), Case.state.not_in([s.value for s in FINAL_STATES])
)


@dataclass(frozen=True)
class CaseFilter:
    """What to list. ``None`` means: any. ``unit`` is a lead or cooperating unit. ``shown_as``: the
    words of a case as the reader sees them, for ``cases.use_cases.search``."""

    queue: str | None = None
    state: str | None = None
    platform: str | None = None
    category: str | None = None
    unit: str | None = None
    overdue: bool | None = None
    text: str | None = None
    urgency: str | None = None
    channel: str | None = None
    shown_as: Callable[[Case], Iterable[str]] | None = None


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Late by the clock of its step or of its handling; a paused case is not."""
    return and_(
        Case.state.in_([s.value for s in _RUNNING]),
        or_(Case.step_due_at < now, Case.due_at < now),
    )


def queue_condition(queue: str, now: datetime) -> ColumnElement[bool]:
    """The condition behind a named queue. Raises ``KeyError`` for another name."""
    if queue in _QUEUE_STATES:
        return Case.state.in_([s.value for s in _QUEUE_STATES[queue]])
    conditions: dict[str, ColumnElement[bool]] = {
        "overdue": is_overdue(now),
        "wants_person": _WAITS_FOR_A_PERSON,
        "all": Case.id > 0,
    }
    return conditions[queue]


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
    query = _of_unit(query, wanted.unit)
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
    from_id: int | None = None,
    urgent_first: bool = False,
) -> list[Case]:
    """Newest first, or with ``urgent_first`` by urgency and deadline (no paging then).

    ``before_id`` is the id of the last case of the page before, ``from_id`` the oldest to look at;
    at most 200 rows.
    """
    query = _apply(select(Case.id), wanted, now)
    if from_id is not None:
        query = query.where(Case.id >= from_id)
    if before_id is not None:
        query = query.where(Case.id < before_id)
    order: list[Any] = [Case.id.desc()]
    if urgent_first:
        rank = case({"critical": 0, "urgent": 1}, value=Case.urgency, else_=2)
        order = [rank, func.coalesce(Case.step_due_at, Case.due_at, Case.submitted_at), Case.id]
    # Sorted in the index first: of a thousand late cases only those shown are read.
    shown = query.order_by(*order).limit(min(max(limit, 1), MOST_ROWS)).scalar_subquery()
    return list(await session.scalars(select(Case).where(Case.id.in_(shown)).order_by(*order)))


async def count_queues(
    session: AsyncSession, *, now: datetime, unit: str | None = None
) -> dict[str, int]:
    """How many cases wait in each queue. Only open ones are looked at, in their index: a town that
    has a hundred thousand closed ones does not wait for them."""
    late = case((or_(Case.step_due_at < now, Case.due_at < now), 1), else_=0)
    waiting: Any = (
        select(Case.state, func.count(), func.sum(late))
        .where(Case.state.in_([s.value for s in OPEN_STATES]))
        .group_by(Case.state)
    )
    wanting = select(func.count()).select_from(Case).where(_WAITS_FOR_A_PERSON)
    everything = select(func.count()).select_from(Case)
    of_state: dict[str, tuple[int, int]] = {}
    for row in (await session.execute(_of_unit(waiting, unit))).all():
        of_state[row[0]] = (int(row[1]), int(row[2]))
    counts = {
        name: sum(of_state.get(s.value, (0, 0))[0] for s in states)
        for name, states in _QUEUE_STATES.items()
    }
    counts["overdue"] = sum(of_state.get(s.value, (0, 0))[1] for s in _RUNNING)
    counts["wants_person"] = await session.scalar(_of_unit(wanting, unit)) or 0
    counts["all"] = await session.scalar(_of_unit(everything, unit)) or 0
    return counts


def _of_unit(query: Select[Any], unit: str | None) -> Select[Any]:
    """Only the cases that a unit leads or still cooperates in."""
    if not unit:
        return query
    coop = select(CaseUnit.case_id).where(CaseUnit.unit_code == unit, CaseUnit.released.is_(False))
    return query.where(or_(Case.lead_unit == unit, Case.id.in_(coop)))
