"""Run an errand from the request to two signatures; every step leaves a line that stays.

    await request_errand(session, …) -> Errand
    await step_errand(session, number, step, data, …) -> Errand

Raises what ``cases.errors`` holds; the sentences are for the person at the desk or the citizen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.case_number import new_number
from cases.errands.catalogue import ErrandItemRow, RunnerRow, applicant_type
from cases.errands.notices import tell_applicant
from cases.errands.steps import ErrandState, ErrandStep, check_step
from cases.errors import CaseNotFound, PermissionDenied, VersionConflict
from cases.lifecycle import Role
from cases.models import Contact, Errand, ErrandPaper
from cases.town import Town
from cases.use_cases.errand_effects import EFFECTS, Doing
from cases.use_cases.errand_records import LOST, may_see, note_step

_TAKE_DAYS = 1
_DRAWS = 20


async def request_errand(
    session: AsyncSession,
    *,
    contact: Contact,
    text: str,
    item: ErrandItemRow,
    runner: RunnerRow,
    area: str | None,
    town: Town,
    now: datetime,
) -> Errand:
    """帮我代办: the record is opened with its checklist, its runner and its dates."""
    errand = Errand(
        number=await _draw_number(session, town, now),
        version=1,
        state=ErrandState.REQUESTED,
        contact_id=contact.id,
        channel=contact.channel,
        text=text[:2000],
        item_code=item.code,
        item_name=item.name,
        level=item.level,
        unit=item.unit,
        area=area,
        grid=runner.grid,
        applicant_type=applicant_type(text),
        runner_code=runner.code,
        runner_name=runner.name,
        requested_at=now,
        take_due_at=town.calendar.add_days(now, _TAKE_DAYS),
        due_at=town.calendar.add_days(now, _TAKE_DAYS + item.days),
        updated_at=now,
    )
    session.add(errand)
    await session.flush()
    for position, name in enumerate(item.materials, start=1):
        session.add(ErrandPaper(errand_id=errand.id, position=position, name=name))
    record = {"item": item.name, "runner": runner.name, "area": area}
    await note_step(
        session, errand, ErrandStep.REQUEST, None, Actor.citizen(contact.id), record, now
    )
    return errand


async def step_errand(
    session: AsyncSession,
    number: str,
    step: ErrandStep,
    data: dict[str, Any],
    *,
    actor: Actor,
    town: Town,
    now: datetime,
    expected_version: int | None = None,
) -> Errand:
    """Take one step. The citizen acts on their own errand only, staff on those of their unit."""
    errand = await session.scalar(select(Errand).where(Errand.number == number).with_for_update())
    if errand is None or not may_see(actor, errand):
        raise CaseNotFound(LOST)
    if expected_version is not None and errand.version != expected_version:
        raise VersionConflict("这件代办刚刚被别人更新过，请刷新后再操作。")
    edge = check_step(step, ErrandState(errand.state))
    # A citizen signs and withdraws; what the runner signs is the runner's.
    signs = step in (ErrandStep.CONFIRM, ErrandStep.OBJECT)
    if (actor.role is Role.CITIZEN and not edge.by_citizen) or (
        signs and actor.role is not Role.CITIZEN
    ):
        raise PermissionDenied("这一步要由另一方来做。")
    doing = Doing(session, errand, data, actor, town, now, target=edge.target)
    before = errand.state
    await EFFECTS[step](doing)
    errand.state = doing.target or errand.state
    errand.version += 1
    errand.updated_at = now
    await note_step(session, errand, step, before, actor, doing.record, now)
    if actor.role is not Role.CITIZEN:
        await tell_applicant(session, errand, step, doing.record, town=town, now=now)
    return errand


async def _draw_number(session: AsyncSession, town: Town, now: datetime) -> str:
    day = now.astimezone(town.calendar.zone).date()
    for _ in range(_DRAWS):
        number = f"ZP{new_number(day)}"
        if await session.scalar(select(Errand.id).where(Errand.number == number)) is None:
            return number
    raise RuntimeError("no free errand number after many draws")
