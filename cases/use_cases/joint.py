"""联办: what the units that cooperate (配合) owe the one that leads.

    await coop_reply(step)              the effect of a cooperating unit's reply
    await settle_joint(step)            the lead unit replies: everybody did, or is released now
    await drop_coop(session, case, unit)    the unit that leads from now on cooperates no more
    await ask_coop_again(step)          a new round: each replies anew

A cooperating unit's reply is for the lead unit, which answers the citizen for all of them.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import CaseNotFound, RuleBroken
from cases.models import Case, CaseUnit
from cases.use_cases.step import Step

JOINT = "joint"


async def coop_reply(step: Step) -> None:
    """配合单位答复: kept with the case; a second one stands beside the first. Raises
    ``RuleBroken`` for the lead unit and for one that need not reply any more."""
    if step.actor.unit_code == step.case.lead_unit:
        raise RuleBroken("本单位是主办单位，请用“答复”。")
    row = await step.session.scalar(
        select(CaseUnit).where(
            CaseUnit.case_id == step.case.id, CaseUnit.unit_code == step.actor.unit_code
        )
    )
    if row is None:
        raise CaseNotFound()
    if row.released:
        raise RuleBroken("主办单位已确认，本单位不必再答复。")
    step.text("text")
    row.replied_at = step.now


async def settle_joint(step: Step) -> None:
    """Release whom the lead unit names (``released_units``); raises ``RuleBroken`` while another
    has not replied."""
    waiting = await _waiting(step)
    if "released_units" in step.data:
        named = step.units("released_units")
        for row in waiting:
            row.released = row.unit_code in named
        waiting = [row for row in waiting if not row.released]
    if step.case.mode != JOINT or not waiting:
        return
    names = "、".join(step.town.unit_name(row.unit_code) for row in waiting)
    raise RuleBroken(f"联办单位“{names}”还没有答复。不必再等的，请在答复时勾选为不再等候。")


async def _waiting(step: Step) -> list[CaseUnit]:
    return list(
        await step.session.scalars(
            select(CaseUnit)
            .where(
                CaseUnit.case_id == step.case.id,
                CaseUnit.replied_at.is_(None),
                CaseUnit.released.is_(False),
            )
            .order_by(CaseUnit.id)
        )
    )


async def drop_coop(session: AsyncSession, case: Case, unit: str) -> None:
    """Whoever leads is waited for as the lead."""
    await session.execute(
        delete(CaseUnit).where(CaseUnit.case_id == case.id, CaseUnit.unit_code == unit)
    )


async def ask_coop_again(step: Step) -> None:
    """What they said did not settle it; who was released stays so."""
    await step.session.execute(
        update(CaseUnit).where(CaseUnit.case_id == step.case.id).values(replied_at=None)
    )
