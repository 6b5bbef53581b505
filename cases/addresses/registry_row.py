"""One row of a registry as a place: its level, its key, its numbers, what lies above it.

    read_row(cells) -> RegistryRow             raises ``InvalidData`` with one sentence
    row.values() -> the columns of ``address_units``
    row.parent() -> the place above
    place_of(row).above -> every place above, nearest first

A key is made of the names on the way down, in their one form: the same estate of the same
community has the same key in every file, whatever its code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from cases.addresses.narrowing import narrow_name
from cases.addresses.numbers import read_number
from cases.errors import InvalidData

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}")
_FORMULA = re.compile(r"[=@+\t\r]|-(?![0-9])")
_LONGEST = {"name": 60, "number": 24}
_NUMBERS = {"group": "村组", "number": "门牌号", "building": "幢", "unit": "单元", "room": "室"}
_SUFFIX = {"group": "组", "number": "号", "building": "幢", "unit": "单元", "room": "室"}
#: From the bottom up; the first that is filled is what the row is.
LEVELS = (
    "room", "unit", "building", "estate", "number", "road", "group", "community", "street",
    "district",
)  # fmt: skip
#: As it is written on an envelope; the order of the cells of a row.
LEVELS_DOWN = (
    "district", "street", "community", "group", "road", "number", "estate", "building", "unit",
    "room",
)  # fmt: skip
_CELLS = (*LEVELS_DOWN[:-1], "grid")
MOST_ALIASES = 20
_LONGEST_ADDRESS = 170


class RegistryRow(NamedTuple):
    """The cells of a row; ``""`` where there is none."""

    district: str = ""
    street: str = ""
    community: str = ""
    group: str = ""
    road: str = ""
    number: str = ""
    estate: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    grid: str = ""
    code: str = ""
    #: Other names, joined by "|".
    aliases: str = ""

    @property
    def level(self) -> str:
        """What the row is: the lowest part that it names."""
        if self.room:
            return "room"
        return next(level for level in LEVELS if getattr(self, level))

    def parent(self) -> RegistryRow | None:
        """The place above, without code, grid and aliases."""
        return self._parent(self.level)

    def _parent(self, level: str) -> RegistryRow | None:
        above: RegistryRow
        if level in ("building", "unit", "room"):
            above = RegistryRow(*self[: LEVELS_DOWN.index(level)])
        elif level == "road" or (level == "number" and self.road):
            # A road runs through communities; above it is the district.
            road = self.road if level == "number" else ""
            above = RegistryRow(district=self.district, road=road)
        else:
            above = RegistryRow(*self[: min(LEVELS_DOWN.index(level), LEVELS_DOWN.index("road"))])
        return above if any(above) else None

    def values(self) -> dict[str, Any]:
        """The columns of ``address_units``, but for code, grid, ``derived`` and digest."""
        level = self.level
        parent = self._parent(level)
        above = place_of(parent) if parent else _NOWHERE
        key, name = _key_below(above.key, self, level), _shown(self, level)
        if level in ("building", "unit", "room"):
            number = read_number(getattr(self, level), level)
            full_name = above.full_name + name
            # Neighbours share all but this.
            shared = {**above.values, level: number}
        else:
            full_name = "".join([_shown(self, column) for column in LEVELS_DOWN])
            shared = self._shared()
        return {
            **shared,
            "key": key,
            "parent_key": above.key or None,
            "level": level,
            "name": name,
            "full_name": full_name,
        }

    def _shared(self) -> dict[str, Any]:
        return {
            **_anchors_of(*self[:5], self.estate),
            "village_group": read_number(self.group, "village_group"),
            "number": read_number(self.number, "number"),
            "building": read_number(self.building, "building"),
            "unit": read_number(self.unit, "unit"),
            "room": read_number(self.room, "room"),
        }

    def key(self) -> int:
        """The number that stands for the names on the way down."""
        level = self.level
        parent = self._parent(level)
        return _key_below(place_of(parent).key if parent else 0, self, level)


class Place(NamedTuple):
    """What the rows below a place need of it."""

    key: int
    full_name: str
    values: dict[str, Any]
    #: The places above, nearest first.
    above: tuple[RegistryRow, ...]


_NOWHERE = Place(0, "", {}, ())


@lru_cache(maxsize=20_000)
def place_of(row: RegistryRow) -> Place:
    """A place above others, worked out once."""
    parent = row.parent()
    above = (parent, *place_of(parent).above) if parent else ()
    values = row.values()
    return Place(values["key"], values["full_name"], values, above)


@lru_cache(maxsize=5_000)
def _anchors_of(
    district: str, street: str, community: str, group: str, road: str, estate: str
) -> dict[str, int | None]:
    """Keys of the named places that a row's numbers are looked up by."""
    top = (district, street, community)
    return {
        "street_key": RegistryRow(*top[:2]).key() if street else None,
        "community_key": RegistryRow(*top).key() if community else None,
        "estate_key": RegistryRow(*top, group, estate=estate).key() if estate else None,
        "road_key": RegistryRow(district, road=road).key() if road else None,
    }


