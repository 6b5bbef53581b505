"""The names of the registry in memory: estates, roads, villages, aliases – not the rooms.

    await load_names(session, known) -> NameIndex       ``known`` itself where nothing changed
    index.forms["风荷苑"] -> ((name, "full"), …)        every spelling and what it may stand for
    index.near(text) -> names that sound like a part of it, the likeliest first

A county of 230,000 addresses has some thousand names; rooms are looked up in the table by index.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.addresses.narrowing import narrow_name
from cases.addresses.sounds import sound_of, sounds_of
from cases.addresses.words import word_list
from cases.models import AddressAlias, AddressLoad, AddressUnit

NAMED_LEVELS = ("district", "street", "community", "group", "estate", "road")
_SHORTEST = 2
_MOST_NEAR = 24
_PHASES = ("期", "区")


@dataclass(frozen=True, slots=True)
class Name:
    """A place that has a name, with what its rooms are looked up by."""

    code: str
    key: int
    level: str
    full_name: str
    grid: str | None
    street_key: int | None = None
    community_key: int | None = None
    estate_key: int | None = None
    road_key: int | None = None
    village_group: str = ""
    number: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Names and their spellings; the empty one knows no place."""

    version: int = 0
    names: tuple[Name, ...] = ()
    forms: dict[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    spellings: tuple[str, ...] = ()
    sounds: dict[str, array[int]] = field(default_factory=dict)
    longest: int = 0

    @classmethod
    def of(cls, named: Iterable[tuple[Name, str, str]], version: int = 0) -> NameIndex:
        """From (name, spelling as written, ``full`` or ``alias``)."""
        names: dict[str, int] = {}
        order: list[Name] = []
        forms: dict[str, dict[tuple[int, str], None]] = defaultdict(dict)
        for name, written, kind in named:
            number = names.setdefault(name.code, len(order))
            if number == len(order):
                order.append(name)
            for form, form_kind in _forms_of(narrow_name(written), kind, name.level):
                forms[form][number, form_kind] = None
        spellings = tuple(f for f, of in forms.items() if any(k != "short" for _, k in of))
        return cls(
            version,
            tuple(order),
            {form: tuple(of) for form, of in forms.items()},
            spellings,
            _sound_index(spellings),
            max(map(len, forms), default=0),
        )

    def near(self, text: str) -> list[str]:
        """Spellings that share sounds with the text, those that share the rarest first."""
        votes: Counter[int] = Counter()
        weights: dict[int, float] = defaultdict(float)
        for gram in set(_grams(text, every_reading=True)):
            found = self.sounds.get(gram)
            if found is None:
                continue
            weight = math.log(1 + len(self.spellings) / len(found))
            for number in found:
                votes[number] += 1
                weights[number] += weight / len(self.spellings[number])
        ranked = sorted(weights, key=lambda n: (-weights[n], n))[:_MOST_NEAR]
        return [self.spellings[number] for number in ranked]


async def load_names(session: AsyncSession, known: NameIndex | None = None) -> NameIndex:
    """The names as they are in the tables now."""
    version = await session.scalar(select(func.max(AddressLoad.id))) or 0
    if known is not None and known.version == version:
        return known
    columns = [getattr(AddressUnit, name) for name in Name.__slots__]
    aliased = select(AddressAlias.code)
    rows = await session.execute(
        select(AddressUnit.name, *columns)
        .where(or_(AddressUnit.level.in_(NAMED_LEVELS), AddressUnit.code.in_(aliased)))
        .order_by(AddressUnit.code)
    )
    by_code: dict[str, Name] = {}
    named: list[tuple[Name, str, str]] = []
    for written, *values in rows:
        name = Name(*values)
        by_code[name.code] = name
        if name.level in NAMED_LEVELS and not name.village_group.isdigit():
            named.append((name, written, "full"))
    aliases = await session.execute(
        select(AddressAlias.code, AddressAlias.alias).order_by(AddressAlias.id)
    )
    named += [(by_code[code], alias, "alias") for code, alias in aliases]
    return NameIndex.of(named, version)


def _forms_of(written: str, kind: str, level: str) -> Iterator[tuple[str, str]]:
    """The spellings of a name, from the full one to the one cut short."""
    yield written, kind
    stem = _cut(written, word_list("tails", "weak"))
    if stem != written and len(stem) > _SHORTEST:
        yield stem, "weak"
    if level == "road":
        return
    bare = stem
    if bare.endswith(_PHASES) and bare[:-1].rstrip("0123456789") != bare[:-1]:
        bare = bare[:-1].rstrip("0123456789")
        yield bare, "short"
    core = _cut(bare, word_list("tails", "strong"))
    if core != written and len(core) >= _SHORTEST:
        yield core, "short"


def _cut(text: str, tails: tuple[str, ...]) -> str:
    for tail in tails:
        if text.endswith(tail) and len(text) - len(tail) >= _SHORTEST:
            return text[: -len(tail)]
    return text


def _sound_index(spellings: tuple[str, ...]) -> dict[str, array[int]]:
    sounds: dict[str, array[int]] = {}
    for number, spelling in enumerate(spellings):
        if len(spelling) > _SHORTEST:
            for gram in set(_grams(spelling)):
                sounds.setdefault(gram, array("I")).append(number)
    return sounds


def _grams(text: str, *, every_reading: bool = False) -> Iterator[str]:
    """Two sounds beside each other or with one between, in either order: a slip spoils some of
    them, never all."""
    heard = [sounds_of(c) if every_reading else (sound_of(c),) for c in text]
    for distance in (1, 2):
        for one, other in zip(heard, heard[distance:], strict=False):
            for pair in product(one, other):
                yield "".join(sorted(pair))
