"""Words that are a place and nothing else, or that can be none.

::

    bare_place(text, place) -> str | None       "在哪？就是大关路公交站" -> "大关路公交站"
    could_be_place(text) -> bool                in answer to "where?", even if no name is known
    ends_as_place(text) -> bool                 said without being asked
    drop_lead(text) -> str                      "就在我们小区门口" -> "我们小区门口"
    take_bare_place(state, incoming, facts)     the rule: a place alone is no problem of its own
"""

from __future__ import annotations

import re

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.filing import FILES_WITHIN, ask_what, ask_whose, is_critical, waiting_case
from bot.dialogue.state import DialogueState
from bot.dialogue.turn import Supplement, Turn
from bot.incoming import Incoming
from bot.words import means, word_pattern
from cases.place import find_place

#: So short it may be the name of something (万达, 老张家).
_NAME_LENGTH = 6
#: Longer ones that nobody asked for are rather a matter.
_SHORT_PLACE = 10
_CLOSING = " 。.!！?？,，~"


def bare_place(text: str, place: str | None) -> str | None:
    """The place from its name on, if the rest of the text only leads up to it.

    :param place: what ``find_place`` found in ``text``
    """
    if place is None:
        return None
    before, _, after = text.partition(place)
    if not (means(before, "aside") and means(after, "aside")):
        return None
    return (place + after).strip(_CLOSING).removesuffix("的")


def could_be_place(text: str) -> bool:
    """Whether it may say where; much that people say next says more of what."""
    plain = text.strip(_CLOSING)
    if means(plain, "sentence") or means(plain, "question"):
        return False
    if means(plain, "place_end"):
        return True
    if means(plain, "statement"):
        return False
    return means(plain, "place_part") or (len(plain) <= _NAME_LENGTH and not means(plain, "clause"))


def ends_as_place(text: str) -> bool:
    """A few words that end as places do and state nothing (小区东门, 上塘河)."""
    plain = text.strip(_CLOSING)
    stated = any(means(plain, what) for what in ("sentence", "question", "statement", "clause"))
    return len(plain) <= _SHORT_PLACE and means(plain, "place_end") and not stated


def drop_lead(text: str) -> str:
    """The words from the place on."""
    plain = text.strip(_CLOSING).removesuffix("的")
    return re.sub(f"^(?:{word_pattern('lead')})", "", plain) or plain


def states_more(text: str) -> bool:
    """Whether an answer that names a place says more than where (文晖路上全是车)."""
    plain = text.strip(_CLOSING)
    stated = any(means(plain, what) for what in ("sentence", "question", "statement"))
    return stated or not means(plain, "place_end")


def take_bare_place(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """It is where the case filed a moment ago is, or the beginning of the next story."""
    if not incoming.is_plain_text or state.holds or is_critical(facts.tag):
        return None
    if waiting_case(facts) is not None:
        return None  # staff asked, and this is the answer
    text, case = incoming.text.strip(), facts.newest
    recent = case is not None and case.takes_more and incoming.at - case.filed_at <= FILES_WITHIN
    place = bare_place(text, facts.place)
    if place is None and recent and facts.place is None and ends_as_place(text):
        place = drop_lead(text)
    if place is None:
        return None
    if case is None or not recent:
        return ask_what(state, incoming, facts)
    corrects = facts.place is not None and means(text.partition(facts.place)[0], "correction")
    if not corrects and not _same_place(case, place):
        return ask_whose(state, incoming, facts, case)
    if not corrects and case.place and find_place(case.place) is None and case.place not in place:
        place = f"{place}，{case.place}"  # 王家村，我们村口那个
    action = Supplement(case, place=place, message_key=incoming.message_key)
    return Turn(state.leave_question(), action=action)


def _same_place(case: CaseView, place: str) -> bool:
    known = find_place(case.place) if case.place else None
    return known is None or known in place or place in known
