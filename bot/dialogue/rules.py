"""The whole dialogue as one table: what a message is taken for, first rule that fits.

::

    advance(state, incoming, facts) -> Turn       pure; Turn.action is what the engine runs
    conclude(turn, outcome, incoming, facts)      pure; the answer once it ran

Nothing here reads a clock, a database or a channel.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.dialogue.commands import answer_number, obey_command
from bot.dialogue.facts import Facts
from bot.dialogue.filing import file_or_ask, recent_supplement, same_again, supplement
from bot.dialogue.media import continue_album, take_media
from bot.dialogue.questions import answer_question, file_unanswered
from bot.dialogue.results import conclude, settle_state
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.taps import answer_tap, answer_typed_button
from bot.dialogue.turn import Supplement, Turn
from bot.incoming import Incoming
from bot.words import digest, means, normalise, read_command, typed_digit

__all__ = ["RULES", "advance", "conclude", "text_to_tag"]

Rule = Callable[[DialogueState, Incoming, Facts], Turn | None]


def _resent_message(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """The very message handled last, under another update id: it was answered."""
    same = incoming.message_key and incoming.message_key == state.last_message_key
    if not same or incoming.tap is not None or incoming.edited or not incoming.text:
        return None
    return Turn(state) if digest(incoming.text) == state.last_digest else None


def _group_chat(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Nobody's matter is discussed in a group."""
    if not incoming.in_group:
        return None
    return Turn(state).saying(facts.texts.say("talk.group"))


def _edited_message(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """The new wording replaces the old while the case is open, and is added after."""
    if not incoming.edited:
        return None
    if not incoming.text:
        return Turn(state)
    case = facts.edited
    if case is None:
        if state.step is Step.ASKING_WHAT and incoming.message_key == state.last_message_key:
            return None
        return Turn(state).saying(facts.texts.say("amend.unknown"))
    return Turn(state, action=Supplement(case, text=incoming.text, amends=case.is_open))


def _reply_to_case(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """An answer to a message about a case belongs to that case."""
    case = facts.replied_to
    if case is None or incoming.edited or not (incoming.text or incoming.files):
        return None
    return supplement(state, incoming, case)


def _small_talk(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    if not incoming.is_plain_text:
        return None
    if means(incoming.text, "greeting"):
        return Turn(state).saying(facts.texts.say("start.greeting"))
    if means(incoming.text, "thanks") and state.step in (Step.IDLE, Step.ASKING_PLACE):
        return Turn(state).saying(facts.texts.say("talk.thanks"))
    return None


def _lost_label(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """The words of a button that is not on show: no request, whatever the machine makes of it."""
    if not incoming.is_plain_text:
        return None
    labels = {normalise(label) for label in facts.texts.section("button")}
    if normalise(incoming.text) not in labels:
        return None
    return Turn(state).saying(facts.texts.say("talk.stale_lost"))


RULES: tuple[Rule, ...] = (
    file_unanswered,
    _resent_message,
    _group_chat,
    answer_tap,
    obey_command,
    answer_typed_button,
    answer_number,
    continue_album,
    _edited_message,
    answer_question,
    take_media,
    same_again,
    _reply_to_case,
    _small_talk,
    _lost_label,
    recent_supplement,
    file_or_ask,
)


def advance(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn:
    """One step of the conversation."""
    for rule in RULES:
        turn = rule(state, incoming, facts)
        if turn is not None:
            break
    else:
        turn = Turn(state).saying(facts.texts.say("media.unknown"))
    return Turn(settle_state(turn.state, incoming), turn.replies, turn.action)


def text_to_tag(state: DialogueState, incoming: Incoming) -> str | None:
    """The words that may become a case in this step, or ``None``: nothing to classify."""
    if incoming.in_group or incoming.edited or incoming.standing is not None:
        return None
    if incoming.tap is not None:
        return state.kept or None
    if not incoming.text:
        return state.kept or None
    if read_command(incoming.text) is not None or typed_digit(incoming.text) is not None:
        return state.kept or None
    if state.step in (Step.ASKING_WHAT, Step.ASKING_WHOSE) and state.kept:
        return f"{state.kept}\n{incoming.text}"
    return incoming.text
