"""What the citizen hears of a rating, a word on the outcome, a case taken up again."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.receipt import say_due
from bot.dialogue.state import Step
from bot.dialogue.turn import Rate, Reopen, SayWord, Turn
from bot.incoming import Incoming
from cases.lifecycle import State


def rated(turn: Turn, action: Rate, case: CaseView, incoming: Incoming, facts: Facts) -> Turn:
    """A bad rating reopens by itself while it may; why is asked afterwards, never before."""
    say = facts.texts.say
    taken_up = case.round > action.case.round or (
        case.state is State.SUBMITTED and action.solved == "no"
    )
    if taken_up:
        text = _say_reopened(case, facts)
    elif action.satisfaction is not None and action.satisfaction <= _unhappy_from(facts):
        text = say("rating.bad")
    else:
        changed = action.case.state is State.EVALUATED
        return turn.saying(say("rating.changed" if changed else "rating.thanks"), case_id=case.id)
    return _ask_reason(turn, text, case, incoming, facts)


def word_noted(
    turn: Turn, action: SayWord, case: CaseView, incoming: Incoming, facts: Facts
) -> Turn:
    """To whoever reported it too."""
    key = "rating.word_no" if action.solved == "no" else "rating.thanks"
    return turn.saying(facts.texts.say(key, number=action.case.number))


def reopened(turn: Turn, action: Reopen, case: CaseView, incoming: Incoming, facts: Facts) -> Turn:
    """By the button, without a rating."""
    return _ask_reason(turn, _say_reopened(case, facts), case, incoming, facts)


def _ask_reason(turn: Turn, text: str, case: CaseView, incoming: Incoming, facts: Facts) -> Turn:
    """Why, if no other question waits for its answer."""
    if turn.state.holds:
        return turn.saying(text, case_id=case.id)
    state = turn.state.asking(Step.ASKING_REASON, incoming.at, case.id)
    text = f"{text}\n{facts.texts.say('ask.reason')}"
    return replace(turn, state=state).saying(text, case_id=case.id)


def _say_reopened(case: CaseView, facts: Facts) -> str:
    if case.due_at is None:
        return facts.texts.say("rating.reopened_open", number=case.number)
    due = say_due(case, facts)
    return facts.texts.say("rating.reopened", number=case.number, due=due)


def _unhappy_from(facts: Facts) -> int:
    """The satisfaction up to which a rating counts as unhappy."""
    return int(facts.town.policy["satisfaction"]["unhappy_from"])
