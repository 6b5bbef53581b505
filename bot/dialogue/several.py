"""One message about several matters becomes as many cases, told in one receipt.

::

    file_several(state, incoming, facts)            the rule
    several_filed(turn, cases, incoming, facts)     the receipt
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.filing import too_many
from bot.dialogue.receipt import describe_course, is_suggestion, name_category, needs_place
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import Button, FileCase, FileSeveral, Turn, button
from bot.incoming import Incoming
from bot.words import digest


def file_several(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Each matter goes its own way: the lamp's people cannot empty the bin."""
    if len(facts.several) < 2:
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
    placeless = next((case for case in cases if needs_place(case, facts)), None)
    rows: tuple[tuple[Button, ...], ...] = ()
    if placeless is not None:
        lines.append(say("receipt.ask_place_of", number=placeless.number))
        state = state.asking(Step.ASKING_PLACE, incoming.at, placeless.id)
        rows = ((button(say("button.skip"), "noplace", placeless.id, state.stamp),),)
    return replace(turn, state=state).saying("\n".join(lines), *rows, case_id=cases[-1].id)


def _describe_course(case: CaseView, facts: Facts) -> str:
    """No question: buttons for each of several would be a wall."""
    if is_suggestion(case, facts):
        category = name_category(case.category, facts)
        return facts.texts.say("receipt.perhaps", category=category)
    return describe_course(case, facts)
