"""What replying, closing, rating and reopening do to a case (反馈 to 重办), and the overlays."""

from __future__ import annotations

from datetime import timedelta

from cases.deadlines import review_deadline, rework_deadline, step_deadline
from cases.errors import InvalidData, RuleBroken
from cases.lifecycle import Action, Role, State
from cases.models import Contact
from cases.notifications import load_templates, rating_buttons
from cases.use_cases.joint import ask_coop_again, settle_joint
from cases.use_cases.ledger import handle_label
from cases.use_cases.register_place import clear_place, register_place
from cases.use_cases.step import OUTCOMES, Step

SOLVED = ("yes", "partly", "no")


async def reply(step: Step) -> None:
    """The result itself, in full. In a joint case every cooperating unit replied before, or the
    lead unit says that it need not (``released_units``)."""
    case = step.case
    outcome = step.one_of("outcome", OUTCOMES)
    text = step.text("text")
    _note_files(step)
    await settle_joint(step)
    case.outcome, case.reply_text, case.reply_by = outcome, text, step.actor.name
    case.replied_at = step.now
    case.step_due_at = review_deadline(step.town, step.now)
    step.values.update(
        unit=step.town.unit_name(case.lead_unit),
        outcome=load_templates("zh")["outcomes"][outcome],
        text=text,
    )


def _note_files(step: Step) -> None:
    """The names of the files that go to the citizen with this step, for the record; the files
    themselves follow the notice (``cases.notifications.send_case_files``)."""
    names = step.data.get("files")
    if isinstance(names, list) and names:
        step.record["files"] = [str(name) for name in names]


async def send_back(step: Step) -> None:
    """The reply does not hold: not on point, no evidence, the citizen not told."""
    step.text("reason")
    step.case.step_due_at = None
    step.case.replied_at = None


async def close(step: Step) -> None:
    """办结, never by the one who replied; asks for the rating."""
    case = step.case
    if step.transition.source is State.REPLIED and step.actor.name == case.reply_by:
        raise RuleBroken("答复和办结审核不能是同一个人。")
    step.text("comment")
    _note_files(step)
    case.closed_at = step.now
    case.step_due_at = case.due_at = None
    if step.transition.source is State.ANSWERED:
        step.notice = "close_answered"
    else:
        step.buttons = rating_buttons(case, step.town, await _language(step))
        rework = step.town.policy["rework"]
        left = max(0, rework["automatic_reopens"] - (case.round - 1))
        if left == 0:
            step.notice = "close_again"
        step.values.update(days=rework["reopen_window_days"], times=left)
        await handle_label(step)


async def _language(step: Step) -> str:
    contact_id = step.case.contact_id
    contact = await step.session.get(Contact, contact_id) if contact_id is not None else None
    return contact.language if contact else "zh"


async def rate(step: Step) -> None:
    """One tap. Unhappy or unsolved reopens once by itself; after that a person calls back.

    The same rating again changes nothing; silence is never satisfaction. Another one counts for
    some days after the first (``change_days``).
    """
    case, policy = step.case, step.town.policy
    value = step.data["satisfaction"]
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or str(value) not in policy["satisfaction"]
    ):
        raise InvalidData("满意度应为 1 到 5。", field="satisfaction")
    solved = step.one_of("solved", SOLVED) if step.data.get("solved") else None
    if case.satisfaction == value and case.solved == solved and case.state == State.EVALUATED:
        step.silent = True
        return
    days = policy["evaluation"]["change_days"]
    if case.evaluated_at and step.now > case.evaluated_at + timedelta(days=days):
        raise RuleBroken(f"评价只能在 {days} 天内修改。还有问题请直接说，我们另开一件。")
    step.record["satisfaction"] = value
    step.record["round"] = case.round
    case.satisfaction, case.solved = value, solved
    case.evaluated_at = case.evaluated_at or step.now
    step.text("comment", longest=1000)
    if value > policy["satisfaction"]["unhappy_from"] and solved != "no":
        return
    if case.round - 1 < policy["rework"]["automatic_reopens"]:
        step.notice = ""
        step.follow_ups.append(
            (
                Action.REOPEN,
                {"reason": step.data.get("comment") or "诉求人评价不满意或未解决"},
            )
        )
    else:
        step.notice = "unhappy_final"
        case.wants_person = True


async def reopen(step: Step) -> None:
    """重办, in the same number: a new round under the rework clock. What was answered directly
    has no unit to go back to: it is taken in again."""
    case = step.case
    step.text("reason", longest=1000)
    if step.transition.source is State.ANSWERED:
        _take_in_again(step)
        return
    if step.actor.role in (Role.CITIZEN, Role.BOT):
        if case.round > step.town.policy["rework"]["automatic_reopens"]:
            raise RuleBroken("这件诉求已经重办过，请回复“人工”，由工作人员核实后再办。")
        window = step.town.policy["rework"]["reopen_window_days"]
        if case.closed_at and step.now > step.town.calendar.add_days(case.closed_at, window):
            raise RuleBroken("这件诉求办结已久，请直接说明现在的问题，我们另开一件办理。")
    case.round += 1
    case.outcome = None
    case.closed_at = case.replied_at = case.evaluated_at = case.rating_reminded_at = None
    if case.lead_unit is None:
        step.target = State.SUBMITTED
        _take_in_again(step)
        return
    await ask_coop_again(step)
    case.step_due_at = step_deadline(step.town, "contact", case.urgency, step.now)
    case.due_at = rework_deadline(step.town, step.now)
    step.values.update(due=case.due_at, round=case.round)


def _take_in_again(step: Step) -> None:
    case = step.case
    case.step_due_at = step_deadline(step.town, "accept", case.urgency, step.now)
    step.values["due"] = case.step_due_at
    step.notice = "reopen_answered"


async def archive(step: Step) -> None:
    """Nothing is owed any more; unrated stays unrated."""
    step.case.step_due_at = None
    step.case.wants_person = False


async def note(step: Step) -> None:
    """An internal remark, or a citizen's later word on a case; the state stays."""
    step.text("text")


async def supplement(step: Step) -> None:
    """More of the matter: words, a place, an amended text. The old words stay in the history."""
    case = step.case
    text = step.text("text")
    place = step.text("place_text", longest=200)
    for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
        value = step.data.get(name)
        if value is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > limit:
            raise InvalidData("位置不正确。", field=name)
        setattr(case, name, float(value))
        step.record[name] = float(value)
    if step.data.get("replaces") and text:
        step.record["previous_text"] = case.text
        case.text = text
    elif text:
        case.text = f"{case.text}\n补充：{text}"
    if place:
        case.place_text = place
        clear_place(case)  # what was confirmed were other words
    if code := step.text("place_code", longest=40):
        step.record["place_name"] = await register_place(step.session, case, code)
    if not step.record and not step.data.get("attachments"):
        raise InvalidData("没有补充内容。", field="text")


async def urge(step: Step) -> None:
    """催办"""
    step.text("text", longest=400)
    step.case.urged_at = step.now


async def supervise(step: Step) -> None:
    """督办: level 1 by a dispatcher, level 2 by commander or county."""
    step.text("reason")
    level = 1 if step.actor.role in (Role.DISPATCHER, Role.ADMIN) else 2
    step.case.supervised_level = max(step.case.supervised_level, level)
    step.record["level"] = level


async def circulate(step: Step) -> None:
    """通报"""
    step.text("reason")
    step.case.circulated = True


async def follow_up(step: Step) -> None:
    """回访: what the citizen said when called."""
    step.text("content")
    if step.data.get("solved"):
        step.case.solved = step.one_of("solved", SOLVED)
    step.case.wants_person = False
