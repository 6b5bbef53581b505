"""The conversation as a pure function over a table of rules; no clock, no database."""

from bot.dialogue.facts import CaseView, Facts, Option
from bot.dialogue.rules import advance, conclude, text_to_tag
from bot.dialogue.state import DialogueState, Step
from bot.dialogue.turn import Button, Outcome, Reply, Turn

__all__ = [
    "Button",
    "CaseView",
    "DialogueState",
    "Facts",
    "Option",
    "Outcome",
    "Reply",
    "Step",
    "Turn",
    "advance",
    "conclude",
    "text_to_tag",
]
