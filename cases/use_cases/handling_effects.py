"""What dispatching, signing, returning, conferring and pausing do to a case (分派 to 挂起)."""

from __future__ import annotations

from sqlalchemy import delete, select

from cases.deadlines import handling_deadline, return_deadline, step_deadline
from cases.errors import InvalidData, RuleBroken
from cases.lifecycle import Role
from cases.models import CaseUnit, HistoryEntry
from cases.use_cases.clocks import resume_clock
from cases.use_cases.joint import drop_coop
from cases.use_cases.ledger import (
    confirm_label,
    note_automatic,
    note_return,
    settle_return,
)
from cases.use_cases.step import Step

MODES = ("lead", "joint", "supervised")


async def dispatch(step: Step) -> None:
    """Send it to the lead unit under the handling clock.

    The bot dispatches only to the unit that the responsibility list names; a dispatcher may
    decide otherwise, and the history says so.
    """
    case, town = step.case, step.town
    unit = step.unit()
    listed = town.responsibilities.get(case.category or "")
    on_list = listed is not None and listed.lead_unit == unit
    if step.actor.role is Role.BOT and not on_list:
        raise RuleBroken("责任清单没有指明这个单位，须由人工分派。")
    coop = step.units("coop_units") if "coop_units" in step.data else []
    if listed is not None and on_list:
        case.basis, case.list_version = listed.basis, listed.version
        if "coop_units" not in step.data:
            coop = list(listed.coop_units)
    else:
        case.basis = step.text("basis", longest=200) or "派单员指定"
        case.list_version = None
        step.record["off_list"] = True
    case.mode = step.one_of("mode", MODES, "lead")
    case.lead_unit = unit
    case.dispatched_at = step.now
    case.step_due_at = step_deadline(town, "sign", case.urgency, step.now)
    case.due_at = handling_deadline(town, case.time_class, step.now)
    step.person_looked()
    await _set_coop(step, [code for code in coop if code != unit] if case.mode != "lead" else [])
    step.record["coop_units"] = coop
    step.values.update(unit=town.unit_name(unit), due=case.due_at)
    await (note_automatic if step.actor.role is Role.BOT else confirm_label)(step)


async def sign(step: Step) -> None:
    """签收: the first unit that signs stays answerable (首接负责)."""
    case = step.case
    case.signed_at = step.now
    case.answerable_unit = case.answerable_unit or case.lead_unit
    case.step_due_at = step_deadline(step.town, "contact", case.urgency, step.now)


async def request_return(step: Step) -> None:
    """退单: with reason, basis and a proposal; once for each unit."""
    case = step.case
    if case.lead_unit in case.returned_by:
        raise RuleBroken("本单位已经退过一次这件诉求，不能再退。")
    step.text("reason")
    step.text("basis", longest=200)
    step.unit("proposed_unit")
    case.returned_by = [*case.returned_by, case.lead_unit]
    case.return_count += 1
    case.step_due_at = return_deadline(step.town, step.now)
    await note_return(step)


async def refuse_return(step: Step) -> None:
    """The return does not hold: it counts as signed."""
    step.text("reason")
    await sign(step)
    await settle_return(step, accepted=False)


async def reassign(step: Step) -> None:
    """改派: after an accepted return, or to mend a misroute. The citizen's date stays fair:
    the handling clock starts again only when the unit changes."""
    case = step.case
    if case.return_count >= 2 and step.transition.source == "return_requested":
        raise RuleBroken("这件诉求已被退回两次，请先会商，确定牵头单位。")
    unit = step.unit()
    reason = step.text("reason", longest=400)
    if unit == case.lead_unit and step.transition.source != "consulting":
        raise InvalidData("改派的单位与现在的相同。", field="unit")
    case.lead_unit = unit
    await drop_coop(step.session, case, unit)
    case.answerable_unit = None
    case.signed_at = None
    case.basis = reason
    case.dispatched_at = step.now
    case.step_due_at = step_deadline(step.town, "sign", case.urgency, step.now)
    case.due_at = handling_deadline(step.town, case.time_class, step.now)
    step.values.update(unit=step.town.unit_name(unit), due=case.due_at)
    await settle_return(step, accepted=True)


async def contact(step: Step) -> None:
    """先行联系: the unit has spoken to the citizen."""
    step.case.wants_person = False
    step.text("method", longest=40)
    step.text("content")
    if step.case.contacted_at is not None and step.transition.target is None:
        step.notice = ""
    step.case.contacted_at = step.case.contacted_at or step.now
    step.case.step_due_at = None
    step.values["unit"] = step.town.unit_name(step.case.lead_unit)


