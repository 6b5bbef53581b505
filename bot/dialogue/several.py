"""One message about several matters becomes as many cases, told in one receipt.

::

    file_several(state, incoming, facts)            the rule
    several_filed(turn, cases, incoming, facts)     the receipt
    ask_next_place(turn, case, incoming, facts)     one question after the other
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.filing import too_many, waiting_case
from bot.dialogue.receipt import describe_course, is_suggestion, name_category, needs_place
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import FileCase, FileSeveral, Turn, button
from bot.incoming import Incoming
from bot.words import digest


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


def ask_next_place(turn: Turn, case: CaseView, incoming: Incoming, facts: Facts) -> Turn:
    """The place of ``case`` is known now; those of the same message may have none yet."""
    same = [own for own in facts.cases if own.filed_at == case.filed_at and own.id != case.id]
    return _ask_place(turn, sorted(same, key=lambda own: own.id), incoming, facts)


def _ask_place(turn: Turn, cases: Sequence[CaseView], incoming: Incoming, facts: Facts) -> Turn:
    """One line more in the answer, for the first of them that needs it."""
    case = next((own for own in cases if own.is_open and needs_place(own, facts)), None)
    if case is None:
        return turn
    say = facts.texts.say
    state = turn.state.asking(Step.ASKING_PLACE, incoming.at, case.id)
    *before, last = turn.replies
    text = f"{last.text}\n{say('receipt.ask_place_of', number=case.number)}"
    row = (button(say("button.skip"), "noplace", case.id, state.stamp),)
    asked = replace(last, text=text, buttons=(*last.buttons, row), case_id=case.id)
    return replace(turn, state=state, replies=(*before, asked))


def _describe_course(case: CaseView, facts: Facts) -> str:
    """No question: buttons for each of several would be a wall."""
    if is_suggestion(case, facts):
        category = name_category(case.category, facts)
        return facts.texts.say("receipt.perhaps", category=category)
    return describe_course(case, facts)
