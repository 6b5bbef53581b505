"""A card in a citizen's words; the same text in every channel and on the desk's preview.

    card_text(card, language="zh") -> str
    cite(card, language="zh") -> str        the card's number, title and the day it was checked

The words lie in ``texts.toml``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from cases.answers.card import NO_DAYS, NO_LINK, AnswerCard

_TEXTS = Path(__file__).with_name("texts.toml")


def card_text(card: AnswerCard, language: str = "zh") -> str:
    """Title, answer, papers, where, when, how long, how often; the source last."""
    say = _words(language)
    lines = [say["title"].format(title=card.title), card.answer, say["materials"]]
    lines += [f"{number}. {paper}" for number, paper in enumerate(card.materials, start=1)]
    lines.append(say["place"].format(place=card.place))
    lines.append(say["hours"].format(hours=card.hours, phone=card.phone))
    if card.link != NO_LINK:
        lines.append(say["link"].format(link=card.link))
    lines.append(_say_days(card, say) + _say_visits(card, say))
    lines.append(cite(card, language))
    return "\n".join(filter(None, lines))


def cite(card: AnswerCard, language: str = "zh") -> str:
    """What the answer rests on, and when somebody last looked whether it still holds."""
    say = _words(language)
    return say["source"].format(code=card.code, basis=card.basis, day=card.reviewed_on.isoformat())


def _say_days(card: AnswerCard, say: dict[str, str]) -> str:
    named = (("legal", card.legal_days), ("promised", card.promised_days))
    parts = [say[name].format(days=days) for name, days in named if days != NO_DAYS]
    if card.actual_days != NO_DAYS:
        key = "same_day" if card.actual_days <= 1 else "actual"
        parts.append(say[key].format(days=card.actual_days))
    return say["days"].format(parts=say["joiner"].join(parts)) if parts else ""


def _say_visits(card: AnswerCard, say: dict[str, str]) -> str:
    return say["no_visit"] if card.visits == 0 else say["visits"].format(count=card.visits)


@cache
def _words(language: str) -> dict[str, str]:
    texts = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))
    found: dict[str, str] = texts.get(language, texts["zh"])
    return found