async def consult(step: Step) -> None:
    """会商: which units meet, and by when."""
    step.units("units")
    if not step.record["units"]:
        raise InvalidData("请至少选择一个参加会商的单位。", field="units")
    step.text("reason")
    step.case.step_due_at = step.town.calendar.add_days(step.now, 2)
    step.values["due"] = step.case.step_due_at


async def conclude(step: Step) -> None:
    """The meeting names the lead; the minutes are kept."""
    unit = step.unit()
    step.text("minutes")
    before = step.case.lead_unit
    step.case.lead_unit = step.case.answerable_unit = unit
    await drop_coop(step.session, step.case, unit)
    step.case.signed_at = step.case.signed_at or step.now
    step.case.step_due_at = None
    if step.case.due_at is None or step.case.due_at < step.now:
        step.case.due_at = handling_deadline(step.town, step.case.time_class, step.now)
    step.values["unit"] = step.town.unit_name(unit)
    # Where the meeting was called over a return, naming the lead settles it.
    await settle_return(step, accepted=unit != before)


async def escalate(step: Step) -> None:
    """乡呼县应: what the town did already, and why it does not suffice."""
    step.text("reason")
    step.text("done_so_far")
    step.case.step_due_at = step_deadline(step.town, "dispatch", step.case.urgency, step.now)


async def county_reply(step: Step) -> None:
    """The county's word; the town's unit carries on."""
    step.text("text")
    step.case.step_due_at = None
    step.values["unit"] = step.town.unit_name(step.case.lead_unit)


async def extend(step: Step) -> None:
    """延期: asked before the deadline, with a date, a reason and an interim reply."""
    case = step.case
    new_due = step.day("new_due")
    step.text("reason", longest=400)
    step.text("interim_reply")
    if case.due_at is not None and step.now > case.due_at:
        raise RuleBroken("已经超过期限，不能再申请延期。")
    latest = step.town.calendar.add_days(
        case.due_at or step.now, step.town.policy["extension"]["most_days"]
    )
    if not (case.due_at or step.now) < new_due <= latest:
        raise InvalidData(f"新的期限须晚于原期限，且不晚于 {latest:%Y-%m-%d}。", field="new_due")
    case.requested_due_at = new_due


async def approve_extension(step: Step) -> None:
    """The first by a dispatcher, every later one by a commander only."""
    case = step.case
    if case.extension_count >= 1 and step.actor.role is not Role.COMMANDER:
        raise RuleBroken("第二次延期须由指挥长批准。")
    asked = await _last_record(step, "extend")
    # A category corrected meanwhile may give more time than was asked for.
    dates = [date for date in (case.requested_due_at, case.due_at) if date is not None]
    case.due_at = max(dates, default=None)
    case.requested_due_at = None
    case.extension_count += 1
    step.values.update(
        due=case.due_at,
        reason=asked.get("reason", ""),
        text=asked.get("interim_reply", ""),
    )


async def refuse_extension(step: Step) -> None:
    """The old date stands."""
    step.text("reason")
    step.case.requested_due_at = None


async def request_suspension(step: Step) -> None:
    """The unit asks; a dispatcher decides with ``suspend``."""
    step.text("reason", longest=400)
    step.text("interim_reply")
    step.day("review_on")


async def suspend(step: Step) -> None:
    """挂起: the handler's clock stops, the citizen is told why and until when."""
    review = step.day("review_on")
    if review > step.town.calendar.add_days(step.now, 10):
        raise InvalidData("复查日期须在 10 个工作日内。", field="review_on")
    step.values.update(
        reason=step.text("reason", longest=400),
        text=step.text("interim_reply"),
        date=review,
    )
    step.case.paused_at = step.now
    step.case.step_due_at = review


async def resume(step: Step) -> None:
    """The clock goes on with what was left of it."""
    case = step.case
    resume_clock(step.town, case, step.now)
    case.step_due_at = None
    step.values["due"] = case.due_at


async def _set_coop(step: Step, codes: list[str]) -> None:
    await step.session.execute(delete(CaseUnit).where(CaseUnit.case_id == step.case.id))
    for code in codes:
        step.session.add(CaseUnit(case_id=step.case.id, unit_code=code))


async def _last_record(step: Step, action: str) -> dict[str, str]:
    data = await step.session.scalar(
        select(HistoryEntry.data)
        .where(HistoryEntry.case_id == step.case.id, HistoryEntry.action == action)
        .order_by(HistoryEntry.seq.desc())
        .limit(1)
    )
    return dict(data or {})
