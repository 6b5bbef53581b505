"""类别: staff add, change and retire the categories of the town's own taxonomy.

await list_categories(session) -> rows                     those in use first, in their order
await get_category(session, code) -> Category              raises CaseNotFound
await read_category_events(session, code) -> newest first
await add_category(session, draft, town=…, actor=…, now=…) -> Category
await change_category(session, code, draft, …)             raise InvalidData with fields["errors"],
await retire_category(session, code, replaced_by, …)       PermissionDenied, VersionConflict
await restore_category(session, code, …)
await write_taxonomy(session, path)                        the CSV that training reads

A category is never deleted: cases carry it. Its version is the number of its newest event.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.categories import CategoryDraft, check_category
from cases.errors import CaseNotFound, InvalidData, PermissionDenied, VersionConflict
from cases.lifecycle import Role
from cases.models import Category, CategoryEvent, Responsibility
from cases.town import Town

KEEPERS = frozenset({Role.DISPATCHER, Role.ADMIN})
_GONE = "没有这个类别，请回到列表重新选择。"
_MOVED_ON = "这个类别刚刚被别人改过。您填的还在下面，请对照新内容再保存。"
_COLUMNS = (
    "code", "platform_code", "platform_zh", "name_zh", "name_en", "definition_zh", "include_zh",
    "exclude_zh", "neighbours", "lead_dept", "time_class", "urgency_rule_zh", "vocab", "examples",
    "active", "replaced_by",
)  # fmt: skip


async def list_categories(session: AsyncSession) -> Sequence[Category]:
    """Every category, the retired ones last."""
    order = (Category.active.desc(), Category.position, Category.code)
    return list(await session.scalars(select(Category).order_by(*order)))


async def get_category(session: AsyncSession, code: str) -> Category:
    """One category. Raises ``CaseNotFound``."""
    row = await session.get(Category, code)
    if row is None:
        raise CaseNotFound(_GONE)
    return row


async def read_category_events(session: AsyncSession, code: str) -> Sequence[CategoryEvent]:
    """The record of one category, newest line first."""
    query = select(CategoryEvent).where(CategoryEvent.code == code)
    return list(await session.scalars(query.order_by(CategoryEvent.id.desc())))


async def add_category(
    session: AsyncSession, draft: CategoryDraft, *, town: Town, actor: Actor, now: datetime
) -> Category:
    """One more category, at the end of its platform; staff may choose it from now on."""
    require_keeper(actor)
    _refuse(check_category(draft, town))
    code = draft.code or await _free_code(session, draft.platform)
    if await session.get(Category, code) is not None:
        raise InvalidData(f"代码 {code} 已经有了。", errors={"code": f"代码 {code} 已经有了。"})
    position = await session.scalar(select(func.max(Category.position))) or 0
    row = Category(code=code, position=position + 1, active=True, replaced_by=None, may_become=[])
    _fill(row, draft, town)
    row.lead_hint = ""
    session.add(row)
    _name_lead(session, row, draft, town, now)
    await note_category(session, code, "add", {"name": row.name}, actor, now)
    return row


async def change_category(
    session: AsyncSession,
    code: str,
    draft: CategoryDraft,
    *,
    town: Town,
    actor: Actor,
    now: datetime,
    expected_version: int,
) -> Category:
    """Other words, another clock, another lead unit; the code stays."""
    row = await _lock(session, code, actor, expected_version)
    _refuse(check_category(draft, town, code=code))
    before = {name: getattr(row, name) for name in ("name", "definition", "time_class")}
    _fill(row, draft, town)
    _name_lead(session, row, draft, town, now)
    await note_category(session, code, "change", {"before": before}, actor, now)
    return row


async def retire_category(
    session: AsyncSession,
    code: str,
    replaced_by: str,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int,
) -> Category:
    """Nobody can choose it any more. Cases keep it; its labels are trained as the other one."""
    row = await _lock(session, code, actor, expected_version)
    other = await session.get(Category, replaced_by) if replaced_by else None
    if not row.active:
        raise InvalidData("这个类别已经停用了。", errors={})
    if other is None or not other.active or other.code == code:
        said = "请从列表中选择由哪个类别接替。"
        raise InvalidData(said, errors={"replaced_by": said})
    row.active, row.replaced_by, row.may_become = False, replaced_by, []
    for split in await session.scalars(select(Category).where(Category.active.is_(False))):
        if code in split.may_become:
            became = [replaced_by if known == code else known for known in split.may_become]
            split.may_become = list(dict.fromkeys(became))
    await note_category(session, code, "retire", {"replaced_by": replaced_by}, actor, now)
    return row


async def restore_category(
    session: AsyncSession, code: str, *, actor: Actor, now: datetime, expected_version: int
) -> Category:
    """Take a retired category into use again."""
    row = await _lock(session, code, actor, expected_version)
    same = select(Category.code).where(
        Category.active.is_(True), Category.name == row.name, Category.code != code
    )
    if taken := await session.scalar(same):
        said = f"现在已经有叫“{row.name}”的类别（{taken}），不能恢复。"
        raise InvalidData(said, errors={})
    row.active, row.replaced_by, row.may_become = True, None, []
    await note_category(session, code, "restore", {}, actor, now)
    return row


async def write_taxonomy(session: AsyncSession, path: Path) -> None:
    """The town's categories as ``classifier.taxonomy.load_taxonomy`` reads them; retired ones say
    what became of their labels."""
    query = select(Category).order_by(Category.position, Category.code)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for row in await session.scalars(query):
            writer.writerow(
                (row.code, row.platform, row.platform_name, row.name, row.name_en or "",
                 row.definition, row.includes, row.excludes, "|".join(row.neighbours),
                 row.lead_hint, row.time_class, row.urgency_rule, "|".join(row.vocabulary),
                 "\n".join(row.examples), int(row.active), row.replaced_by or "")
            )  # fmt: skip


def require_keeper(actor: Actor) -> None:
    """:raises PermissionDenied: for whoever may not change categories."""
    if actor.role not in KEEPERS:
        raise PermissionDenied("类别由指挥室维护，您的角色不能修改。")


async def note_category(
    session: AsyncSession,
    code: str,
    action: str,
    data: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    """One line of the record."""
    session.add(
        CategoryEvent(
            code=code,
            at=now,
            action=action,
            actor_role=actor.role.value,
            actor_name=actor.name,
            data=data,
        )
    )
    await session.flush()


async def _lock(session: AsyncSession, code: str, actor: Actor, version: int) -> Category:
    require_keeper(actor)
    row = await session.scalar(select(Category).where(Category.code == code).with_for_update())
    if row is None:
        raise CaseNotFound(_GONE)
    events = await read_category_events(session, code)
    if (events[0].id if events else 0) != version:
        raise VersionConflict(_MOVED_ON)
    return row


async def _free_code(session: AsyncSession, platform: str) -> str:
    taken = set(await session.scalars(select(Category.code)))
    return next(code for n in range(1, 10_000) if (code := f"{platform}.new{n}") not in taken)


def _refuse(errors: dict[str, str]) -> None:
    if errors:
        raise InvalidData(f"有 {len(errors)} 处要改，见下面的提示。", errors=errors)


def _fill(row: Category, draft: CategoryDraft, town: Town) -> None:
    like = next(known for known in town.categories.values() if known.platform == draft.platform)
    row.platform, row.platform_name = like.platform, like.platform_name
    row.dispatchable = like.dispatchable
    row.name, row.plain_name = draft.name, draft.plain_name or draft.name
    row.name_en = draft.name_en or None
    row.definition, row.includes, row.excludes = draft.definition, draft.includes, draft.excludes
    row.neighbours = [code for code in draft.neighbours if code in town.categories]
    row.vocabulary = list(dict.fromkeys(draft.vocabulary))
    row.examples = list(dict.fromkeys(draft.masked_examples))
    row.urgency_rule, row.time_class = draft.urgency_rule, draft.time_class
    row.needs_place = draft.needs_place


def _name_lead(
    session: AsyncSession, row: Category, draft: CategoryDraft, town: Town, now: datetime
) -> None:
    """A new line of the responsibility list where the lead unit is another."""
    known = town.responsibilities.get(row.code)
    if not draft.lead_unit or (known and known.lead_unit == draft.lead_unit):
        return
    coop = [unit for unit in (known.coop_units if known else ()) if unit != draft.lead_unit]
    session.add(
        Responsibility(
            category=row.code,
            version=f"{now.astimezone(town.calendar.zone):%Y-%m}",
            lead_unit=draft.lead_unit,
            coop_units=coop,
            basis=f"{town.name}主体/配合责任清单 {row.name}",
        )
    )
