"""并案 and 拆分: one case joins another that is the same event, and can be taken out again.

    await merge(step); await unmerge(step)          the effects of the two actions
    await hold_both(session, number, other)         locks in one order, whoever merges into whom
    await hold_parent(session, number)              what is split off and the one it leaves, so too
    await is_joined(session, case) -> bool          whether it is one of a group already
    await answering_case(session, case) -> Case     whose state answers for a case

A case keeps its number, its words, its deadlines and its units; what was in its row stands in
``case_merges`` until it is split off, and goes back as it was. Groups have one level: a case that
others were merged into is not merged itself. Likeness is not passed on, so a case that is surely
another event than any member is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.case_number import parse_number
from cases.deadlines import step_deadline
from cases.errors import InvalidData, RuleBroken
from cases.history import append_history
from cases.lifecycle import FINAL_STATES, Role, State
from cases.models import Case, CaseMerge
from cases.same_event import Answer, judge
from cases.same_event.report import report_of
from cases.use_cases.step import Step

#: Lines in the history of the case that the other one joined; no steps of its lifecycle.
JOINED, SPLIT = "joined", "split_off"
#: What a merge may touch, and an undo puts back.
_KEPT = (
    "state",
    "prior_state",
    "step_due_at",
    "due_at",
    "paused_at",
    "requested_due_at",
    "urged_at",
    "lead_unit",
    "answerable_unit",
    "wants_person",
)


async def hold_both(session: AsyncSession, number: str, other: Any) -> None:
    """Lock two cases by their ids: two people who merge them crosswise wait, none is broken off.
    Numbers that are no cases are left to whoever asks for them next."""
    numbers = {parse_number(number) or number, parse_number(str(other)) or ""}
    await session.execute(
        select(Case.id)
        .where(Case.number.in_(numbers))
        .order_by(Case.id)
        .with_for_update(key_share=True)
    )


async def hold_parent(session: AsyncSession, number: str) -> None:
    """Lock a merged case and the one that answers for it, by their ids. Whoever is at the second
    may still write of the first: the lock leaves room for rows that point at it."""
    parent = select(Case.parent_id).where(Case.number == number).scalar_subquery()
    await session.execute(
        select(Case.id)
        .where(or_(Case.number == number, Case.id == parent))
        .order_by(Case.id)
        .with_for_update(key_share=True)
    )


async def is_joined(session: AsyncSession, case: Case) -> bool:
    """Whether the case was merged, or others were merged into it."""
    return case.state == State.MERGED or bool(await _children(session, case))


async def answering_case(session: AsyncSession, case: Case) -> Case:
    """The case itself or, if it was merged, the one that it was merged into."""
    if case.state != State.MERGED or case.parent_id is None:
        return case
    return await session.get(Case, case.parent_id) or case


async def merge(step: Step) -> None:
    """Join the same event under a case that is still open."""
    case, session = step.case, step.session
    number = parse_number(str(step.data.get("parent", "")))
    parent = (
        await session.scalar(
            select(Case)
            .where(Case.number == number)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        if number
        else None
    )
    if parent is None or parent.id == case.id:
        raise InvalidData("没有查到主件编号，请核对。", field="parent")
    if State(parent.state) in FINAL_STATES or parent.state == State.MERGED:
        raise RuleBroken("主件已经结束或已并入别的诉求，不能再并入。")
    if await _children(session, case):
        raise RuleBroken("这件诉求名下还并有别的诉求，请先拆分，或者把对方并到这一件。")
    await _check_members(step, parent)
    session.add(
        CaseMerge(
            child_id=case.id,
            parent_id=parent.id,
            before=_snapshot(case),
            at=step.now,
            merged_by=step.actor.name,
        )
    )
    step.record["parent"] = step.values["parent"] = parent.number
    case.parent_id = parent.id
    case.prior_state = step.transition.source
    case.step_due_at = None
    await _tell_parent(step, parent, JOINED)


async def _check_members(step: Step, parent: Case) -> None:
    """Complete link: judged against every member, not only the one at hand."""
    mine = report_of(step.case)
    for member in (parent, *await _children(step.session, parent)):
        answer = judge(mine, report_of(member)).answer
        if answer is Answer.DIFFERENT:
            raise RuleBroken(
                f"与 {member.number} 的地点或事项对不上，不是同一件事，不能并案。"
                "如果确实是同一件，请先更正地点或内容。"
            )
        if step.actor.role is Role.BOT and answer is not Answer.SAME:
            raise RuleBroken("机器没有把握是同一件事，须由人工并案。")


async def _children(session: AsyncSession, case: Case) -> list[Case]:
    return list(
        await session.scalars(
            select(Case)
            .where(Case.parent_id == case.id, Case.state == State.MERGED.value)
            .order_by(Case.id)
        )
    )


async def unmerge(step: Step) -> None:
    """Undo a merge: everything that it touched is as it was, deadlines included."""
    step.text("reason")
    case, session = step.case, step.session
    undone = await session.scalar(
        select(CaseMerge)
        .where(CaseMerge.child_id == case.id, CaseMerge.undone_at.is_(None))
        .order_by(CaseMerge.id.desc())
        .limit(1)
    )
    parent = await session.get(Case, case.parent_id) if case.parent_id is not None else None
    case.parent_id = None
    if undone is None:
        # Merged before merges were kept.
        step.target = State(case.prior_state or State.SUBMITTED)
        case.prior_state = None
        clock = "dispatch" if step.target is State.ACCEPTED else "accept"
        case.step_due_at = step_deadline(step.town, clock, case.urgency, step.now)
    else:
        undone.undone_at, undone.undone_by = step.now, step.actor.name
        step.target = _restore(case, undone.before)
    if parent is not None:
        step.record["parent"] = parent.number
        await _tell_parent(step, parent, SPLIT)


def _snapshot(case: Case) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name in _KEPT
        for value in (getattr(case, name),)
    }


def _restore(case: Case, before: dict[str, Any]) -> State:
    """All but the state, which the engine writes: until then the case is what it was."""
    for name, value in before.items():
        if name == "state":
            continue
        moment = isinstance(value, str) and name.endswith("_at")
        setattr(case, name, datetime.fromisoformat(value) if moment else value)
    return State(before["state"])


async def _tell_parent(step: Step, parent: Case, action: str) -> None:
    await append_history(
        step.session,
        parent,
        action=action,
        from_state=parent.state,
        actor=step.actor,
        data={"child": step.case.number},
        citizen_text=None,
        now=step.now,
    )
