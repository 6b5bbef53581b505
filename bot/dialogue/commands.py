"""Commands and bare words: /start, /help, /status, /cases, /cancel, 人工 and the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.dialogue.account import (
    ask_to_forget,
    choose_language,
    end_talk,
    stop_news,
    tell_holdings,
)
from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.links import make_link
from bot.dialogue.receipt import describe_status, name_category
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import Button, FileCase, LeaveToPerson, Mute, Turn, Withdraw, button
from bot.incoming import Incoming
from bot.words import Command, read_command
from cases.case_number import looks_like_number, parse_number
from cases.notifications import state_name

LISTED = 5


def obey_command(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Run the command the text is, if it is one. An unknown /command gets the help."""
    command = read_command(incoming.text) if incoming.is_plain_text else None
    if command is None:
        return None
    obey = _COMMANDS.get(command.name)
    if obey is None:
        say = facts.texts.say
        return Turn(state).saying(f"{say('help.unknown_command')}\n{say('help.text')}")
    return obey(state, incoming, facts, command)


def answer_number(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """A case number typed alone asks for its status; somebody else's says no more than none."""
    if not incoming.is_plain_text:
        return None
    if parse_number(incoming.text) is None and not looks_like_number(incoming.text):
        return None
    return _tell_status(state, facts, facts.mentioned)


def number_in(incoming: Incoming) -> str | None:
    """The case number a message asks about, so that the engine can look it up."""
    if not incoming.is_plain_text:
        return None
    command = read_command(incoming.text)
    if command is None:
        return parse_number(incoming.text)
    return parse_number(command.rest) if command.name in ("status", "link") else None


def status_button(case: CaseView, facts: Facts, stamp: int) -> tuple[Button, ...]:
    """[没解决，重新办理] where the case is settled, nothing otherwise."""
    if not case.can_reopen:
        return ()
    label = facts.texts.say("button.reopen")
    return (button(label, "reopen", case.id, case.round),)


def undo_window(facts: Facts) -> timedelta:
    """How long after filing a citizen may take a case back alone."""
    return timedelta(minutes=float(facts.town.policy["citizen"]["undo_minutes"]))


def _start(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    turn = Turn(state).saying(facts.texts.say("start.greeting"))
    # Coming back is a wish to hear from us again.
    return replace(turn, action=Mute(False)) if facts.muted else turn


def _help(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    return Turn(state).saying(facts.texts.say("help.text"))


def _privacy(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    return Turn(state).saying(facts.texts.say("privacy.text"))


def _status(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    if command.rest:
        return _tell_status(state, facts, facts.mentioned)
    if facts.newest is None:
        return Turn(state).saying(facts.texts.say("status.none"))
    return _tell_status(state, facts, facts.newest)


def tell_progress(state: DialogueState, facts: Facts) -> Turn:
    """How the case stands that the words are about, else the newest one."""
    if not facts.cases:
        return Turn(state).saying(facts.texts.say("status.none"))
    about = facts.tag.category if facts.tag else None
    named = (case for case in facts.cases if case.category == about)
    return _tell_status(state, facts, next(named, facts.newest))


def _tell_status(state: DialogueState, facts: Facts, case: CaseView | None) -> Turn:
    if case is None:
        return Turn(state).saying(facts.texts.say("status.unknown"))
    row = status_button(case, facts, state.stamp)
    return Turn(state).saying(describe_status(case, facts), row, case_id=case.id)


def _cases(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    say = facts.texts.say
    if not facts.page:
        return Turn(state).saying(say("status.none"))
    return list_cases(state, facts)


def list_cases(state: DialogueState, facts: Facts) -> Turn:
    """One page of the citizen's cases; [更早的] leads on."""
    say = facts.texts.say
    lines = [say("status.list")]
    lines += [
        say(
            "status.item",
            number=case.number,
            category=name_category(case.category, facts),
            state=state_name(case.shown or case.state, facts.texts.language),
        )
        for case in facts.page
    ]
    row: tuple[Button, ...] = ()
    if facts.page_next:
        row = (button(say("button.more"), "more", 0, state.stamp, str(facts.page_next)),)
    return Turn(state).saying("\n".join([*lines, say("status.more")]), row)


def _cancel(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    """Take back what was filed a moment ago, else leave the open question."""
    say = facts.texts.say
    if state.holds:
        return Turn(state.at_rest()).saying(say("cancel.draft"))
    case = facts.newest
    if case is not None and case.is_open:
        if incoming.at - case.filed_at <= undo_window(facts):
            return Turn(state.at_rest(), action=Withdraw(case))
        if state.step is Step.IDLE:
            return Turn(state).saying(say("cancel.too_late", number=case.number))
    if state.step is not Step.IDLE:
        return Turn(state.at_rest()).saying(say("cancel.left"))
    return Turn(state).saying(say("cancel.nothing"))


def _human(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    """A person is to look: at the newest open case, or at a new one with the words kept."""
    case = next((case for case in facts.cases if case.is_open), None)
    if case is not None and not (state.kept or state.holds):
        return Turn(state.at_rest(), action=LeaveToPerson(case))
    text = "\n".join(filter(None, (state.kept, facts.texts.say("media.human_text"))))
    action = FileCase(text, files=state.kept_files, location=state.kept_location, for_person=True)
    return Turn(state.at_rest(), action=action)


_COMMANDS = {
    "start": _start,
    "help": _help,
    "privacy": _privacy,
    "status": _status,
    "cases": _cases,
    "cancel": _cancel,
    "undo": _cancel,
    "human": _human,
    "end": end_talk,
    "lang": choose_language,
    "stop": stop_news,
    "mydata": tell_holdings,
    "delete_my_data": ask_to_forget,
    "link": make_link,
}
