"""When it happened: "昨天晚上", "三月五号", "上周五", made absolute against the call's time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_PARTS = {
    "凌晨": 2, "清晨": 6, "早上": 8, "早晨": 8, "上午": 10, "中午": 12, "下午": 15, "傍晚": 18,
    "晚上": 20, "夜里": 23, "半夜": 0, "深夜": 23, "夜间": 22, "晚": 20,
}  # fmt: skip
_DAYS = {"今天": 0, "今日": 0, "今早": 0, "今晚": 0, "刚才": 0, "刚刚": 0, "昨天": -1, "昨日": -1,
         "昨晚": -1, "昨夜": -1, "前天": -2, "前晚": -2, "大前天": -3}  # fmt: skip
_N = r"[0-9零〇一二两三四五六七八九十]{1,3}"
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_CLOCK = rf"(?:(?P<part>{_PART})?(?:(?P<hour>{_N})(?:点钟?|时|:|：)(?P<minute>半|{_N})?分?多?)?)"
_PATTERNS = (
    re.compile(rf"(?:(?P<year>\d{{4}})年)?(?P<month>{_N})月(?:份)?(?P<day>{_N})[日号]{_CLOCK}"),
    re.compile(rf"(?P<word>{'|'.join(sorted(_DAYS, key=len, reverse=True))}){_CLOCK}"),
    re.compile(
        rf"(?P<week>上上?|本|这|这个|上个)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天]){_CLOCK}"
    ),
)


@dataclass(frozen=True)
class FoundTime:
    """A time expression at ``[start, end)`` of the text, and the moment it means.

    Where only a day is named, ``at`` is that day at the named part of it, else at midnight.
    """

    start: int
    end: int
    at: datetime


def read_time(text: str, called_at: datetime) -> FoundTime | None:
    """The first time a text names, counted from ``called_at`` (aware), or ``None``."""
    found = [m for pattern in _PATTERNS if (m := pattern.search(text))]
    for match in sorted(found, key=lambda m: m.start()):
        moment = _resolve(match, called_at)
        if moment is not None:
            return FoundTime(match.start(), match.end(), moment)
    return None


def _resolve(match: re.Match[str], called_at: datetime) -> datetime | None:
    groups = match.groupdict()
    midnight = called_at.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if groups.get("month"):
            month, day = _number(groups["month"]), _number(groups["day"])
            year = int(groups["year"]) if groups["year"] else called_at.year
            moment = midnight.replace(year=year, month=month, day=day)
            if not groups["year"] and moment > called_at:
                moment = moment.replace(year=year - 1)
        elif groups.get("word"):
            moment = midnight + timedelta(days=_DAYS[groups["word"]])
        else:
            weekday = "一二三四五六日".index(groups["weekday"].replace("天", "日"))
            back = (midnight.weekday() - weekday) % 7
            if (groups["week"] or "").startswith("上"):
                monday = midnight - timedelta(days=midnight.weekday())
                weeks = 2 if groups["week"] == "上上" else 1
                moment = monday - timedelta(weeks=weeks) + timedelta(days=weekday)
            else:
                moment = midnight - timedelta(days=back)
        return _at_clock(moment, groups)
    except (ValueError, OverflowError):
        return None


def _at_clock(moment: datetime, groups: dict[str, str | None]) -> datetime:
    part = groups.get("part") or (
        "晚上" if (groups.get("word") or "").endswith(("晚", "夜")) else ""
    )
    if not groups.get("hour"):
        return moment.replace(hour=_PARTS[part]) if part else moment
    hour = _number(str(groups["hour"]))
    if part in ("下午", "傍晚", "晚上", "夜里", "深夜", "夜间", "晚") and 1 <= hour < 12:
        hour += 12
    minute = groups.get("minute")
    minutes = 30 if minute == "半" else _number(minute) if minute else 0
    return moment.replace(hour=hour % 24, minute=minutes)


def _number(word: str) -> int:
    """ "二十三" or "23" as 23. Raises ``ValueError``."""
    if word.isascii():
        return int(word)
    if "十" in word:
        tens, _, ones = word.partition("十")
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    value = 0
    for character in word:
        if character not in _DIGITS:
            raise ValueError(word)
        value = value * 10 + _DIGITS[character]
    return value
