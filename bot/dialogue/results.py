"""What the citizen hears once an action was done, or was refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.dialogue.commands import status_button
from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.rating_results import rated, reopened, word_noted
from bot.dialogue.receipt import (
    describe_course,
    describe_receipt,
    describe_status,
    name_category,
    name_files,
    needs_place,
    receipt_buttons,
    say_dispatched,
)
from bot.dialogue.service_actions import FileConsultation
from bot.dialogue.several import ask_next_place, several_filed
from bot.dialogue.spent import spend_cards
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.told import TOLD
from bot.dialogue.turn import (
    ChooseCategory,
    FileCase,
    FileSeveral,
    JoinCase,
    LeaveToPerson,
    Note,
    Outcome,
    Rate,
    Reopen,
    SayWord,
    Supplement,
    Turn,
    Withdraw,
    button,
)
from bot.dialogue.vague import is_vague
from bot.incoming import FileKind, Incoming
from cases.lifecycle import State


def conclude(turn: Turn, outcome: Outcome, incoming: Incoming, facts: Facts) -> Turn:
    """The turn after its action ran: no action left, the answer added. Pure."""
    action, done = turn.action, replace(turn, action=None)
    if action is None:
        return turn
    if outcome.refused is None and type(action) in TOLD:
        return _join(TOLD[type(action)](done, action, outcome, facts))
    if isinstance(action, FileSeveral) and outcome.case is not None:
        return several_filed(done, (outcome.case, *outcome.others), incoming, facts)
    if outcome.refused is not None or outcome.case is None:
        return _refused(done, action, outcome.refused or "", facts)
    told = _join(_ANSWERS[type(action)](done, action, outcome.case, incoming, facts))
    return spend_cards(told, action, outcome.case, facts)


def _join(turn: Turn) -> Turn:
    """One event, one message: what was said before the action goes in front."""
    *before, last = turn.replies or (None,)
    if last is None or not before:
        return turn
    text = "\n".join([*(reply.text for reply in before if reply), last.text])
    return replace(turn, replies=(replace(last, text=text),))


def _refused(turn: Turn, action: Any, why: str, facts: Facts) -> Turn:
    say = facts.texts.say
    case: CaseView | None = getattr(action, "case", None)
    if case is None:
        return turn.saying(say("talk.refused", why=why))
    sections = {Withdraw: "cancel.refused", Reopen: "reopen.refused", Rate: "rating.refused"}
    if isinstance(action, SayWord):
        return turn.saying(say("talk.refused", number=case.number, why=why))
    if isinstance(action, ChooseCategory):
        text = say("tag.fixed")
    else:
        text = say(sections.get(type(action), "talk.refused"), number=case.number, why=why)
    return turn.saying(f"{text}\n{describe_status(case, facts)}", case_id=case.id)


def _filed(
    turn: Turn,
    action: FileCase | FileConsultation,
    case: CaseView,
    incoming: Incoming,
    facts: Facts,
) -> Turn:
    say = facts.texts.say
    state = turn.state.remembering(action.message_key, case.id)
    state = replace(state, last_case_id=case.id)
    if incoming.album:
        state = replace(state, album=incoming.album, album_case_id=case.id)
    if action.for_person:
        text = say("human.filed", number=case.number, hours=office_hours(facts))
        text = _with_queue(text, facts)
        return replace(turn, state=state).saying(text, case_id=case.id)
    if isinstance(action, FileCase) and is_vague(case, facts, action.text):
        state = replace(state, vague_case_id=case.id, vague_at=incoming.at)
    lines = [describe_receipt(case, facts)]
    asks_place = needs_place(case, facts, incoming.text) and not state.holds
    if case.place:
        lines.append(say("receipt.place", place=case.place))
    if action.files:
        lines.append(say("receipt.files", files=name_files(action.files, facts)))
    if any(file.is_oversize for file in incoming.files):
        lines.append(say("receipt.too_large"))
    if any(file.kind is FileKind.VOICE for file in action.files):
        lines.append(say("receipt.voice"))
    if not facts.cases:
        lines.append(say("receipt.privacy"))
    if case.joins:
        lines.append(say("receipt.joins", count=case.joins))
    if asks_place:
        lines.append(say("receipt.ask_place"))
        state = state.asking(Step.ASKING_PLACE, incoming.at, case.id)
    elif not state.holds:
        state = replace(state, stamp=state.stamp + 1)
    rows = receipt_buttons(case, facts, state.stamp, asks_place=asks_place)
    if case.joins:
        rows = (*rows, (button(say("button.join"), "join", case.id, state.stamp),))
    return replace(turn, state=state).saying("\n".join(lines), *rows, case_id=case.id)


def _joined(turn: Turn, action: JoinCase, case: CaseView, incoming: Incoming, facts: Facts) -> Turn:
    """Into the other case, or the other one was quicker and is in theirs already."""
    key = "receipt.joined" if case.state is State.MERGED else "receipt.joined_here"
    text = facts.texts.say(key, number=case.number)
    return turn.saying(text, case_id=case.id)


def _category_chosen(
    turn: Turn, action: ChooseCategory, case: CaseView, incoming: Incoming, facts: Facts
) -> Turn:
    if case.unit and case.state is State.DISPATCHED and case.category == action.category:
        return turn.saying(say_dispatched("tag", case, facts), case_id=case.id)
    if case.category != action.category:
        return turn.saying(facts.texts.say("tag.fixed"), case_id=case.id)
    category = name_category(case.category, facts)
    text = facts.texts.say("tag.noted", category=category, number=case.number)
    return turn.saying(text, case_id=case.id)


def _left_to_person(
    turn: Turn, action: LeaveToPerson, case: CaseView, incoming: Incoming, facts: Facts
) -> Turn:
    if action.because:
        text = facts.texts.say("tag.person", number=case.number)
    else:
        hours = office_hours(facts)
        text = facts.texts.say("human.flagged", number=case.number, hours=hours)
        text = _with_queue(text, facts)
    return turn.saying(text, case_id=case.id)


def _with_queue(text: str, facts: Facts) -> str:
    if facts.ahead == 0:
        return text
    return f"{text}\n{facts.texts.say('human.ahead', ahead=facts.ahead)}"


def _supplemented(
    turn: Turn, action: Supplement, case: CaseView, incoming: Incoming, facts: Facts
) -> Turn:
    turn = replace(turn, state=turn.state.remembering(action.message_key, case.id))
    if action.quiet:
        return turn
    say = facts.texts.say
    before = action.case
    if action.completes and (case.category, case.urgency) != (before.category, before.urgency):
        return _completed(turn, case, incoming, facts)
    if action.amends:
        text = say("amend.done", number=case.number)
    elif action.edited and before.is_open:
        text = say("amend.later", number=case.number)
    elif action.phone:
        text = say("supplement.phone", number=case.number)
    elif before.state is State.REJECTED:
        again = case.state is State.REJECTED
        text = say("supplement.kept" if again else "supplement.objected", number=case.number)
    elif before.can_reopen:
        text = say("supplement.closed", number=case.number)
    elif before.state is State.MERGED:
        text = say("supplement.merged", number=case.number)
    elif not before.is_open:
        text = say("supplement.over", number=case.number)
    elif action.place or (action.location and action.location.title and not action.text):
        text = _place_noted(action, case, facts)
    elif action.location and not action.text:
        text = say("place.noted_pin", number=case.number)
    elif action.files and not action.text:
        files = name_files(action.files, facts)
        text = say("supplement.done_files", files=files, number=case.number)
    else:
        text = say("supplement.done", number=case.number)
    turn = turn.saying(text, status_button(case, facts, turn.state.stamp), case_id=case.id)
    return ask_next_place(turn, case, action.also, incoming, facts) if action.place else turn


def _place_noted(action: Supplement, case: CaseView, facts: Facts) -> str:
    numbers = [case.number, *(own.number for own in action.also)]
    if len(numbers) == 1:
        return facts.texts.say("place.noted", place=case.place, number=case.number)
    listed = facts.texts.say("media.joiner").join(numbers)
    return facts.texts.say("place.noted_all", place=case.place, numbers=listed)


def _completed(turn: Turn, case: CaseView, incoming: Incoming, facts: Facts) -> Turn:
    """Now it is known what the case is about: the rest of the receipt."""
    say = facts.texts.say
    state = turn.state
    if not is_vague(case, facts, incoming.text):
        state = replace(state, vague_case_id=None, vague_at=None)
    lines = [say("supplement.done", number=case.number), describe_course(case, facts)]
    if case.urgency == "critical":
        lines.insert(0, say("receipt.danger"))
    if case.place:
        lines.append(say("receipt.place", place=case.place))
    asks_place = needs_place(case, facts)
    if asks_place:
        lines.append(say("receipt.ask_place"))
        state = state.asking(Step.ASKING_PLACE, incoming.at, case.id)
    else:
        state = replace(state, stamp=state.stamp + 1)
    rows = receipt_buttons(case, facts, state.stamp, asks_place=asks_place)
    return replace(turn, state=state).saying("\n".join(lines), *rows, case_id=case.id)


def _noted(turn: Turn, action: Note, case: CaseView, incoming: Incoming, facts: Facts) -> Turn:
    key = "rating.reason_noted" if action.is_reason else "supplement.done"
    return turn.saying(facts.texts.say(key, number=case.number), case_id=case.id)


def _withdrawn(
    turn: Turn, action: Withdraw, case: CaseView, incoming: Incoming, facts: Facts
) -> Turn:
    state = replace(turn.state, last_digest="", last_case_id=None, vague_case_id=None)
    text = facts.texts.say("cancel.withdrawn", number=case.number)
    return replace(turn, state=state).saying(text, case_id=case.id)


def office_hours(facts: Facts) -> str:
    """When people are there, from the town's policy."""
    office = facts.town.policy["office"]
    hours = f"{office['starts']}–{office['break_starts']}、{office['break_ends']}–{office['ends']}"
    if facts.texts.language == "en":
        hours = hours.replace("、", ", ")
    return facts.texts.say("human.hours", hours=hours)


def settle_state(state: DialogueState, incoming: Incoming) -> DialogueState:
    """What is remembered of every message, whatever it was."""
    if incoming.tap is None and not incoming.edited and incoming.message_key:
        return replace(state, last_message_key=incoming.message_key)
    return state


_ANSWERS: dict[type, Callable[[Turn, Any, CaseView, Incoming, Facts], Turn]] = {
    FileCase: _filed,
    ChooseCategory: _category_chosen,
    LeaveToPerson: _left_to_person,
    Supplement: _supplemented,
    Note: _noted,
    Withdraw: _withdrawn,
    Rate: rated,
    SayWord: word_noted,
    Reopen: reopened,
    JoinCase: _joined,
    FileConsultation: _filed,
}
