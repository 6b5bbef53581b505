"""Replies that are given often (常用语): everybody's, and those of a unit.

await list_macros(session, unit=…, all_units=False) -> rows, in their order
await save_macro(session, draft, actor=…, units=…, now=…, macro_id=None) -> ReplyMacro
await set_macro_active(session, macro_id, active=…, actor=…, now=…)
fill_macro(text, values) -> str         what is not known stays a gap to fill in: ＿＿
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseNotFound, InvalidData, PermissionDenied
from cases.models import ReplyMacro
from cases.use_cases.answer_cards import may_edit

#: What a text may name, and the word for it on the page.
GAPS = {"number": "编号", "unit": "主办单位", "place": "地点", "category": "分类"}
_GAP = re.compile(r"\{([^{}]*)\}")
_BLANK = "＿＿"
_LONGEST_TITLE, _LONGEST_TEXT = 40, 1000
_GONE = "没有这条常用语，可能已被删掉，请回到列表。"


@dataclass(frozen=True, slots=True)
class MacroDraft:
    """What somebody wrote; ``unit`` empty: for everybody."""

    title: str
    text: str
    unit: str = ""


async def list_macros(
    session: AsyncSession, *, unit: str | None, all_units: bool = False, retired: bool = False
) -> list[ReplyMacro]:
    """Everybody's and the unit's; retired ones only where asked for, last."""
    wanted = select(ReplyMacro).order_by(
        ReplyMacro.active.desc(), ReplyMacro.position, ReplyMacro.id
    )
    if not all_units:
        wanted = wanted.where(or_(ReplyMacro.unit_code.is_(None), ReplyMacro.unit_code == unit))
    if not retired:
        wanted = wanted.where(ReplyMacro.active)
    return list(await session.scalars(wanted))


async def save_macro(
    session: AsyncSession,
    draft: MacroDraft,
    *,
    actor: Actor,
    units: Container[str],
    now: datetime,
    macro_id: int | None = None,
) -> ReplyMacro:
    """Write a new one or change one. Raises ``InvalidData``, ``PermissionDenied``,
    ``CaseNotFound``."""
    title, text = draft.title.strip(), draft.text.strip()
    if not title or len(title) > _LONGEST_TITLE:
        raise InvalidData(f"请写标题，最多 {_LONGEST_TITLE} 个字。", field="title")
    if not text or len(text) > _LONGEST_TEXT:
        raise InvalidData(f"请写内容，最多 {_LONGEST_TEXT} 个字。", field="text")
    for name in _GAP.findall(text):
        if name not in GAPS:
            known = "、".join(f"{{{gap}}}" for gap in GAPS)
            raise InvalidData(f"不认识“{{{name}}}”，可以用：{known}。", field="text")
    if draft.unit and draft.unit not in units:
        raise InvalidData("没有这个单位，请从列表中选择。", field="unit")
    _check_editor(actor, draft.unit)
    if macro_id is None:
        last = await session.scalar(select(func.max(ReplyMacro.position)))
        macro = ReplyMacro(active=True, position=(last or 0) + 1)
        session.add(macro)
    else:
        macro = await _get(session, macro_id, actor)
    macro.title, macro.text, macro.unit_code = title, text, draft.unit or None
    macro.updated_by, macro.updated_at = actor.name, now
    await session.flush()
    return macro


async def set_macro_active(
    session: AsyncSession, macro_id: int, *, active: bool, actor: Actor, now: datetime
) -> None:
    """停用, or bring back. Raises ``PermissionDenied``, ``CaseNotFound``."""
    macro = await _get(session, macro_id, actor)
    macro.active, macro.updated_by, macro.updated_at = active, actor.name, now


def fill_macro(text: str, values: Mapping[str, str | None]) -> str:
    """The reply for one case."""
    return _GAP.sub(lambda gap: values.get(gap[1]) or _BLANK, text)


async def _get(session: AsyncSession, macro_id: int, actor: Actor) -> ReplyMacro:
    macro = await session.get(ReplyMacro, macro_id)
    if macro is None:
        raise CaseNotFound(_GONE)
    _check_editor(actor, macro.unit_code or "")
    return macro


def _check_editor(actor: Actor, unit: str) -> None:
    if not may_edit(actor, unit):
        raise PermissionDenied("这条常用语由指挥室维护，您可以用，不能改。")
