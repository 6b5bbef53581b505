"""Links that lead into the chat: a case shown elsewhere, a place whose code was scanned."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.dialogue.facts import Facts
from bot.dialogue.receipt import describe_status
from bot.dialogue.state import DialogueState
from bot.dialogue.turn import Follow, MakeLink, Turn
from bot.incoming import Incoming, Location
from bot.words import Command, read_command
from cases.callers.pairs import pair_payload, split_pair
from cases.place import find_place

#: How long whoever scanned a code is likely to stand there still.
HINT_WITHIN = timedelta(minutes=30)
_KINDS = ("case_", "loc_")


def start_payload(incoming: Incoming) -> str | None:
    """What the link that was opened carries, however the channel hands it over; number and tracking
    code typed together open the case alike."""
    if incoming.start:
        return incoming.start
    if not incoming.is_plain_text:
        return None
    command = read_command(incoming.text)
    if command is None or command.name != "start":
        return pair_payload(incoming.text)
    return command.rest if command.rest.startswith(_KINDS) else None


def open_link(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """The place is kept for the next report, the case is shown."""
    payload = start_payload(incoming)
    if payload is None or (incoming.start and incoming.text):
        return None
    say = facts.texts.say
    if facts.linked_place is not None:
        hinted = replace(state, hint=facts.linked_place, hint_at=incoming.at)
        return Turn(hinted).saying(say("link.place", place=facts.linked_place.title))
    if facts.linked_case is not None:
        case = facts.linked_case
        shown = Turn(state).saying(describe_status(case, facts), case_id=case.id)
        return replace(shown, action=Follow(case)) if case.is_unclaimed else shown
    return Turn(state).saying(say("status.unknown" if split_pair(payload) else "link.lost"))


def make_link(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    """/link, /link <number>"""
    case = facts.mentioned if command.rest else facts.newest
    if case is None:
        return Turn(state).saying(facts.texts.say("link.none"))
    return Turn(state, action=MakeLink(case))


def hinted_place(state: DialogueState, incoming: Incoming, text: str) -> Location | None:
    """The scanned place, if it is fresh and the words name no other."""
    if state.hint is None or state.hint_at is None:
        return None
    if incoming.at - state.hint_at > HINT_WITHIN or find_place(text):
        return None
    return state.hint
