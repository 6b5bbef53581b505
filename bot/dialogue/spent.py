"""What a card still offers once a choice was made: nothing that was chosen already.

    spend_cards(turn, action, case, facts) -> Turn      marks on the answer which cards change
    spend_skip(case, mark) -> Spent                     the place was skipped or given
    rating_rows(case, facts)                            the scale as buttons

Pure; ``bot.cards`` finds the cards and queues their edits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.receipt import name_category
from bot.dialogue.turn import (
    Button,
    ChooseCategory,
    LeaveToPerson,
    Rate,
    Reopen,
    SayWord,
    Spent,
    Supplement,
    Turn,
    Withdraw,
    button,
)
from cases.lifecycle import State
from cases.notifications import load_templates, satisfaction_names

_TAG = frozenset({"ok", "cat", "other"})
_PLACE = frozenset({"noplace"})
_UNDO = _TAG | _PLACE | {"undo"}
_RATING = frozenset({"rate", "rerate"})
_REOPENING = _RATING | {"reopen"}
_SOLVED = frozenset({"solved"})
_WORD = frozenset({"word"})


def spend_cards(turn: Turn, action: Any, case: CaseView, facts: Facts) -> Turn:
    """The turn whose last answer says which cards about ``case`` change with it."""
    spent = _spent_by(action, case, facts)
    if spent is None or not turn.replies:
        return turn
    *before, last = turn.replies
    return replace(turn, replies=(*before, replace(last, spent=spent)))


def spend_skip(case: CaseView, mark: str) -> Spent:
    """[跳过] is settled: the place was skipped, or came another way."""
    return Spent(case.id, "place", _PLACE, mark)


def rating_rows(case: CaseView, facts: Facts) -> tuple[tuple[Button, ...], ...]:
    """One button for each level of satisfaction, bound to the case's round."""
    buttons = tuple(
        button(name, "rate", case.id, case.round, str(value))
        for value, name in satisfaction_names(facts.town, facts.texts.language).items()
    )
    return buttons[:3], buttons[3:]


def _spent_by(action: Any, case: CaseView, facts: Facts) -> Spent | None:
    say = facts.texts.say
    if isinstance(action, ChooseCategory) and case.category == action.category:
        mark = say("card.tagged", category=name_category(case.category, facts))
        return Spent(case.id, "tag", _TAG, mark)
    if isinstance(action, ChooseCategory) or (isinstance(action, LeaveToPerson) and action.because):
        return Spent(case.id, "tag", _TAG, say("card.staff"))
    if isinstance(action, Withdraw):
        return Spent(case.id, "undo", _UNDO, say("card.withdrawn"))
    if isinstance(action, Reopen):
        mark = say("card.reopened")
        return Spent(case.id, "rating", _REOPENING, mark, stamp=action.case.round)
    if isinstance(action, Supplement) and (action.place or action.location):
        mark = say("card.placed", place=case.place) if case.place else say("card.pinned")
        return spend_skip(case, mark)
    if isinstance(action, SayWord):
        word = load_templates(facts.texts.language)["words"][action.solved]
        mark = say("card.word", word=word)
        return Spent(action.asked, "word", _WORD, mark, stamp=action.case.round)
    return _rated(action, case, facts) if isinstance(action, Rate) else None


def _rated(action: Rate, case: CaseView, facts: Facts) -> Spent:
    say, round_rated = facts.texts.say, action.case.round
    if action.satisfaction is None:
        reopened = action.solved == "no" and case.state is State.SUBMITTED
        reopened = reopened or case.round > round_rated
        mark = say("card.unsolved" if reopened else "card.solved")
        return Spent(case.id, "rating", _SOLVED, mark, stamp=round_rated)
    name = satisfaction_names(facts.town, facts.texts.language)[action.satisfaction]
    mark = say("card.rated", rating=name)
    if case.round > round_rated:
        return Spent(case.id, "rating", _REOPENING, mark, stamp=round_rated)
    change = button(say("button.rerate"), "rerate", case.id, case.round)
    return Spent(case.id, "rating", _RATING, mark, (change,), stamp=round_rated)
