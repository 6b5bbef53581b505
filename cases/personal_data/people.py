"""Names of people, and the doors of their homes.

    find_names(plain, phones) -> PersonalSpans     ``phones``: where a telephone number begins
    find_doors(plain) -> PersonalSpans             the part that only one household has

A name is taken after a word that announces one, before a telephone number, and where a surname
carries a title; what merely begins like a surname is listed in ``cues.toml``. Of an address only
stairwell and room go: which house it was is what the order is about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from cases.personal_data.cues import either, surnames, words
from cases.personal_data.spans import PersonalSpan

_HAN = r"[\u4e00-\u9fff]"
_STOP = r"(?:[\s，,。.；;：:！!?？、)(（）\d/<>\"“”|]|$)"
_LATIN = r"[A-Z][a-z]{1,15}(?: [A-Z][a-z]{1,15}){1,2}"
_DOTTED = rf"{_HAN}{{2,6}}[·•]{_HAN}{{2,8}}"
_N = r"[\dA-Za-z零〇一二三四五六七八九十百甲乙丙丁]"
_BUILDING = rf"{_N}{{1,4}} ?(?:号楼|栋|幢|座|号院)"
_STAIRS = rf"(?:{_N}{{1,3}}|[东西中]) ?(?:单元|门洞|梯)"
_FLOOR = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}) ?(?:楼|层)"
_ROOM = (
    r"(?:[A-Za-z]?-?\d{3,4}[A-Za-z]?|[零〇一二三四五六七八九]{3,4})(?! ?[\d元米年户平吨万块个人斤])"
)
_SHORT_ROOM = rf"(?:{_ROOM}|\d{{1,4}}|[A-Za-z]\d{{1,4}}|[东西中南北]户?)"


def find_names(plain: str, phones: Collection[int]) -> Iterator[PersonalSpan]:
    """In no order; finds may overlap."""
    for regex in _sure():
        for match in regex.finditer(plain):
            if match["name"] not in words("no_names"):
                yield PersonalSpan(*match.span("name"), "name")
    for regex in _likely():
        for match in regex.finditer(plain):
            if not _is_word(plain, match):
                yield PersonalSpan(*match.span("name"), "name")
    for match in _before_number().finditer(plain):
        if match.end() in phones and not _is_word(plain, match):
            yield PersonalSpan(*match.span("name"), "name")


def find_doors(plain: str) -> Iterator[PersonalSpan]:
    """Stairwell, floor and room of a home; the number of a house where somebody says to live."""
    for regex in _doors():
        for match in regex.finditer(plain):
            if not _is_public(plain, match.start()):
                yield PersonalSpan(*match.span("door"), "door")


@cache
def _sure() -> tuple[re.Pattern[str], ...]:
    """After a label or "我叫" whatever follows is a name."""
    surname, _ = surnames()
    end = rf"(?={_STOP}|{either('name_ends')})"
    said = rf"{surname}{_HAN}{{1,2}}?{end}|{surname}{_HAN}{{2}}|{surname}(?={_STOP})"
    label = rf"{either('name_labels')}(?:姓名)?(?: ?(?:[：:(是为叫]|叫做)\s*| )"
    return (
        re.compile(rf"{label}(?P<name>{_DOTTED}|{_HAN}{{2,4}}(?={_STOP})|{said}|{_LATIN})"),
        re.compile(
            rf"{either('name_said')}[：:是为 ]{{0,2}}"
            rf"(?P<name>{_DOTTED}|{said}|{_HAN}{{2,4}}(?={_STOP})|{_LATIN})"
        ),
        re.compile(rf"(?:[Mm]y name is|[Nn]ame ?[:：]) ?(?P<name>{_LATIN}|[A-Z][a-z]{{1,15}})"),
    )


@cache
def _likely() -> tuple[re.Pattern[str], ...]:
    """After a word for a person, or with a title."""
    surname, common = surnames()
    end = rf"(?={_STOP}|{either('name_ends')})"
    shop = rf"(?!的?(?:(?!{either('name_ends')}){_HAN}){{0,4}}{either('shop_words')})"
    titled = rf"{either('titles')}"
    return (
        re.compile(rf"{either('name_near')}[：: ]?(?P<name>{surname}{_HAN}{{0,2}}?{titled})"),
        re.compile(rf"{either('name_near')}[：:( ]?(?P<name>{common}{_HAN}{{1,2}}?){end}"),
        re.compile(rf"(?<![任如为几])(?P<name>{common}{_HAN}{{0,2}}?{titled}){shop}"),
    )


@cache
def _before_number() -> re.Pattern[str]:
    """王建国，13800138000"""
    surname, _ = surnames()
    cue = r"(?:手机号?码?|电话|联系电话|联系方式)?"
    return re.compile(
        rf"(?<!{_HAN})(?P<name>{surname}{_HAN}{{1,3}}?)[，,：:\s(（;；/、-]{{0,3}}{cue}[：:\s]{{0,2}}(?=[\d+(一幺])"
    )


def _is_word(plain: str, match: re.Match[str]) -> bool:
    """高中生 is nobody's name, nor is what a longer word begins with."""
    start = match.start("name")
    return any(plain.startswith(word, start) for word in _words_by_first().get(plain[start], ()))


@cache
def _words_by_first() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words("not_names"):
        found.setdefault(word[0], []).append(word)
    return found


def _is_public(plain: str, at: int) -> bool:
    """A room in an office; where somebody says to live it is a home all the same."""
    near = re.split(r"[，,。；;！!？?\s]", plain[max(0, at - 14) : at])[-1]
    if re.search(either("homes"), near):
        return False
    return any(word in near for word in words("public_houses"))


@cache
def _doors() -> tuple[re.Pattern[str], ...]:
    estate = f"(?<=[{''.join(sorted(words('estates')))}])"
    return (
        # 3幢2单元502室, 3幢502, 2单元五零二
        re.compile(
            rf"{_BUILDING} ?(?P<door>{_STAIRS}(?: ?{_FLOOR})?(?: ?-? ?{_SHORT_ROOM}[室号户]?房?)?)"
        ),
        re.compile(
            rf"{_BUILDING} ?-? ?(?P<door>(?:{_FLOOR} ?)?"
            rf"(?:{_ROOM}|[A-Za-z]?\d{{1,4}}(?=[室户房])|[东西中]户)[室户]?)"
        ),
        re.compile(rf"(?P<door>{_STAIRS}(?: ?{_FLOOR})? ?-? ?{_SHORT_ROOM}[室号户]?)"),
        re.compile(
            r"(?<![\dA-Za-z])"
            r"(?P<door>(?:[A-Za-z]?-?\d{2,4}[A-Za-z]?|[零〇一二三四五六七八九]{3,4}) ?室)"
        ),
        # 风荷苑3-2-502
        re.compile(
            rf"{estate} ?(?P<door>\d{{1,3}}(?:#|号楼|栋|幢)?-\d{{1,2}}-\d{{3,4}}室?)(?![\d-])"
        ),
        re.compile(rf"{estate} ?\d{{1,3}}-(?P<door>\d{{3,4}}室?)(?![\d-])"),
        # 柳浪村3组12号
        re.compile(rf"{_N}{{1,3}} ?组 ?(?P<door>\d{{1,4}}号?(?:-\d{{1,3}})?)(?!\d|[线路楼])"),
        re.compile(
            rf"{either('homes')}[：: 是在为]{{0,2}}[^，,。；;\n]{{0,24}}?"
            r"(?<!\d)(?P<door>\d{1,4}(?:-\d{1,3})?) ?号(?![线楼路])"
        ),
    )
