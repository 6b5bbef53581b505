"""One answer card and what it must hold.

check_card(card, known_units, known_categories)    raises InvalidData naming field and remedy
card_values(card) -> dict                          plain JSON values, and the way back:
read_card(values) -> AnswerCard                    raises InvalidData
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from cases.answers.topic import Topic, read_topic
from cases.errors import InvalidData

#: No such term: nothing in law, or it differs from matter to matter.
NO_DAYS = -1
#: What stands where a matter has no online service.
NO_LINK = "无"
_LISTS = ("words", "unless", "questions", "materials")
_NEEDED = {
    "title": "标题",
    "category": "类别",
    "words": "主题词",
    "questions": "群众问法",
    "answer": "答复",
    "materials": "材料",
    "place": "办理地点",
    "hours": "办理时间",
    "phone": "电话",
    "link": "网上办理",
    "basis": "依据",
    "unit": "负责单位",
}
_LONGEST = {"title": 60, "answer": 600, "place": 120, "hours": 120, "phone": 40, "basis": 200}
_MOST_LINES = {"words": 40, "unless": 60, "questions": 40, "materials": 20}
_LONGEST_LINE = 200
_MOST_DAYS = 365
_CODE = re.compile(r"[A-Z]{2}\d{2,4}")


@dataclass(frozen=True)
class AnswerCard:
    """What is known about one matter. ``legal_days`` are days as the law counts them, the other
    two working days, ``NO_DAYS`` where there is no term; ``visits`` is how often one has to come
    (0: not at all)."""

    code: str
    title: str
    category: str
    words: tuple[str, ...]
    unless: tuple[str, ...]
    questions: tuple[str, ...]
    answer: str
    materials: tuple[str, ...]
    place: str
    hours: str
    phone: str
    link: str
    legal_days: int
    promised_days: int
    actual_days: int
    visits: int
    basis: str
    unit: str
    reviewed_on: date
    valid_from: date | None = None
    valid_until: date | None = None
    version: int = 1

    def is_valid(self, day: date) -> bool:
        """Whether the card may be shown on that day."""
        started = self.valid_from is None or self.valid_from <= day
        return started and (self.valid_until is None or day <= self.valid_until)

    @property
    def topic(self) -> Topic:
        """The words, read."""
        return read_topic(self.words, self.unless)


def check_card(
    card: AnswerCard, known_units: Container[str], known_categories: Container[str]
) -> None:
    """A guide without its parts is no guide. Raises ``InvalidData`` with ``field``."""
    if not _CODE.fullmatch(card.code):
        raise InvalidData("卡号是两个大写字母加数字，如 HJ01。", field="code")
    for name, label in _NEEDED.items():
        if not getattr(card, name):
            raise InvalidData(f"“{label}”不能为空；确实没有的请写“无”或“不用材料”。", field=name)
    for name, longest in _LONGEST.items():
        if len(getattr(card, name)) > longest:
            raise InvalidData(f"“{_NEEDED[name]}”最多 {longest} 字，请写短一点。", field=name)
    for name, most in _MOST_LINES.items():
        lines = getattr(card, name)
        if len(lines) > most or any(len(line) > _LONGEST_LINE for line in lines):
            raise InvalidData(
                f"“{_NEEDED.get(name, '排除词')}”最多 {most} 行，每行最多 {_LONGEST_LINE} 字。",
                field=name,
            )
    if len(card.questions) < 2:
        raise InvalidData("请至少写两种群众的问法，每行一种。", field="questions")
    if card.unit not in known_units:
        raise InvalidData(f"没有单位 {card.unit}，请从列表中选择。", field="unit")
    if card.category not in known_categories:
        raise InvalidData(f"没有类别 {card.category}，请从列表中选择。", field="category")
    _check_figures(card)
    read_topic(card.words, card.unless)


def _check_figures(card: AnswerCard) -> None:
    if card.link != NO_LINK and urlsplit(card.link).scheme != "https":
        raise InvalidData("网上办理请填 https:// 开头的网址；没有就写“无”。", field="link")
    for name in ("legal_days", "promised_days", "actual_days"):
        if not (getattr(card, name) == NO_DAYS or 0 <= getattr(card, name) <= _MOST_DAYS):
            raise InvalidData(f"天数应在 0 到 {_MOST_DAYS} 之间，没有就留空。", field=name)
    if not 0 <= card.visits <= 9:
        raise InvalidData("跑动次数应在 0 到 9 之间。", field="visits")
    if card.valid_from and card.valid_until and card.valid_until < card.valid_from:
        raise InvalidData("失效日期不能早于生效日期。", field="valid_until")


def card_values(card: AnswerCard) -> dict[str, Any]:
    """Plain values for JSON; dates as ISO text."""
    values = asdict(card)
    for name, value in values.items():
        if isinstance(value, tuple):
            values[name] = list(value)
        elif isinstance(value, date):
            values[name] = value.isoformat()
    return values


def read_card(values: Mapping[str, Any]) -> AnswerCard:
    """The way back; also from a form, where lists come as lines and days as text."""
    known = {field.name for field in fields(AnswerCard)}
    plain = {name: value for name, value in values.items() if name in known}
    for name in _LISTS:
        given = plain.get(name) or ()
        lines = given.split("\n") if isinstance(given, str) else given
        plain[name] = tuple(filter(None, (str(line).strip() for line in lines)))
    for name in ("legal_days", "promised_days", "actual_days", "visits", "version"):
        plain[name] = _whole(plain.get(name), name)
    for name in ("reviewed_on", "valid_from", "valid_until"):
        plain[name] = _day(plain.get(name), name)
    for name in known - plain.keys() - {"version"}:
        plain[name] = ""
    texts = {n: v.strip() for n, v in plain.items() if isinstance(v, str)}
    return AnswerCard(**{**plain, **texts})


def _whole(value: Any, name: str) -> int:
    if value is None or value == "":
        return 1 if name == "version" else NO_DAYS
    try:
        return int(str(value))
    except ValueError:
        raise InvalidData("天数和次数只能填整数。", field=name) from None


def _day(value: Any, name: str) -> date | None:
    if isinstance(value, date):
        return value
    if not value:
        if name == "reviewed_on":
            raise InvalidData("请填核对日期，如 2026-11-30。", field=name)
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InvalidData("日期应写成 2026-11-30 这样。", field=name) from None
