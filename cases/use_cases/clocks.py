"""The clocks of a case that was relabelled, and of one that was paused.

    await follow_label(step, urgency=…, time_class=…)   after urgency or time class have changed
    resume_clock(town, case, now)                       the handling clock goes on

Every clock is counted from when its step began, as if the label had been right then.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from cases.deadlines import handling_deadline, step_deadline
from cases.lifecycle import Action, State
from cases.models import Case, HistoryEntry
from cases.town import Town
from cases.use_cases.step import Step

#: The step that is owed in each state and has a clock by urgency.
_OWED = {
    State.SUBMITTED: "accept",
    State.ACCEPTED: "dispatch",
    State.DISPATCHED: "sign",
    State.SIGNED: "contact",
    State.REOPENED: "contact",
    State.ESCALATED: "dispatch",
}


async def follow_label(step: Step, *, urgency: str, time_class: str) -> None:
    """Set the clocks by the case's urgency and time class; the arguments are those before.

    What was decided for this one case stays: an extended deadline, and that of a new round. The
    record says what the clocks were before.
    """
    case = step.case
    owed = _OWED.get(State(case.state))
    if case.urgency != urgency and owed is not None and case.step_due_at is not None:
        began = await _began(step)
        _note(step, "step_due_at", case.step_due_at)
        case.step_due_at = step_deadline(step.town, owed, case.urgency, began)
    if case.time_class == time_class:
        return
    step.record["previous_time_class"] = time_class
    step.record["time_class"] = case.time_class
    if case.due_at is None or case.dispatched_at is None:
        return
    if case.extension_count or case.round > 1:
        return
    before = case.due_at
    old = handling_deadline(step.town, time_class, case.dispatched_at)
    new = handling_deadline(step.town, case.time_class, case.dispatched_at)
    # What a pause or a meeting has added is owed under any class.
    added = step.town.calendar.time_between(old, case.due_at)
    case.due_at = step.town.calendar.add_time(new, added) if added else new
    if case.due_at == before:
        return
    _note(step, "due_at", before)
    if case.state != State.REPLIED and case.due_at > step.now:
        step.values["due"] = case.due_at


def resume_clock(town: Town, case: Case, now: datetime) -> None:
    """A deadline counts office time only; so does the pause that moves it."""
    if case.paused_at is not None and case.due_at is not None:
        paused = town.calendar.time_between(case.paused_at, now)
        if paused:
            case.due_at = town.calendar.add_time(case.due_at, paused)
    case.paused_at = None


def _note(step: Step, name: str, before: datetime) -> None:
    local = before.astimezone(step.town.calendar.zone)
    step.record[f"previous_{name}"] = local.isoformat(timespec="minutes")


async def _began(step: Step) -> datetime:
    """When the case came into its state; what was split off again has been there before."""
    case = step.case
    if case.state == State.DISPATCHED and case.dispatched_at is not None:
        return case.dispatched_at  # reassigned, it came from the same state
    began = await step.session.scalar(
        select(HistoryEntry.at)
        .where(
            HistoryEntry.case_id == case.id,
            HistoryEntry.to_state == case.state,
            HistoryEntry.action != Action.UNMERGE.value,
            or_(HistoryEntry.from_state.is_(None), HistoryEntry.from_state != case.state),
        )
        .order_by(HistoryEntry.seq.desc())
        .limit(1)
    )
    return began or step.now
