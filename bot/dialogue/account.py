"""What is between us and the citizen besides cases: language, news, their data, their person."""

from __future__ import annotations

from bot.dialogue.facts import Facts
from bot.dialogue.state import DialogueState
from bot.dialogue.turn import EndTalk, Forget, Mute, SetLanguage, TellHoldings, Turn, button
from bot.incoming import Incoming
from bot.texts import LANGUAGES
from bot.words import Command
from cases.callbacks import Callback

#: What people type after /lang.
_NAMES = {"中文": "zh", "chinese": "zh", "zh-cn": "zh", "英文": "en", "english": "en"}


def choose_language(
    state: DialogueState, incoming: Incoming, facts: Facts, command: Command
) -> Turn:
    """/lang: a button for each; /lang en at once."""
    wanted = command.rest.strip().lower()
    wanted = _NAMES.get(wanted, wanted)
    if wanted in LANGUAGES:
        return Turn(state, action=SetLanguage(wanted))
    say = facts.texts.say
    row = tuple(button(say(f"button.{code}"), "lang", 0, state.stamp, code) for code in LANGUAGES)
    return Turn(state).saying(say("lang.ask"), row)


def stop_news(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    """/stop"""
    return Turn(state, action=Mute(True))


def tell_holdings(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    """/mydata"""
    return Turn(state, action=TellHoldings())


def ask_to_forget(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    """/delete_my_data: says what goes and what stays, then asks."""
    asking = state.leave_question()
    say = facts.texts.say
    row = (
        button(say("button.forget"), "forget", 0, asking.stamp, "yes"),
        button(say("button.keep"), "forget", 0, asking.stamp, "no"),
    )
    return Turn(asking).saying(say("forget.ask"), row)


def end_talk(state: DialogueState, incoming: Incoming, facts: Facts, command: Command) -> Turn:
    """结束人工"""
    return Turn(state, action=EndTalk())


def tap_language(
    state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback
) -> Turn | None:
    """One of the languages."""
    return Turn(state, action=SetLanguage(tap.value)) if tap.value in LANGUAGES else None


def tap_forget(
    state: DialogueState, incoming: Incoming, facts: Facts, tap: Callback
) -> Turn | None:
    """[删除] [不删], only under the newest question of that kind."""
    if tap.stamp != state.stamp or tap.value not in ("yes", "no"):
        return None
    if tap.value == "no":
        return Turn(state).saying(facts.texts.say("forget.kept"))
    return Turn(state.at_rest(), action=Forget())
