"""Questions and errands of somebody who wants to be forgotten.

    await forget_services(session, contact_id, now)

What was asked is counted on without its words; an errand's record stays without the person, and
one still under way is called off, for nobody can be told of it any more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errands.steps import OPEN, ErrandState, ErrandStep
from cases.models import Consultation, Errand
from cases.use_cases.errand_records import note_step

_BECAUSE = "申请人要求删除个人数据"


async def forget_services(session: AsyncSession, contact_id: int, now: datetime) -> None:
    """Cut every tie between the person and what was asked or run for them."""
    await session.execute(
        update(Consultation)
        .where(Consultation.contact_id == contact_id)
        .values(contact_id=None, text="", tag={})
    )
    for errand in await session.scalars(select(Errand).where(Errand.contact_id == contact_id)):
        if errand.state in OPEN or errand.state == ErrandState.DELIVERED:
            await _call_off(session, errand, now)
        errand.contact_id = None
        errand.applicant_name = errand.applicant_phone = None
        errand.text = ""
    await session.flush()


async def _call_off(session: AsyncSession, errand: Errand, now: datetime) -> None:
    before, errand.state = errand.state, ErrandState.CANCELLED.value
    errand.updated_at = now
    errand.version += 1
    record = {"reason": _BECAUSE}
    await note_step(session, errand, ErrandStep.CANCEL, before, Actor.bot(), record, now)
