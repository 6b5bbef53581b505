"""Who called, and under which number.

    find_name(text, turns) -> Field | None
    find_phone(text, turns, replies) -> Field | None

Only the caller's own: the shop's number, the officer's name in an earlier answer and the person
complained about are not taken.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from cases.calls.spans import Field, Span
from cases.calls.turns import Turn

_SURNAMES = Path(__file__).parent / "surnames.toml"
#: Who gives a name or a number does so among this many characters.
_READ, _MOST_REPLIES = 20_000, 200
_TITLE = r"(?:女士|先生|小姐|师傅|老师|大爷|大妈|大叔|大姐|阿姨|同志|某某|某|\*{1,2}|＊{1,2})"
_HAN = r"[\u4e00-\u9fff]"
_END = r"(?=[，,。；;：:！!\s（(、]|$|的|来电|反映|通过|[0-9])"
_WHO = "(?:投诉人|反映人|来电人|联系人|信访人|举报人|诉求人|申请人|姓名)"
#: "姓张，叫张卫东": the second is the name.
_IN_FULL = r"[，,]\s*我?(?:的?(?:名字|全名))?[叫是]\s*"
_GROUP = "(?:市民|群众|来电人|居民|村民|业主|游客|诉求人|网友)"
_ROLE = "(?:业主代表|居民|业主|村民|市民|家长|商户|学生|员工|代表)"
_NUMBER = (
    r"(?<![\d*])(?:1[3-9]\d[ -]?[\d*]{4}[ -]?[\d*]{4}|0[1-9]\d{1,2}[- ]?\d{7,8}|"
    r"[一幺][三四五六七八九][零一二三四五六七八九幺]{9})(?![\d*])"
)
#: The answer to "您贵姓" is a name even where the surname is a rare one.
_SAID_NAME = re.compile(
    r"\s*(?:我叫|叫)?(?P<name>[\u4e00-\u9fff]{2,3})(?=[，,。\s]*(?:$|\n|[0-9]))"
)
_PHONE = re.compile(_NUMBER)
_LABELLED = re.compile(r"(?:电话|手机|联系方式|号码|联系人|联系)[^，,。\n]{0,10}$")
_NOT_OWN = re.compile(
    r"(?:对方|商家|店家|店里|卖家|老板|中介|客服|物业|单位|公司|他的|她的|车主|投诉|咨询|监督|举报|"
    r"热线|陌生|骗子|诈骗)[^，,。\n]{0,8}$"
)


def find_name(text: str, turns: Sequence[Turn]) -> Field | None:
    """What the caller called themself: "王女士", "卓文静", or the surname alone."""
    for turn in turns:
        if turn.asked == "name":
            match = _answer().match(text, turn.start, turn.end) or _SAID_NAME.match(
                text, turn.start, turn.end
            )
            if match:
                return _field(text, match)
    for pattern in _patterns():
        for match in pattern.finditer(text, 0, _READ):
            if _is_citizens(match.start("name"), turns):
                return _field(text, match)
    return None


def find_phone(text: str, turns: Sequence[Turn], replies: Sequence[Span]) -> Field | None:
    """The number given on being asked, else one with a label, else the first mobile."""
    found: list[tuple[int, int, int]] = []
    for match in _PHONE.finditer(text, 0, _READ):
        start, end = match.span()
        before = text[max(0, start - 16) : start]
        if any(s <= start < e for s, e in replies[:_MOST_REPLIES]) or _NOT_OWN.search(before):
            continue
        asked = any(t.asked == "phone" and t.start <= start < t.end for t in turns)
        rank = 0 if asked else 1 if _LABELLED.search(before) else 2
        found.append((rank, start, end))
    if not found:
        return None
    _, start, end = min(found)
    return Field(text[start:end], start, end)


@cache
def _names() -> tuple[str, str, str]:
    """Patterns for a surname, a full or titled name, and a full name with a common surname."""
    rows = tomllib.loads(_SURNAMES.read_text(encoding="utf-8"))
    surname = f"(?:{'|'.join(rows['double'])}|[{rows['single']}])"
    common = f"(?:{'|'.join(rows['double'])}|[{rows['common']}])"
    return surname, f"{surname}(?:{_TITLE}|{_HAN}{{1,2}}(?={_END}))", f"{common}{_HAN}{{1,2}}"


@cache
def _answer() -> re.Pattern[str]:
    surname, full, _ = _names()
    return re.compile(
        rf"\s*(?:我|您好|你好|[，,。])*(?:免贵)?(?:我?姓|我?叫|我?是)?\s*"
        rf"(?:{surname}{_IN_FULL})?(?P<name>{full}|{surname}(?={_END}|{_HAN}{{1,3}}的))"
    )


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    surname, full, likely = _names()
    titled = f"{surname}{_TITLE}"
    return tuple(
        re.compile(pattern, re.MULTILINE)
        for pattern in (
            rf"姓\s*{surname}{_IN_FULL}(?P<name>{full})",
            rf"(?:我|其|免贵)(?:免贵)?姓\s*(?P<name>{titled}|{surname})",
            rf"(?:我(?:名)?叫|姓名[:：]?|{_WHO}\s*[:：])\s*(?P<name>{full}|{surname}(?={_END}))",
            rf"(?:{_WHO}|{_GROUP})[:：]?\s*(?P<name>{titled})",
            rf"(?:^|[，,。：:])姓\s*(?P<name>{surname})",
            rf"我是(?P<name>{titled}|{full}(?=[，,]\s*(?:手机|电话|联系)))",
            rf"(?:{_ROLE})\s*(?P<name>{likely})(?=[。，,]?\s*(?:$|联系|电话))",
            rf"(?:{_ROLE})(?P<name>{likely})(?=。)",
            rf"(?:^|[，,。；;\s])(?P<name>{titled}|{likely})[，,：:\s]{{0,2}}(?={_NUMBER})",
            rf"(?:^|[，,。])(?P<name>{titled})[。]?\s*$",
        )
    )


def _is_citizens(at: int, turns: Sequence[Turn]) -> bool:
    return any(turn.citizen and turn.start <= at < turn.end for turn in turns)


def _field(text: str, match: re.Match[str]) -> Field:
    return Field(match["name"], *match.span("name"))
