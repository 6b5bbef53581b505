"""Whatever is not words: photos and albums, voice, places, stickers, phone cards.

Each gets a sensible answer; a picture alone is kept until a sentence says what it shows.
"""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.facts import CaseView, Facts
from bot.dialogue.filing import FILES_WITHIN, file_now, waiting_case
from bot.dialogue.receipt import name_files
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import Supplement, Turn
from bot.incoming import FileKind, Incoming


def continue_album(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """A later item of an album already acknowledged joins it without a word."""
    if not incoming.album or incoming.album != state.album or incoming.text:
        return None
    case = facts.find(state.album_case_id)
    if case is not None:
        action = Supplement(
            case, files=incoming.files, quiet=True, message_key=incoming.message_key
        )
        return Turn(state, action=action)
    if state.step is Step.ASKING_WHAT:
        return Turn(replace(state, kept_files=(*state.kept_files, *incoming.files)))
    return None


def take_media(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """A message without words."""
    if incoming.text or incoming.edited:
        return None
    say = facts.texts.say
    if incoming.sticker:
        return Turn(state).saying(say("media.sticker"))
    if incoming.phone:
        return _take_phone(state, incoming, facts)
    if incoming.files and all(file.is_oversize for file in incoming.files):
        return Turn(state).saying(say("media.too_large"))
    if incoming.files:
        return _take_files(state, incoming, facts)
    if incoming.location is not None:
        return _take_location(state, incoming, facts)
    return Turn(state).saying(say("media.unknown"))


def recent_case(incoming: Incoming, facts: Facts) -> CaseView | None:
    """Where loose files belong: the case answered to, the one we asked about, or the open
    one filed within the last minutes."""
    if facts.replied_to is not None and facts.replied_to.takes_more:
        return facts.replied_to
    if waiting_case(facts) is not None:
        return waiting_case(facts)
    case = facts.newest
    if case is None or not case.takes_more:
        return None
    return case if incoming.at - case.filed_at <= FILES_WITHIN else None


def _take_files(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn:
    case = recent_case(incoming, facts)
    if case is not None:
        action = Supplement(case, files=incoming.files, message_key=incoming.message_key)
        kept = replace(state, album=incoming.album, album_case_id=case.id)
        asks_place = state.step is Step.ASKING_PLACE
        return Turn(kept if asks_place else kept.leave_question(), action=action)
    if any(file.kind is FileKind.VOICE for file in incoming.files):
        return file_now(state, incoming, facts.texts.say("media.voice_text"))
    kept = replace(
        state.at_rest(),
        kept_files=incoming.files,
        album=incoming.album,
        album_case_id=None,
    ).asking(Step.ASKING_WHAT, incoming.at)
    files = name_files(incoming.files, facts)
    return Turn(kept).saying(facts.texts.say("ask.what_file", files=files))


def _take_location(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn:
    case = recent_case(incoming, facts)
    if case is not None:
        place = Supplement(case, location=incoming.location, message_key=incoming.message_key)
        return Turn(state.leave_question(), action=place)
    kept = replace(state.at_rest(), kept_location=incoming.location)
    return Turn(kept.asking(Step.ASKING_WHAT, incoming.at)).saying(
        facts.texts.say("ask.what_place")
    )


def _take_phone(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn:
    case = recent_case(incoming, facts)
    if case is None:
        return Turn(state).saying(facts.texts.say("media.phone"))
    text = facts.texts.say("media.phone_text", phone=incoming.phone)
    return Turn(state, action=Supplement(case, text=text, phone=True))
