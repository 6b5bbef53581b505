"""When it happened: "昨天晚上", "三月五号", "上周五", made absolute against the call's time.

read_time(text, called_at) -> FoundTime | None     a moment, ``at`` always set
read_when(text, called_at) -> FoundTime | None     a moment, else a habit or a span of time
"""

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
_NUMERALS = "零〇一二两三四五六七八九十"
_N = r"[0-9零〇一二两三四五六七八九十]{1,3}"
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_CLOCK = (
    rf"(?:(?:的(?={_PART}|{_N}点))?(?P<part>{_PART})?(?:(?P<hour>{_N})(?:点钟?|时|:|：)(?P<minute>半|{_N})?分?多?)?)"
    r"(?:左右|许|前后)?"
)
_FROM = r"(?:[从自](?=[^，。]{1,12}(?:开始|起|以来)))?"
_ON = r"(?:开始|起(?![来床诉])|以来)?"
_PATTERNS = tuple(
    re.compile(rf"{_FROM}{moment}{_CLOCK}{_ON}")
    for moment in (
        rf"(?:(?P<year>\d{{4}})年)?(?P<month>{_N})月(?:份)?(?P<day>{_N})[日号]",
        rf"(?P<ago>{_N})天(?:以)?前",
        rf"(?P<word>{'|'.join(sorted(_DAYS, key=len, reverse=True))})",
        r"(?P<week>上上个?|上个?|本|这个?)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])(?!次)",
        rf"(?:^|(?<=[，。,：:；;\s从自在于到是、我市民上]))(?P<monthday>{_N})号(?![楼院店口线门馆地厂厅仓摊文库工桥幢栋])(?!公|墩|驿|窗)",
    )
)
_HOUR = rf"[早晚]?{_N}点(?:半|一刻|{_N}分?)?(?:多|左右)?"
_DAYPART = rf"(?:{_PART}|后半夜|天不亮|天黑|一早|午休|傍晚|饭点|[早晚]*高峰期?)"
_UNTIL = rf"(?:(?:到|至|-|—)(?:第二天)?(?:{_DAYPART})?(?:{_HOUR})?)?"
_AFTER = r"(?:以后|之后|以前|后(?!面))?"
_COUNT = r"(?:[0-9]{1,3}|[半一二两三四五六七八九十几多好]{1,3})"
_UNIT = r"(?:天|个?多?星期|个?多?礼拜|周|个多?月|多?年)"
_SEASON = r"(?:[年月]?[初底末中]|[上中下]旬|[春夏秋冬]天|[上下]半年|台风|开学|开春|入[夏秋冬])"
_MONTH = rf"{_N}月(?:份)?(?:[初底中]|[上中下]旬)?"
#: Habits and spans: the fuller writing comes before the one it contains.
_LOOSE = re.compile(
    "|".join(
        (
            r"[从自](?:打)?(?:入住|开业|搬来|装修)(?:以来|后)?",
            rf"(?:每(?:天|日|晚|夜|到?周末|个?周[一二三四五六日末]|逢(?:周末|下雨|集市|赶集|[\u4e00-\u9fff]"
            rf"{{2}})|次)|天天|一到(?=晚|夜|下雨|周末|节))(?:(?:都)?(?:在)?{_DAYPART})?(?:{_HOUR})?{_UNTIL}{_AFTER}",
            r"[从自](?:打)?[^，。从自]{1,9}?(?:起|以来|开始)",
            rf"(?:最近|近)(?:这)?{_COUNT}{_UNIT}(?:以?来)?|近[日期]",
            rf"这{_COUNT}?(?:天|周|阵子|段时间)|这{_COUNT}个?(?:星期|礼拜|月)|这个?(?:学期|月|年|星期|礼拜)",
            r"上上?个?(?:月(?![台饼])|星期|礼拜|学期)|上周末|本月|本周",
            rf"(?:今年|去年|前年|\d{{4}}年)(?:{_MONTH}|{_SEASON})?(?:以来|起)?",
            rf"(?<![\d{_NUMERALS}年个]){_MONTH}(?:(?:到|至|、|-){_MONTH})?(?:以来|起|以后|二十几号)?",
            rf"{_DAYPART}(?:的)?{_HOUR}{_UNTIL}{_AFTER}|(?<![\d{_NUMERALS}]){_HOUR}{_UNTIL}(?:以后|之后)",
            rf"(?:连着|连续){_COUNT}{_UNIT}",
            rf"(?:都|快|有)?{_COUNT}{_UNIT}(?:多)?(?:了|以来)",
            r"[入开][春夏秋冬学]以来|(?:国庆|春节|中秋|五一|元旦)节?(?:期间|[前后])?|快过年|开学",
            rf"(?!晚(?![上间])){_DAYPART}(?:时候|期间)?{_AFTER}|[春夏秋冬]天",
        )
    )
)
_VAGUE = re.compile(rf"{_DAYPART}|今年|去年|前年|每次|开学|[春夏秋冬]天|这[个段]?(?:月|年|时间)")


@dataclass(frozen=True)
class FoundTime:
    """A time expression at ``[start, end)`` of the text, and the moment it means.

    Where only a day is named, ``at`` is that day at the named part of it, else at midnight; of
    "每天晚上" or "三个月了" there is no one moment.
    """

    start: int
    end: int
    at: datetime | None


def read_time(text: str, called_at: datetime) -> FoundTime | None:
    """The first time a text names, counted from ``called_at`` (aware), or ``None``."""
    found = [m for pattern in _PATTERNS if (m := pattern.search(text))]
    for match in sorted(found, key=lambda m: m.start()):
        moment = _resolve(match, called_at)
        if moment is not None:
            return FoundTime(match.start(), match.end(), moment)
    return None


def read_when(text: str, called_at: datetime) -> FoundTime | None:
    """Like ``read_time``, and habits and spans too ("每天晚上十点以后"): the first that is named,
    but a moment before what says little ("今年", "晚上")."""
    moment = read_time(text, called_at)
    named = list(_LOOSE.finditer(text))
    # "大半夜的 … 天天凌晨三点": the fuller wording tells more than the first.
    telling = [match for match in named if not _VAGUE.fullmatch(match[0])]
    loose = next(iter(telling or named), None)
    if loose is None or (moment is not None and moment.start <= loose.start()):
        return moment
    if moment is not None and _VAGUE.fullmatch(loose[0]):
        return moment
    return FoundTime(loose.start(), loose.end(), None)


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
        elif groups.get("ago"):
            moment = midnight - timedelta(days=_number(groups["ago"]))
        elif groups.get("monthday"):
            moment = midnight.replace(day=_number(groups["monthday"]))
            if moment > called_at:
                moment = (moment.replace(day=1) - timedelta(days=1)).replace(day=moment.day)
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
