"""What accepting, rejecting and answering do to a case (受理 and before)."""

from __future__ import annotations

from cases.deadlines import choose_time_class, step_deadline
from cases.errors import RuleBroken
from cases.lifecycle import Role
from cases.models import Case
from cases.notifications import solved_buttons
from cases.use_cases.clocks import follow_label
from cases.use_cases.ledger import decide_label
from cases.use_cases.reporters import count_reporters
from cases.use_cases.step import REQUEST_TYPES, URGENCIES, Step

_OBJECTED = "objected"  # a flag of the case


async def accept(step: Step) -> None:
    """Fix category, type and urgency, and open the dispatch clock.

    The bot may accept only what triage let through, or what the citizen confirmed, and never
    anything critical: a person looks at that.
    """
    case = step.case
    category = step.category()
    urgency = step.one_of("urgency", URGENCIES)
    if step.actor.role is Role.BOT:
        if case.decision != "auto" and case.tagged_by != "citizen":
            raise RuleBroken("机器没有把握，须由人工受理。")
        if urgency == "critical" or not step.town.categories[category].dispatchable:
            raise RuleBroken("特急或不派单的诉求须由人工受理。")
    if not step.town.categories[category].dispatchable:
        raise RuleBroken("这个类别不派单，请选择办理类别，或者不予受理、直接答复。")
    if category != case.category:
        step.record["previous_category"] = case.category
    case.category = category
    case.platform = step.town.categories[category].platform
    case.request_type = step.one_of("request_type", REQUEST_TYPES)
    case.urgency = urgency
    case.time_class = choose_time_class(
        step.town.categories[category].time_class, case.request_type
    )
    if step.actor.role is not Role.BOT:
        case.tagged_by = step.actor.name
        await decide_label(step)
    step.person_looked()
    case.accepted_at = step.now
    case.step_due_at = step_deadline(step.town, "dispatch", urgency, step.now)
    step.values["due"] = case.step_due_at


async def request_info(step: Step) -> None:
    """Say exactly what is missing, and until when we wait."""
    step.values["missing"] = step.text("missing", longest=400)
    step.person_looked()
    days = step.town.policy["need_info"]["lapse_days"]
    step.case.step_due_at = step.town.calendar.add_days(step.now, days)
    step.values["due"] = step.case.step_due_at


async def supply_info(step: Step) -> None:
    """The answer joins the words of the case; the accept clock starts again."""
    step.case.text = f"{step.case.text}\n{step.text('text')}"
    step.case.step_due_at = step_deadline(step.town, "accept", step.case.urgency, step.now)


async def lapse_info(step: Step) -> None:
    """No answer came: a person decides."""
    step.case.wants_person = True
    step.case.step_due_at = step_deadline(step.town, "accept", step.case.urgency, step.now)


async def reject(step: Step) -> None:
    """Out of scope: say why and where to go instead."""
    step.values["reason"] = step.text("reason", longest=400)
    step.values["channel"] = step.text("channel", longest=200)
    step.person_looked()
    step.case.step_due_at = None
    category = step.town.categories.get(step.case.category or "")
    if category is not None and not category.dispatchable:
        await decide_label(step)  # outside the catalogue, and a person says so too


async def object_to_rejection(step: Step) -> None:
    """The citizen's one objection to a rejection."""
    step.text("reason")
    if has_objected(step.case):
        raise RuleBroken("这件诉求已经提出过一次异议。")
    step.case.flags = [*step.case.flags, _OBJECTED]
    step.case.step_due_at = step_deadline(step.town, "accept", step.case.urgency, step.now)


def has_objected(case: Case) -> bool:
    """Whether the one objection was made already."""
    return _OBJECTED in case.flags


async def answer(step: Step) -> None:
    """Settle at intake, with the source of the answer."""
    step.values["text"] = step.case.reply_text = step.text("text")
    step.values["source"] = step.text("source", longest=200)
    step.person_looked()
    step.case.reply_by = step.actor.name
    step.case.replied_at = step.now
    step.case.step_due_at = None
    step.buttons = solved_buttons(step.case)


async def withdraw(step: Step) -> None:
    """The citizen takes it back, unless somebody may be in danger."""
    if step.case.urgency == "critical":
        raise RuleBroken("涉及安全的诉求不能撤回，我们会继续跟进；如已解除危险，请告诉工作人员。")
    others = (await count_reporters(step.session, [step.case.id]))[step.case.id] - 1
    if others:
        raise RuleBroken(f"还有 {others} 位诉求人反映同一件事，这件不能撤回，我们会继续办理。")
    step.text("reason", longest=400)
    step.case.step_due_at = step.case.due_at = None
    step.case.wants_person = False


async def relabel(step: Step) -> None:
    """Correct the tag; the machine's own word stays in the ledger.

    A citizen's correction counts until a member of staff makes one. The clocks follow the new
    label; a promised date is moved by staff only.
    """
    case = step.case
    urgency_before, class_before = case.urgency, case.time_class
    category = step.category()
    previous = case.category
    changed = category != previous
    if step.data.get("urgency"):
        urgency = step.one_of("urgency", URGENCIES)
        changed = changed or urgency != case.urgency
        if step.actor.role is Role.CITIZEN and URGENCIES.index(urgency) < URGENCIES.index(
            case.urgency
        ):
            raise RuleBroken("紧急程度只能由工作人员下调。")
        case.urgency = urgency
    if step.data.get("request_type"):
        request_type = step.one_of("request_type", REQUEST_TYPES)
        changed = changed or request_type != case.request_type
        case.request_type = request_type
    step.record["previous_category"] = previous
    case.category = category
    case.platform = step.town.categories[category].platform
    case.tagged_by = "citizen" if step.actor.role is Role.CITIZEN else step.actor.name
    step.values["category"] = step.town.plain_name(category)
    if step.actor.role is not Role.CITIZEN:
        await decide_label(step)
    row = step.town.categories[category]
    if row.dispatchable and (step.actor.role is not Role.CITIZEN or case.due_at is None):
        case.time_class = choose_time_class(row.time_class, case.request_type)
    await follow_label(step, urgency=urgency_before, time_class=class_before)
    if not changed or category == previous or step.actor.role is Role.CITIZEN:
        step.notice = ""
    if "due" in step.values:  # the date that the citizen was told before no longer holds
        step.notice = "relabel_due"
