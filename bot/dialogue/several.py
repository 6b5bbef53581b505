"""One message about several matters becomes as many cases, told in one receipt.

::

    file_several(state, incoming, facts)            the rule
    several_filed(turn, cases, incoming, facts)     the receipt
    ask_next_place(turn, case, also, incoming, facts)  one question after the other
    placeless_siblings(case, facts)                 of the same message, and still without a place
    said_of_all(text, place) -> str | None          "两个都在桂花弄" -> "桂花弄"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.filing import too_many, waiting_case
from bot.dialogue.receipt import describe_course, is_suggestion, name_category, needs_place
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import FileCase, FileSeveral, Turn, button
from bot.incoming import Incoming
from bot.words import digest, has_han, means, word_pattern


def file_several(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Each matter goes its own way: the lamp's people cannot empty the bin."""
    if len(facts.several) < 2 or waiting_case(facts) is not None:
        return None
    refused = too_many(state, facts, len(facts.several))
    if refused is not None:
        return refused
    parts = tuple(FileCase(said.text, place=said.place) for said in facts.several)
    state = replace(
        state.at_rest(),
        last_digest=digest(incoming.text),
        last_text_at=incoming.at,
        last_case_id=None,
        last_message_key=incoming.message_key,
    )
    tags = tuple(said.tag for said in facts.several)
    return Turn(state, action=FileSeveral(parts, tags, incoming.message_key))


def several_filed(turn: Turn, cases: Sequence[CaseView], incoming: Incoming, facts: Facts) -> Turn:
    """Numbers, codes and ways of all of them, and one question about a place at most."""
    say = facts.texts.say
    lines = [say("receipt.several", count=len(cases))]
    if any(case.urgency == "critical" for case in cases):
        lines.insert(0, say("receipt.danger"))
    for i, case in enumerate(cases, start=1):
        told = say("receipt.one_of_several", index=i, number=case.number, code=case.tracking_code)
        lines.append(told + _describe_course(case, facts))
    if not facts.cases:
        lines.append(say("receipt.privacy"))
    state = replace(turn.state, last_case_id=cases[-1].id)
    turn = replace(turn, state=state).saying("\n".join(lines), case_id=cases[-1].id)
    return _ask_place(turn, cases, incoming, facts)


def ask_next_place(
    turn: Turn, case: CaseView, also: Sequence[CaseView], incoming: Incoming, facts: Facts
) -> Turn:
    """The place of ``case`` and of those in ``also`` is known now; others of the same message may
    have none yet."""
    known = {own.id for own in also}
    left = [own for own in placeless_siblings(case, facts) if own.id not in known]
    return _ask_place(turn, left, incoming, facts)


def placeless_siblings(case: CaseView, facts: Facts) -> tuple[CaseView, ...]:
    """Cases of the same message that somebody has to find and nobody said where, oldest first."""
    same = (own for own in facts.cases if own.filed_at == case.filed_at and own.id != case.id)
    return _placeless(sorted(same, key=lambda own: own.id), facts)


def said_of_all(text: str, place: str | None) -> str | None:
    """The place, if the words say that all the matters are there; otherwise ``None`` (都是垃圾).

    :param place: what ``find_place`` found in ``text``
    """
    found = re.match(word_pattern("all_at"), text.strip(), re.IGNORECASE)
    named = text.strip()[found.end() :] if found else ""
    is_place = place is not None or means(named, "place_end") or not has_han(named)
    return named if named and is_place else None


def _ask_place(turn: Turn, cases: Sequence[CaseView], incoming: Incoming, facts: Facts) -> Turn:
    """One line more in the answer, for the first of them that needs it."""
    left = _placeless(cases, facts)
    if not left:
        return turn
    case, say = left[0], facts.texts.say
    state = turn.state.asking(Step.ASKING_PLACE, incoming.at, case.id)
    *before, last = turn.replies
    question = "receipt.ask_place_of_all" if len(left) > 1 else "receipt.ask_place_of"
    text = f"{last.text}\n{say(question, number=case.number)}"
    row = (button(say("button.skip"), "noplace", case.id, state.stamp),)
    asked = replace(last, text=text, buttons=(*last.buttons, row), case_id=case.id)
    return replace(turn, state=state, replies=(*before, asked))


def _placeless(cases: Sequence[CaseView], facts: Facts) -> tuple[CaseView, ...]:
    return tuple(case for case in cases if case.is_open and needs_place(case, facts))


def _describe_course(case: CaseView, facts: Facts) -> str:
    """No question: buttons for each of several would be a wall."""
    if is_suggestion(case, facts):
        category = name_category(case.category, facts)
        return facts.texts.say("receipt.perhaps", category=category)
    return describe_course(case, facts)
