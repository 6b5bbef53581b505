"""The whole dialogue as one table: what a message is taken for, first rule that fits.

::

    advance(state, incoming, facts) -> Turn       pure; Turn.action is what the engine runs
    conclude(turn, outcome, incoming, facts)      pure; the answer once it ran

Nothing here reads a clock, a database or a channel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.dialogue.answers import answer_consult
from bot.dialogue.commands import answer_number, obey_command, tell_progress, undo_window
from bot.dialogue.errands import take_errand
from bot.dialogue.facts import Facts
from bot.dialogue.filing import file_now, file_or_ask, recent_supplement, same_again, supplement
from bot.dialogue.links import open_link
from bot.dialogue.media import continue_album, take_media
from bot.dialogue.place_words import take_bare_place
from bot.dialogue.questions import answer_question, file_unanswered
from bot.dialogue.results import conclude, office_hours, settle_state
from bot.dialogue.several import file_several
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.taps import answer_tap, answer_typed_button
from bot.dialogue.turn import Supplement, Turn
from bot.dialogue.vague import complete_vague
from bot.incoming import Incoming
from bot.words import digest, means, normalise, read_command, typed_digit
from cases.lifecycle import State

__all__ = ["RULES", "advance", "conclude", "text_to_tag"]

Rule = Callable[[DialogueState, Incoming, Facts], Turn | None]


#: Where thanks answer no question of ours.
_AT_LEISURE = frozenset({Step.IDLE, Step.ASKING_PLACE, Step.ASKING_FILE})
#: Nobody works by the old words yet.
_NOT_DISPATCHED = frozenset({State.SUBMITTED, State.NEED_INFO, State.ACCEPTED})


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
    lines = [facts.texts.say("talk.group")]
    link = facts.link_to("report")
    if link is not None:
        lines.append(facts.texts.say("talk.group_link", link=link))
    return Turn(state).saying("\n".join(lines))


def _edited_message(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """The new wording replaces the old until a unit has the case, and is added after."""
    if not incoming.edited:
        return None
    if not incoming.text:
        return Turn(state)
    case = facts.edited
    if case is None:
        draft = state.kept_key or state.last_message_key
        if state.step is Step.ASKING_WHAT and incoming.message_key == draft:
            # The draft itself was corrected: that is the answer to our question.
            return file_now(state, incoming, incoming.text)
        return Turn(state).saying(facts.texts.say("amend.unknown"))
    just_sent = case.state is State.DISPATCHED and facts.now - case.filed_at <= undo_window(facts)
    amends = case.state in _NOT_DISPATCHED or just_sent
    return Turn(state, action=Supplement(case, text=incoming.text, amends=amends, edited=True))


def _reply_to_case(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """An answer to a message about a case belongs to that case."""
    case = facts.replied_to
    if case is None or incoming.edited or not (incoming.text or incoming.files):
        return None
    return supplement(state, incoming, case)


def _who_are_you(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """A fair question at any time; the open one stays open."""
    if not incoming.is_plain_text or not means(incoming.text, "robot"):
        return None
    return Turn(state).saying(facts.texts.say("talk.robot"))


def _your_number(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    """Whoever would rather call is told where; the open question stays open."""
    if not incoming.is_plain_text or not means(incoming.text, "phone"):
        return None
    hotline = facts.town.policy["hotline"]
    text = facts.texts.say("talk.phone", hotline=hotline, hours=office_hours(facts))
    return Turn(state).saying(text)


def _small_talk(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn | None:
    if not incoming.is_plain_text:
        return None
    if means(incoming.text, "greeting"):
        return Turn(state).saying(facts.texts.say("start.greeting"))
    if means(incoming.text, "opener"):
        return Turn(state).saying(facts.texts.say("talk.opener"))
    if means(incoming.text, "progress") and not state.holds:
        return tell_progress(state, facts)
    if means(incoming.text, "thanks") and state.step in _AT_LEISURE:
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
    open_link,
    obey_command,
    answer_typed_button,
    answer_number,
    continue_album,
    _edited_message,
    _who_are_you,
    _your_number,
    same_again,
    answer_question,
    take_media,
    _reply_to_case,
    _small_talk,
    take_errand,
    _lost_label,
    answer_consult,
    file_several,
    take_bare_place,
    complete_vague,
    recent_supplement,
    file_or_ask,
)


def advance(state: DialogueState, incoming: Incoming, facts: Facts) -> Turn:
    """One step of the conversation."""
    if incoming.start and facts.linked_place is not None:
        state = replace(state, hint=facts.linked_place, hint_at=incoming.at)
    for rule in RULES:
        turn = rule(state, incoming, facts)
        if turn is not None:
            break
    else:
        turn = Turn(state).saying(facts.texts.say("media.unknown"))
    return Turn(settle_state(turn.state, incoming), turn.replies, turn.action)


def text_to_tag(state: DialogueState, incoming: Incoming) -> str | None:
    """The words that may become a case in this step, or ``None``: nothing to classify."""
    if incoming.in_group or incoming.standing is not None:
        return None
    if incoming.edited:
        return incoming.text if state.step is Step.ASKING_WHAT else None
    if incoming.tap is not None:
        return state.kept or None
    if not incoming.text:
        return state.kept or None
    if read_command(incoming.text) is not None or typed_digit(incoming.text) is not None:
        return state.kept or None
    if state.step in (Step.ASKING_WHAT, Step.ASKING_WHOSE) and state.kept:
        return f"{state.kept}\n{incoming.text}"
    return incoming.text
