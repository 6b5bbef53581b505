"""The numbers of an address: 6幢2单元501室, 六栋302, 3-2-501, 40号-1, 3组12号.

    read_number("六栋", "building") -> "6"      one form for a cell of the registry
    find_marks(text, start, end)    -> the marked numbers of a narrowed text, in order
    read_details(marks, level)      -> the ways to read them below a place of that level

A way to read is a tuple of (column, value) pairs from the building down; the likeliest first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from cases.addresses.narrowing import narrow_name
from cases.addresses.words import one_of

Details = tuple[tuple[str, str], ...]
#: From this on a number is a room (101, 1203), below it a stairwell or a building.
_FIRST_ROOM = 100
_VALUE = r"(?:[A-Z]?[0-9]{1,5}[A-Z]?|[A-Z](?![A-Z]))"


@dataclass(frozen=True, slots=True)
class Mark:
    """A number and what it counts: building, unit, room, number, group, lane, floor, or
    ``dash`` (3-2-501) and ``bare`` (302) where it does not say."""

    kind: str
    value: str
    start: int
    end: int


@lru_cache(maxsize=50_000)
def read_number(cell: str, column: str) -> str:
    """The one form of a number cell; words that hold no number stay as they are."""
    text = narrow_name(cell)
    if column == "village_group":
        found = re.fullmatch(rf"第?([0-9]+){one_of('marks', 'group')}?", text)
        return found[1] if found else text
    if column == "number":
        found = re.fullmatch(
            rf"([0-9]+(?:-[0-9]+)?(?:弄[0-9]+)?)(?:{one_of('marks', 'number')})?", text
        )
        if found:
            return found[1]
        found = re.fullmatch(r"([0-9]+)号-([0-9]+)(?:号)?", text)
        return f"{found[1]}-{found[2]}" if found else text
    kinds = ("building", "number") if column == "building" else (column,)
    marks = "|".join(one_of("marks", kind) for kind in kinds)
    found = re.fullmatch(rf"第?(.+?)(?:{marks})?", text)
    return found[1] if found else text


def find_marks(text: str, start: int, end: int) -> list[Mark]:
    """The numbers between two places of a narrowed text."""
    found = []
    for match in _pattern().finditer(text, start, end):
        kind = match.lastgroup or ""
        value = match.group(kind)
        digits = re.findall(r"[A-Z]?[0-9]+[A-Z]?|[A-Z]", value)
        if kind == "number" and len(digits) == 2:
            found.append(Mark("number", "-".join(digits), *match.span()))
        elif kind == "dash":
            found.append(Mark("dash", "-".join(digits), *match.span()))
        else:
            found.append(Mark(kind, digits[0], *match.span()))
    return found


@cache
def _pattern() -> re.Pattern[str]:
    def marked(kind: str, after: str = "") -> str:
        return rf"第?(?P<{kind}>{_VALUE}){one_of('marks', kind)}{after}"

    return re.compile(
        "|".join(
            (
                rf"(?P<dash>{_VALUE}(?:-{_VALUE}){{1,2}})(?:室|房|号房)?(?![0-9号弄年月])",
                marked("building"),
                marked("unit"),
                marked("room"),
                marked("group", r"(?![长员里])"),
                marked("lane"),
                r"(?P<number>[0-9]{1,5}(?:-[0-9]{1,3}号|号(?:-[0-9]{1,3}(?![0-9]))?))"
                r"(?![线晚早上下]|门(?![口前旁]))院?",
                rf"(?P<floor>[0-9]{{1,2}}){one_of('marks', 'floor')}",
                r"(?P<bare>[0-9]{1,4})(?![0-9年月日点个块元户人%.:次天家条辆期区路带样起些边直下])",
            )
        )
    )


def read_details(marks: Sequence[Mark], level: str) -> list[Details]:
    """How the numbers below a place may be meant, the likeliest reading first."""
    found: dict[str, str] = {}
    house: str | None = None
    for mark in marks:
        if mark.kind in ("building", "unit", "room"):
            found.setdefault(mark.kind, mark.value)
        elif mark.kind == "group":
            found.setdefault("village_group", mark.value)
        elif mark.kind == "lane":
            house = f"{mark.value}弄"
        elif mark.kind == "number":
            # 40弄6号, or 风荷路88号; below a number a second one is a building.
            if house is None:
                house = mark.value
            elif "building" not in found:
                found["building"] = mark.value
        elif mark.kind == "dash":
            _read_dash(mark.value.split("-"), found)
        elif mark.kind == "bare":
            _read_bare(mark.value, found, house, level)
            house = house or (mark.value if level == "road" and len(mark.value) < 4 else None)
    return _ways(found, house, level)


def _read_dash(values: list[str], found: dict[str, str]) -> None:
    columns = ["building", "unit", "room"]
    if "building" in found:
        columns = ["unit", "room"]
    if len(values) < len(columns):
        last = values[-1]
        is_room = last.isdigit() and int(last) >= _FIRST_ROOM
        columns = [columns[0], "room"] if is_room else columns[: len(values)]
        if "building" in found and len(values) == 1:
            columns = ["room" if is_room else "unit"]
    for column, value in zip(columns, values, strict=False):
        found.setdefault(column, value)


def _read_bare(value: str, found: dict[str, str], house: str | None, level: str) -> None:
    if level == "road" and house is None:
        return
    if int(value) >= _FIRST_ROOM:
        found.setdefault("room", value)
    elif "building" not in found and level == "estate":
        found["building"] = value


def _ways(found: dict[str, str], house: str | None, level: str) -> list[Details]:
    order = ("village_group", "number", "building", "unit", "room")

    def way(**values: str | None) -> Details:
        given = {**found, **{k: v for k, v in values.items() if v is not None}}
        return tuple((column, given[column]) for column in order if column in given)

    if level == "estate":
        # 风荷苑6号302: the number of a building as often as of a door on the road.
        if house is None or "building" in found:
            return [way()]
        return [way(building=house), way(number=house)]
    return [way(number=house)]
