"""What follows a message that was filed without saying what it is about.

::

    open_vague(state, incoming) -> case id | None    whose words the new ones are read with
    complete_vague(state, incoming, facts)           the rule: more words belong to that case
    is_vague(case, facts, text)                      whether a filing left its matter open
"""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.state import DialogueState
from bot.dialogue.turn import Supplement, Turn
from bot.incoming import Incoming
from bot.words import normalise
from cases.classification import Tag
from cases.lifecycle import State

VAGUE_WITHIN = timedelta(minutes=10)
#: 救命, 快来人啊: too short to say what happened, whatever the machine thinks of it.
CRY_LENGTH = 5
UNCLEAR, INVALID = "na.unclear", "na.invalid"
#: Below this we do not call a message invalid to its sender's face.
SURE_INVALID = 0.8


def open_vague(state: DialogueState, incoming: Incoming) -> int | None:
    """The case whose matter is still open, while its sender is likely to go on."""
    if state.vague_case_id is None or state.vague_at is None or state.holds:
        return None
    return state.vague_case_id if incoming.at - state.vague_at <= VAGUE_WITHIN else None


def complete_vague(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """The next words are the rest of the story, not a story of their own."""
    case = facts.find(open_vague(state, incoming))
    if case is None or case.state is not State.SUBMITTED or not incoming.text:
        return None
    if incoming.edited or incoming.tap is not None or surely_invalid(facts.tag):
        return None
    action = Supplement(
        case,
        text=incoming.text,
        files=incoming.files,
        location=incoming.location,
        message_key=incoming.message_key,
        completes=True,
    )
    return Turn(state, action=action)


def surely_invalid(tag: Tag | None) -> bool:
    """An advertisement, a test, a curse: nothing to file."""
    return tag is not None and tag.category == INVALID and tag.confidence >= SURE_INVALID


def is_vague(case: CaseView, facts: Facts, text: str) -> bool:
    """Filed, and nobody can tell yet what it is about."""
    if case.state is not State.SUBMITTED:
        return False
    unknown = case.category not in facts.town.categories or case.category in (UNCLEAR, INVALID)
    return unknown or len(normalise(text)) <= CRY_LENGTH
