"""A pressed button. Old buttons are answered with how things stand now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.dialogue.account import tap_forget, tap_language
from bot.dialogue.answers import tap_answer
from bot.dialogue.commands import list_cases, status_button, undo_window
from bot.dialogue.errands import tap_area, tap_errand, tap_item
from bot.dialogue.facts import CaseView, Facts, Option
from bot.dialogue.filing import file_now, supplement_kept
from bot.dialogue.receipt import category_buttons, describe_status, is_dispatchable
from bot.dialogue.spent import rating_rows, spend_skip
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import (
    ChooseCategory,
    JoinCase,
    LeaveToPerson,
    Rate,
    Reopen,
    Reply,
    SayWord,
    Turn,
    Withdraw,
)
from bot.incoming import Incoming
from bot.words import normalise, typed_digit
from cases.callbacks import Callback, decode
from cases.lifecycle import State

#: The same button again this soon is a nervous finger, not a second wish.
DOUBLE_TAP_WITHIN = timedelta(seconds=10)


def answer_tap(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Do what the button says, once."""
    if incoming.tap is None:
        return None
    return press(state, incoming, facts, incoming.tap)


def answer_typed_button(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """A button's number or label, typed, presses it: for screen readers and plain channels.

    A digit on a rating means that many points; elsewhere it counts the buttons.
    """
    if not incoming.is_plain_text or not facts.options:
        return None
    pressed = find_option(incoming.text, facts.options)
    return press(state, incoming, facts, pressed.data) if pressed else None


def find_option(text: str, options: tuple[Option, ...]) -> Option | None:
    """The button that ``text`` names by label or number, or ``None``."""
    plain = normalise(text)
    for option in options:
        if plain == normalise(option.label):
            return option
    digit = typed_digit(text)
    if digit is None:
        return None
    for option in options:
        callback = decode(option.data)
        if callback and callback.verb == "rate" and callback.value == str(digit):
            return option
    return options[digit - 1] if digit <= len(options) else None


def press(state: DialogueState, incoming: Incoming, facts: Facts, data: str) -> Turn:
    """The effect of a button's data."""
    again = state.last_tap_at is not None and data == state.last_tap
    if again and state.last_tap_at and incoming.at - state.last_tap_at <= DOUBLE_TAP_WITHIN:
        return Turn(state)
    state = replace(state, last_tap=data, last_tap_at=incoming.at)
    callback = decode(data)
    effect = _VERBS.get(callback.verb) if callback else None
    turn = effect(state, incoming, facts, callback) if effect and callback else None
    return turn or _stale(state, facts)


def _stale(state: DialogueState, facts: Facts) -> Turn:
    say = facts.texts.say
    case = facts.tapped
    if case is None:
        return Turn(state).saying(say("talk.stale_lost"))
    text = f"{say('talk.stale')}\n{describe_status(case, facts)}"
    return Turn(state).saying(text, status_button(case, facts, state.stamp), case_id=case.id)


def _leave_question(state: DialogueState, case: CaseView) -> DialogueState:
    """A tap on a receipt keeps the place question of that receipt open."""
    same = state.step is Step.ASKING_PLACE and state.case_id == case.id
    return state if same else state.leave_question()


def _right(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or case.state is not State.SUBMITTED:
        return None
    if case.category is None or not is_dispatchable(case.category, facts):
        return None
    return Turn(_leave_question(state, case), action=ChooseCategory(case, case.category))


def _other(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or not case.is_open:
        return None
    if tap.value == "none":
        because = facts.texts.say("button.wrong")
        return Turn(_leave_question(state, case), action=LeaveToPerson(case, because))
    rows = category_buttons(case, facts, state.stamp)
    return Turn(state).saying(facts.texts.say("ask.category"), *rows, case_id=case.id)


def _category(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or not case.is_open or not is_dispatchable(tap.value, facts):
        return None
    if tap.value == case.category and case.state is not State.SUBMITTED:
        return None
    return Turn(_leave_question(state, case), action=ChooseCategory(case, tap.value))


def _no_place(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or state.step is not Step.ASKING_PLACE or state.case_id != case.id:
        return None
    text = facts.texts.say("place.skipped", number=case.number)
    spent = spend_skip(case, facts.texts.say("card.skipped"))
    return Turn(state.at_rest(), (Reply(text, case_id=case.id, spent=spent),))


def _undo(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or not case.is_open:
        return None
    if incoming.at - case.filed_at > undo_window(facts):
        text = facts.texts.say("cancel.too_late", number=case.number)
        return Turn(state).saying(text, case_id=case.id)
    return Turn(state.leave_question(), action=Withdraw(case))


def _join(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or not case.is_open:
        return None
    return Turn(_leave_question(state, case), action=JoinCase(case))


def _rate(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or not case.can_reopen or tap.stamp != case.round:
        return None
    if not tap.value.isdigit() or not 1 <= int(tap.value) <= 5:
        return None
    return Turn(state.leave_question(), action=Rate(case, satisfaction=int(tap.value)))


def _rerate(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    """[修改评价]: the scale again; whether it still counts is decided when it is pressed."""
    case = facts.tapped
    if case is None or not case.can_reopen or tap.stamp != case.round:
        return None
    text = facts.texts.say("rating.again", number=case.number)
    return Turn(state).saying(text, *rating_rows(case, facts), case_id=case.id)


def _solved(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or tap.stamp != case.round or tap.value not in ("yes", "partly", "no"):
        return None
    if not (case.can_reopen or case.state is State.ANSWERED):
        return None
    return Turn(state.leave_question(), action=Rate(case, solved=tap.value))


def _word(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    """What is not theirs is not described: an old button only hears that it is old."""
    case = facts.followed
    known = tap.value in ("yes", "partly", "no")
    if case is None or not known or not case.can_reopen or tap.stamp != case.round:
        return Turn(state).saying(facts.texts.say("talk.stale_lost"))
    return Turn(state.leave_question(), action=SayWord(case, tap.value, tap.case_id))


def _reopen(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None or not case.can_reopen or tap.stamp != case.round:
        return None
    return Turn(state.leave_question(), action=Reopen(case))


def _status(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    case = facts.tapped
    if case is None:
        return None
    return Turn(state).saying(describe_status(case, facts), case_id=case.id)


def _file(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    """[这是诉求，请登记] and [不是，另外一件]: the kept words become a case of their own."""
    if state.step not in (Step.ASKING_FILE, Step.ASKING_WHOSE) or not state.kept:
        return None
    if tap.stamp != state.stamp:
        return None
    return file_now(state, incoming, state.kept)


def _supplement(
    state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback
) -> Turn | None:
    case = facts.tapped
    if case is None or state.step is not Step.ASKING_WHOSE or state.case_id != case.id:
        return None
    return supplement_kept(state, replace(incoming, tap=None, text=""), case)


def _more(state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback) -> Turn | None:
    return list_cases(state, facts) if facts.page else None


_VERBS = {
    "ok": _right,
    "other": _other,
    "cat": _category,
    "noplace": _no_place,
    "undo": _undo,
    "join": _join,
    "rate": _rate,
    "rerate": _rerate,
    "solved": _solved,
    "word": _word,
    "reopen": _reopen,
    "status": _status,
    "file": _file,
    "new": _file,
    "supp": _supplement,
    "more": _more,
    "lang": tap_language,
    "forget": tap_forget,
    "kb": tap_answer,
    "run": tap_item,
    "area": tap_area,
    "errand": tap_errand,
}
