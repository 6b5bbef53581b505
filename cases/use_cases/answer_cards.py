"""Staff keep the answer cards: write, retire, look what became of them.

await save_card(session, card, …) -> AnswerCardRow         a new version; the old one stays
await set_active(session, code, active=…, …)               停用, or bring back
await list_cards(session, text="", unit="") -> rows        retired ones last
await read_revisions(session, code) -> rows, newest first
await count_uses(session, since) -> {code: CardUse}
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.answers.card import AnswerCard, card_values, check_card
from cases.errors import CaseNotFound, InvalidData, PermissionDenied, VersionConflict
from cases.lifecycle import Role
from cases.models import AnswerCardRevision, AnswerCardRow, Consultation

#: Who writes any card; the head of a unit writes those of the unit.
EDITORS = frozenset({Role.DISPATCHER, Role.ADMIN})
_GONE = "没有这张答复卡，可能已被删掉，请回到列表。"
_MOVED_ON = "这张卡刚刚被别人改过。您填的还在下面，请对照新内容再保存。"


@dataclass(frozen=True)
class CardUse:
    """How often a card was given, and what came of it; the rest said nothing."""

    given: int = 0
    solved: int = 0
    filed: int = 0


def may_edit(actor: Actor, unit: str) -> bool:
    """Whether this person may write cards of that unit."""
    if actor.role in EDITORS:
        return True
    return actor.role is Role.HANDLER_HEAD and bool(unit) and actor.unit_code == unit


async def save_card(
    session: AsyncSession,
    card: AnswerCard,
    *,
    actor: Actor,
    units: Container[str],
    categories: Container[str],
    now: datetime,
    expected_version: int,
) -> AnswerCardRow:
    """Write a new version. ``expected_version`` 0 makes a new card.

    Raises ``InvalidData``, ``PermissionDenied``, ``CaseNotFound``, ``VersionConflict``.
    """
    row = await _lock(session, card.code)
    if row is None and expected_version:
        raise CaseNotFound(_GONE)
    if row is not None and not expected_version:
        raise InvalidData(f"卡号 {card.code} 已经有了，请换一个。", field="code")
    for unit in {card.unit, row.unit if row else card.unit}:
        if not may_edit(actor, unit):
            raise PermissionDenied("您不能修改这个单位的答复卡。")
    if row is not None and row.version != expected_version:
        raise VersionConflict(_MOVED_ON)
    check_card(card, units, categories)
    card = replace(card, version=expected_version + 1)
    if row is None:
        row = AnswerCardRow(code=card.code, active=True)
        session.add(row)
    return await _write(session, row, card_values(card), actor, now, active=row.active)


async def set_active(
    session: AsyncSession,
    code: str,
    *,
    active: bool,
    actor: Actor,
    now: datetime,
    expected_version: int,
) -> AnswerCardRow:
    """停用 or bring back; a version of its own. Raises as ``save_card``."""
    row = await _lock(session, code)
    if row is None:
        raise CaseNotFound(_GONE)
    if not may_edit(actor, row.unit):
        raise PermissionDenied("您不能修改这个单位的答复卡。")
    if row.version != expected_version:
        raise VersionConflict(_MOVED_ON)
    values = {**row.content, "version": row.version + 1}
    return await _write(session, row, values, actor, now, active=active)


async def get_card_row(session: AsyncSession, code: str) -> AnswerCardRow:
    """One card. Raises ``CaseNotFound``."""
    row = await session.get(AnswerCardRow, code)
    if row is None:
        raise CaseNotFound(_GONE)
    return row


async def list_cards(session: AsyncSession, text: str = "", unit: str = "") -> list[AnswerCardRow]:
    """Cards whose number or title holds ``text``, of one unit if named."""
    query = select(AnswerCardRow).order_by(AnswerCardRow.active.desc(), AnswerCardRow.code)
    if unit:
        query = query.where(AnswerCardRow.unit == unit)
    rows = list(await session.scalars(query))
    return [row for row in rows if _mentions(row, text)]


async def read_revisions(session: AsyncSession, code: str) -> list[AnswerCardRevision]:
    """Every version, newest first."""
    return list(
        await session.scalars(
            select(AnswerCardRevision)
            .where(AnswerCardRevision.code == code)
            .order_by(AnswerCardRevision.version.desc())
        )
    )


async def count_uses(session: AsyncSession, since: datetime) -> dict[str, CardUse]:
    """What became of the cards given since then."""
    rows = await session.execute(
        select(
            Consultation.card_code,
            func.count(),
            func.count().filter(Consultation.state == "solved"),
            func.count().filter(Consultation.state == "filed"),
        )
        .where(Consultation.at >= since, Consultation.card_code.is_not(None))
        .group_by(Consultation.card_code)
    )
    return {code: CardUse(given, solved, filed) for code, given, solved, filed in rows if code}


async def list_unsolved(
    session: AsyncSession, code: str, since: datetime, limit: int = 10
) -> list[Consultation]:
    """The latest questions a card did not settle, for whoever improves it."""
    return list(
        await session.scalars(
            select(Consultation)
            .where(
                Consultation.at >= since,
                Consultation.state == "filed",
                Consultation.card_code == code,
            )
            .order_by(Consultation.id.desc())
            .limit(limit)
        )
    )


async def _lock(session: AsyncSession, code: str) -> AnswerCardRow | None:
    return await session.scalar(
        select(AnswerCardRow).where(AnswerCardRow.code == code).with_for_update()
    )


async def _write(
    session: AsyncSession,
    row: AnswerCardRow,
    values: dict[str, object],
    actor: Actor,
    now: datetime,
    *,
    active: bool,
) -> AnswerCardRow:
    row.title, row.category = str(values["title"]), str(values["category"])
    row.unit, row.content = str(values["unit"]), dict(values)
    row.version = int(str(values["version"]))
    row.active, row.updated_at, row.updated_by = active, now, actor.name
    session.add(
        AnswerCardRevision(
            code=row.code,
            version=row.version,
            content=dict(values),
            active=active,
            at=now,
            actor_role=actor.role.value,
            actor_name=actor.name,
        )
    )
    await session.flush()
    return row


def _mentions(row: AnswerCardRow, text: str) -> bool:
    wanted = text.strip().lower()
    content = row.content
    held = [row.code, row.title, content["answer"], *content["words"], *content["questions"]]
    return any(wanted in str(part).lower() for part in held)
