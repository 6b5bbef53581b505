"""What the citizen hears after an action that is about them and no case of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.dialogue.answers import answer_given, answer_settled, answer_shown
from bot.dialogue.errands import (
    errand_cancelled,
    errand_placed,
    errand_requested,
    errand_signed,
)
from bot.dialogue.facts import Facts
from bot.dialogue.service_actions import (
    CancelErrand,
    GiveAnswer,
    PlaceErrand,
    RequestErrand,
    SettleAnswer,
    ShowAnswer,
    SignErrand,
)
from bot.dialogue.state import DialogueState
from bot.dialogue.turn import (
    EndTalk,
    Follow,
    Forget,
    MakeLink,
    Mute,
    Outcome,
    SetLanguage,
    TellHoldings,
    Turn,
)
from bot.texts import load_texts


def _language_set(turn: Turn, action: SetLanguage, outcome: Outcome, facts: Facts) -> Turn:
    return turn.saying(load_texts(action.language).say("lang.done"))


def _muted(turn: Turn, action: Mute, outcome: Outcome, facts: Facts) -> Turn:
    return turn.saying(facts.texts.say("stop.done" if action.muted else "stop.resumed"))


def _holdings(turn: Turn, action: TellHoldings, outcome: Outcome, facts: Facts) -> Turn:
    held, say = outcome.details, facts.texts.say
    since = held["since"].astimezone(facts.town.calendar.zone)
    day = since.strftime("%d %B %Y")
    if facts.texts.language == "zh":
        day = f"{since.year}年{since.month}月{since.day}日"
    text = say(
        "mydata.text",
        since=day,
        name=say("mydata.yes" if held["has_name"] else "mydata.no"),
        notices=say("mydata.off" if held["muted"] else "mydata.on"),
        files=held["files"],
        cases=held["cases"],
        numbers=say("media.joiner").join(held["numbers"]),
    )
    return turn.saying(text.strip())


def _forgotten(turn: Turn, action: Forget, outcome: Outcome, facts: Facts) -> Turn:
    """Nothing of the conversation is kept, its state neither."""
    text = facts.texts.say("forget.done", cases=outcome.details["cases"])
    return Turn(DialogueState()).saying(text)


def _linked(turn: Turn, action: MakeLink, outcome: Outcome, facts: Facts) -> Turn:
    payload = outcome.details["payload"]
    link = facts.link_to(payload) or payload
    text = facts.texts.say("link.made", number=action.case.number, link=link)
    return turn.saying(text, case_id=action.case.id)


def _following(turn: Turn, action: Follow, outcome: Outcome, facts: Facts) -> Turn:
    return turn.saying(facts.texts.say("link.followed"), case_id=action.case.id)


def _talk_ended(turn: Turn, action: EndTalk, outcome: Outcome, facts: Facts) -> Turn:
    """Whoever was with a person hears it from the desk's own message."""
    return turn if outcome.details["served"] else turn.saying(facts.texts.say("human.left"))


TOLD: dict[type, Callable[[Turn, Any, Outcome, Facts], Turn]] = {
    SetLanguage: _language_set,
    Mute: _muted,
    TellHoldings: _holdings,
    Forget: _forgotten,
    MakeLink: _linked,
    Follow: _following,
    EndTalk: _talk_ended,
    GiveAnswer: answer_given,
    ShowAnswer: answer_shown,
    SettleAnswer: answer_settled,
    RequestErrand: errand_requested,
    PlaceErrand: errand_placed,
    SignErrand: errand_signed,
    CancelErrand: errand_cancelled,
}
