"""Buildings, stairwells, rooms and house numbers below a named place, by the table's indexes.

await fetch_doors(session, [(name, ways)]) -> [Door]      two or three queries for all
pick_doors(name, ways, doors) -> (the doors meant, numbers that are not in the registry)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.addresses.names import Name
from cases.addresses.numbers import Details
from cases.models import AddressUnit

_COLUMNS = ("village_group", "number", "building", "unit", "room")
_SHOWN = {"village_group": "组", "number": "号", "building": "幢", "unit": "单元", "room": "室"}
#: What is looked up by what, in the order of the table's index.
_INDEXES = {
    "estate_key": ("building", "room"),
    "road_key": ("number", "building"),
    "community_key": ("village_group", "number"),
}
_MOST = 400


@dataclass(frozen=True, slots=True)
class Door:
    """A row of the registry."""

    code: str
    level: str
    full_name: str
    grid: str | None
    community_key: int | None
    estate_key: int | None
    road_key: int | None
    village_group: str
    number: str
    building: str
    unit: str
    room: str

    @classmethod
    def of(cls, name: Name) -> Door:
        """The named place itself."""
        return cls(*(getattr(name, column) for column in cls.__slots__))


async def fetch_doors(
    session: AsyncSession, asked: Sequence[tuple[Name, Sequence[Details]]]
) -> dict[int | None, list[Door]]:
    """Every row that one of the readings may mean, or that lies above it, by what it stands in
    or on."""
    wanted: dict[tuple[str, tuple[str, ...]], dict[str, set[Any]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for name, ways in asked:
        anchor = _anchor_of(name)
        for way in ways if getattr(name, anchor) is not None else ():
            given = {**{c: getattr(name, c) for c in _COLUMNS if getattr(name, c)}, **dict(way)}
            columns = tuple(c for c in _INDEXES[anchor] if c in given)
            if not columns and "room" not in given and "unit" not in given:
                continue
            parameters = wanted[anchor, columns]
            parameters[anchor].add(getattr(name, anchor))
            for column in columns:
                parameters[column] |= {given[column], ""}
    doors: dict[int | None, list[Door]] = defaultdict(list)
    for (anchor, columns), parameters in wanted.items():
        rows = await session.execute(
            _statement(anchor, columns), {name: sorted(some) for name, some in parameters.items()}
        )
        for row in rows:
            door = Door(*row)
            doors[getattr(door, anchor)].append(door)
    return doors


def pick_doors(
    name: Name, ways: Sequence[Details], doors: Mapping[int | None, Sequence[Door]]
) -> tuple[list[Door], tuple[str, ...]]:
    """The deepest rows that fit, by the reading that leaves the fewest numbers over."""
    best: tuple[list[Door], tuple[str, ...]] | None = None
    near = [d for d in doors.get(getattr(name, _anchor_of(name)), ()) if _belongs(d, name)]
    for way in ways:
        picked, missing = _deepest(name, way, near)
        if best is None or len(missing) < len(best[1]):
            best = picked, missing
    return best or ([], ())


@cache
def _statement(anchor: str, columns: tuple[str, ...]) -> Any:
    """One of a few, each compiled once: lists of any length are bound to it."""
    parts = [
        getattr(AddressUnit, column).in_(bindparam(column, expanding=True))
        for column in (anchor, *columns)
    ]
    return select(*(getattr(AddressUnit, c) for c in Door.__slots__)).where(*parts).limit(_MOST)


def _anchor_of(name: Name) -> str:
    if name.estate_key is not None:
        return "estate_key"
    return "road_key" if name.road_key is not None else "community_key"


def _belongs(door: Door, name: Name) -> bool:
    anchor = _anchor_of(name)
    # The door of an estate may be left out; a road's house is not the village's.
    if anchor == "community_key" and (door.road_key or door.estate_key):
        return False
    own = _COLUMNS[2:] if anchor == "estate_key" else _COLUMNS
    return all(getattr(door, c) == getattr(name, c) for c in own if getattr(name, c))


def _deepest(name: Name, way: Details, doors: Sequence[Door]) -> tuple[list[Door], tuple[str, ...]]:
    asked = dict(way)
    below = [door for door in doors if _fits(door, name, asked)]
    depth = {door.code: sum(getattr(door, c) == v for c, v in way) for door in below}
    deepest = max(depth.values(), default=0)
    if deepest == 0:
        return [], tuple(f"{v}{_SHOWN[c]}" for c, v in way)
    picked = [door for door in below if depth[door.code] == deepest]
    # Without the room the building is meant, not every stairwell of it.
    least = min(map(_filled, picked))
    picked = [door for door in picked if _filled(door) == least]
    lacking = tuple(
        f"{v}{_SHOWN[c]}" for c, v in way if all(getattr(door, c) != v for door in picked)
    )
    return picked, lacking


def _fits(door: Door, name: Name, asked: dict[str, str]) -> bool:
    """Nothing else than was asked for; below what was asked nothing is looked into."""
    for column in _COLUMNS:
        value = getattr(door, column)
        if column in asked:
            if value not in ("", asked[column]):
                return False
        elif value and not getattr(name, column) and column not in _left_out(name, asked):
            return False
    return True


def _left_out(name: Name, asked: dict[str, str]) -> Iterator[str]:
    """What people leave out: the door of an estate, the stairwell and the building of a room."""
    yield "village_group"
    if name.estate_key is not None or "building" in asked or "room" in asked:
        yield "number"
    if "room" in asked:
        yield from ("unit", "building")
    elif "unit" in asked:
        yield "building"


def _filled(door: Door) -> int:
    return sum(bool(getattr(door, column)) for column in ("building", "unit", "room"))
