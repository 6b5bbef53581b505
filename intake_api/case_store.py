"""Reading a case together with what belongs to it.

    await get_visible(session, number, actor) -> CaseFolder     CaseNotFound when not theirs
    await coop_units(session, case_ids) -> dict[id, tuple[str]]

A case that somebody may not see does not exist for them: 404, never 403, so numbers cannot be
tried out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.case_number import parse_number
from cases.errors import CaseNotFound
from cases.models import Case, CaseUnit
from intake_api.views import may_see


@dataclass(frozen=True, slots=True)
class CaseFolder:
    """A case and the units that cooperate in it."""

    case: Case
    coop_units: tuple[str, ...]


async def get_visible(session: AsyncSession, number: str, actor: Actor) -> CaseFolder:
    """The case, if ``actor`` may see it. Raises ``CaseNotFound``."""
    parsed = parse_number(number)
    if parsed is None:
        raise CaseNotFound()
    case = await session.scalar(select(Case).where(Case.number == parsed))
    if case is None:
        raise CaseNotFound()
    units = (await coop_units(session, [case.id]))[case.id]
    if not may_see(actor, case, units):
        raise CaseNotFound()
    return CaseFolder(case, units)


async def coop_units(
    session: AsyncSession, case_ids: Iterable[int]
) -> defaultdict[int, tuple[str, ...]]:
    """Units that still cooperate, by case."""
    found: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    rows = await session.execute(
        select(CaseUnit.case_id, CaseUnit.unit_code)
        .where(CaseUnit.case_id.in_(list(case_ids)), CaseUnit.released.is_(False))
        .order_by(CaseUnit.id)
    )
    for case_id, code in rows:
        found[case_id] = (*found[case_id], code)
    return found
