"""The answer to an open question, by step.

A question never holds anybody: whatever is no answer to it falls through to the rules after.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.dialogue.answers import hear_solved
from bot.dialogue.errands import hear_area, hear_item
from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.filing import (
    FILES_WITHIN,
    file_now,
    is_critical,
    is_home,
    join_words,
    names_new_problem,
    supplement,
    supplement_kept,
)
from bot.dialogue.media import recent_case
from bot.dialogue.place_words import (
    bare_place,
    could_be_place,
    drop_lead,
    ends_as_place,
    states_more,
)
from bot.dialogue.several import placeless_siblings, said_of_all
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import Note, Supplement, Turn
from bot.dialogue.vague import open_vague
from bot.incoming import Incoming
from bot.words import means

#: A place is said shortly; a longer text is a message of its own.
PLACE_LENGTH = 40
REASON_WITHIN = timedelta(minutes=10)
#: An old question is not what today's words answer.
ANSWER_WITHIN = timedelta(hours=24)


def answer_question(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Hand the message to the step that waits for one."""
    answer = _ANSWERS.get(state.step)
    if answer is None or state.asked_at is None:
        return None
    if incoming.at - state.asked_at > ANSWER_WITHIN and not state.holds:
        return None
    return answer(state, incoming, facts)


def file_unanswered(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Nobody answered for a while: what was said already is not left lying."""
    if incoming.timeout is None:
        return None
    if incoming.timeout != state.stamp:
        return Turn(state)
    if state.step in (Step.ASKING_WHAT, Step.ASKING_ITEM):
        turn = file_now(state, incoming, state.kept or facts.texts.say("media.photo_text"))
        key = "receipt.unanswered" if state.kept else "receipt.unanswered_media"
        return turn.saying(facts.texts.say(key))
    if state.step is Step.ASKING_FILE:
        return Turn(state.at_rest()).saying(facts.texts.say("cancel.expired"))
    if state.step is not Step.ASKING_WHOSE or not state.holds:
        return Turn(state)
    case = facts.find(state.case_id)
    if case is not None and is_home(case):
        return supplement_kept(state, incoming, case)
    turn = file_now(state, incoming, state.kept)
    return turn.saying(facts.texts.say("receipt.unanswered"))


def _answer_place(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    case = facts.find(state.case_id)
    if case is None or not case.is_open:
        return None
    if incoming.location is not None:
        return supplement(state, incoming, case)
    if not incoming.is_plain_text or len(incoming.text.strip()) > PLACE_LENGTH:
        return None
    if means(incoming.text, "thanks") or means(incoming.text, "progress"):
        return None
    if means(incoming.text, "skip"):
        text = facts.texts.say("place.skipped", number=case.number)
        return Turn(state.at_rest()).saying(text, case_id=case.id)
    if is_critical(facts.tag):
        return None
    words = incoming.text.strip()
    also: tuple[CaseView, ...] = ()
    common = said_of_all(words, facts.place)
    if common is not None:
        words, also = common, placeless_siblings(case, facts)
    if facts.place is None and open_vague(state, incoming) == case.id and not ends_as_place(words):
        return None
    if facts.place is None and names_new_problem(facts.tag, case, surely=True):
        return None
    if facts.place is None and not could_be_place(words):
        # Words about the matter, not about where it is.
        return supplement(state, incoming, case)
    named = bare_place(words, facts.place)
    if named is None and facts.place is not None and states_more(words):
        told = Supplement(
            case, text=incoming.text, place=facts.place, also=also, message_key=incoming.message_key
        )
        return Turn(state.at_rest(), action=told)
    named = named or drop_lead(words)
    place = Supplement(case, place=named, also=also, message_key=incoming.message_key)
    return Turn(state.at_rest(), action=place)


def _answer_what(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Asked once; whatever comes now is filed, for a person if need be."""
    if not incoming.text:
        return _keep_more(state, incoming, facts)
    return file_now(state, incoming, join_words(state, incoming))


def _keep_more(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    if not incoming.says_something:
        return None
    kept = replace(
        state,
        kept_files=(*state.kept_files, *incoming.files),
        kept_location=incoming.location or state.kept_location,
        album=incoming.album or state.album,
        album_case_id=None,
    )
    if state.kept:
        return file_now(kept, replace(incoming, files=(), location=None), state.kept)
    if incoming.album and incoming.album == state.album:
        return Turn(kept)
    return Turn(kept).saying(facts.texts.say("ask.still"))


def _answer_file(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Said again in other words: those count, the doubtful ones are not filed. A picture or a pin
    of their own speaks for them."""
    if incoming.text or recent_case(incoming, facts) is not None:
        return None
    return _keep_more(state, incoming, facts)


def _answer_whose(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Neither button: both messages together, filed or added as the words say."""
    if not incoming.says_something:
        return None
    case = facts.find(state.case_id)
    if case is None or not is_home(case) or is_critical(facts.tag):
        return file_now(state, incoming, join_words(state, incoming))
    if case.takes_more and incoming.at - case.filed_at <= FILES_WITHIN:
        # Whoever goes on a moment after filing goes on with the same story.
        place = bare_place(incoming.text.strip(), facts.place)
        return supplement_kept(state, incoming, case, place=None if case.place else place)
    if names_new_problem(facts.tag, case):
        return file_now(state, incoming, join_words(state, incoming))
    return supplement_kept(state, incoming, case)


def _answer_reason(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    case = facts.find(state.case_id)
    late = state.asked_at is None or incoming.at - state.asked_at > REASON_WITHIN
    if late or case is None or not incoming.is_plain_text:
        return None
    if is_critical(facts.tag):
        return None
    if means(incoming.text, "skip") or means(incoming.text, "thanks"):
        return Turn(state.at_rest()).saying(facts.texts.say("talk.thanks"))
    return Turn(state.at_rest(), action=Note(case, incoming.text, is_reason=True))


_ANSWERS = {
    Step.ASKING_PLACE: _answer_place,
    Step.ASKING_WHAT: _answer_what,
    Step.ASKING_FILE: _answer_file,
    Step.ASKING_WHOSE: _answer_whose,
    Step.ASKING_REASON: _answer_reason,
    Step.ASKING_SOLVED: hear_solved,
    Step.ASKING_ITEM: hear_item,
    Step.ASKING_AREA: hear_area,
}
