"""[一起跟进]: a citizen's case joins one that surely is the same event; beside ``bot.deeds``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.dialogue.turn import JoinCase
from bot.incoming import Incoming
from cases import lifecycle
from cases.actors import Actor
from cases.errors import RuleBroken
from cases.models import Case
from cases.same_event import Answer
from cases.same_event.report import report_of
from cases.use_cases.act import lock_case, perform
from cases.use_cases.merging import hold_both, is_joined
from cases.use_cases.same_event import Similar, find_similar

if TYPE_CHECKING:
    from bot.deeds import Desk


async def count_joins(desk: Desk, case: Case) -> int:
    """How many others reported what surely is the same event; a place has to be known."""
    if case.place_text is None and case.latitude is None:
        return 0
    same = await _same_event(desk, case)
    return same.reporters if same is not None else 0


async def _same_event(desk: Desk, case: Case) -> Similar | None:
    found = await find_similar(
        desk.session, report_of(case), town=desk.town, now=desk.now, besides=case.id, shown=1
    )
    sure = [s for s in found if s.verdict.answer is Answer.SAME and not s.same_person]
    return sure[0] if sure else None


async def join_case(desk: Desk, action: JoinCase, incoming: Incoming) -> Case:
    """Looked for without a lock, both held in one order, and looked for once more: it may have
    been closed, or merged, since it was offered. Who pressed at the other end may be first."""
    mine = await desk.session.get_one(Case, action.case.id)
    offered = await _same_event(desk, mine)
    await hold_both(desk.session, mine.number, offered.case.number if offered else "")
    case = await lock_case(desk.session, mine.number)
    if await is_joined(desk.session, case):
        return case
    same = await _same_event(desk, case)
    if offered is None or same is None:
        raise RuleBroken("那一件已经办结，您这一件照常办理。")
    if same.case.id != offered.case.id:
        raise RuleBroken("那一件刚刚有变动，您这一件照常办理，稍后可以再点一次。")
    await perform(
        desk.session,
        case,
        lifecycle.Action.MERGE,
        {"parent": same.case.number},
        actor=Actor.bot(),
        town=desk.town,
        now=desk.now,
        notify=False,
    )
    return case