def _key_below(above: int, row: RegistryRow, level: str) -> int:
    cell = getattr(row, level)
    column = "village_group" if level == "group" else level
    form = read_number(cell, column) if level in _NUMBERS else narrow_name(cell)
    return _hash(f"{above}:{level}:{form}")


def _shown(row: RegistryRow, column: str) -> str:
    cell: str = getattr(row, column)
    if column not in _SUFFIX or not cell:
        return cell
    return cell + _SUFFIX[column] if narrow_name(cell)[-1].isascii() else cell


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) >> 1


def read_row(cells: Mapping[str, str]) -> RegistryRow:
    """The row of a file, checked."""
    code = cells.get("code", "")
    if not code:
        raise InvalidData("没有编码，请在 code 列填上这个地址的统一编码。", field="code")
    if not _CODE.fullmatch(code):
        raise InvalidData(
            f"编码“{code[:20]}”应为 40 位以内的字母、数字、点或横线，请改正。", field="code"
        )
    parts = tuple([cells.get(name, "") for name in LEVELS_DOWN])
    grid = cells.get("grid", "")
    _check_parts(*parts[:-1], grid)
    _check_cell("room", parts[-1])
    aliases = _read_aliases(cells.get("aliases", ""))
    row = RegistryRow(*(*parts, grid, code, aliases))
    if row.room and not (row.building or row.number or row.estate):
        raise _refusal("有室号却没有幢号或门牌号，请补上。", "building")
    return row


@lru_cache(maxsize=20_000)
def _check_parts(*cells: str) -> None:
    """All but the room; a building's rooms share them."""
    row = RegistryRow(*(*cells[:-1], "", cells[-1]))
    for name, cell in zip(_CELLS, cells, strict=True):
        _check_cell(name, cell)
    if not any((row.district, row.street, row.community, row.estate, row.road)):
        raise _refusal("没有社区、小区或道路，请至少填一项，不然找不到它在哪里。", "road")
    if row.number and not (row.road or row.community or row.estate):
        raise _refusal("有门牌号却没有道路或村社区，请补上。", "number")
    if row.building and not (row.estate or row.number or row.community):
        raise _refusal("有幢号却没有小区或门牌号，请补上。", "building")
    if row.unit and not (row.building or row.number or row.estate):
        raise _refusal("有单元却没有幢号或门牌号，请补上。", "building")
    if sum(map(len, cells)) > _LONGEST_ADDRESS:
        raise _refusal("整条地址太长，请检查是否填错了列。", "estate")


def _refusal(sentence: str, field: str) -> InvalidData:
    return InvalidData(sentence, field=field)


@lru_cache(maxsize=5_000)
def _read_aliases(cell: str) -> str:
    aliases = dict.fromkeys(a.strip() for a in re.split(r"[|｜;；]", cell) if a.strip())
    if len(aliases) > MOST_ALIASES:
        raise _refusal(f"别名超过 {MOST_ALIASES} 个，请只留常用的。", "aliases")
    for alias in aliases:
        _check_cell("aliases", alias)
    return "|".join(aliases)


@lru_cache(maxsize=50_000)
def _check_cell(name: str, cell: str) -> None:
    if _FORMULA.match(cell):
        raise InvalidData(
            f"“{cell[:20]}”像一个公式，不像地址；请在表格里把它改成文字。", field=name
        )
    longest = _LONGEST["number" if name in _NUMBERS else "name"]
    if len(cell) > longest:
        raise InvalidData(
            f"{_NUMBERS.get(name, '名称')}“{cell[:12]}…”超过 {longest} 字，请检查是否填错了列。",
            field=name,
        )
