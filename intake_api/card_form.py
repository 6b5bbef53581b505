"""The form of an answer card: what was posted becomes a card, a card becomes fields.

read_form(form, code) -> AnswerCard        raises InvalidData; ``code`` None: a new card's own
form_version(form) -> int                  the version it was filled in on, 0 for a new card
form_values(card) / blank_values(today) -> {field: value}
"""

from __future__ import annotations

from datetime import date
from typing import Any

from cases.answers import NO_DAYS, AnswerCard
from cases.answers.card import card_values, read_card
from cases.errors import InvalidData
from intake_api.accounts.csrf import Form

_LISTS = ("words", "unless", "questions", "materials")
_DAYS = ("legal_days", "promised_days", "actual_days")
_MOST_DIGITS = 9


def read_form(form: Form, code: str | None) -> AnswerCard:
    """The card as it was typed; whether it is whole is for ``check_card`` to say."""
    values = dict(form)
    values["code"] = values.get("code", "").strip().upper() if code is None else code
    values["version"] = str(form_version(form))
    return read_card(values)


def form_version(form: Form) -> int:
    """The version the form was filled in on; 0 for a new card."""
    given = form.get("version", "")
    if not given.isdecimal() or len(given) > _MOST_DIGITS:
        raise InvalidData("页面不完整，请刷新后再保存。", field="version")
    return int(given)


def form_values(card: AnswerCard) -> dict[str, Any]:
    """Lists as lines, no term as an empty field."""
    values: dict[str, Any] = card_values(card)
    for name in _LISTS:
        values[name] = "\n".join(values[name])
    for name in _DAYS:
        values[name] = "" if values[name] == NO_DAYS else values[name]
    return {name: "" if value is None else value for name, value in values.items()}


def blank_values(today: date) -> dict[str, Any]:
    """A new card, checked today."""
    names = ("code", "title", "category", "answer", "place", "hours", "phone", "link", "basis",
             "unit", "valid_from", "valid_until", *_LISTS, *_DAYS)  # fmt: skip
    return {**dict.fromkeys(names, ""), "reviewed_on": today.isoformat(), "visits": 1, "version": 0}
