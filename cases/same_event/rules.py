"""The figures and lists of ``rules.toml``, ``matters.toml`` and ``common_pairs.csv``, read once.

load_rules() -> Rules
pair_weight("油烟") -> 0..1       how much two characters tell; a pair that is in every
                                  second message tells nothing
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cases.addresses.narrowing import narrow_name

FOLDER = Path(__file__).parent
#: Ends of names of estates: no name of a road goes on after them.
_HOUSES = "(?:小区|花园|家园|公寓|新村|大厦)"


@dataclass(frozen=True)
class Rules:
    """``figures`` by name; the rest are compiled from the lists."""

    figures: dict[str, float]
    formula: re.Pattern[str]
    atoms: re.Pattern[str]
    tails: dict[str, re.Pattern[str]]
    loose: re.Pattern[str]
    related: re.Pattern[str]
    no_name: re.Pattern[str]
    proper: re.Pattern[str]
    lead: re.Pattern[str]
    doors: tuple[tuple[str, bool, re.Pattern[str]], ...]
    home: re.Pattern[str]
    matters: re.Pattern[str]
    concepts: dict[str, tuple[str, ...]]
    faults: re.Pattern[str]
    faulty: dict[str, tuple[str, ...]]
    personal: frozenset[str]
    general: frozenset[str]
    topics: dict[str, frozenset[str]]
    narrower: dict[str, frozenset[str]]
    telling: frozenset[str]
    contradict: tuple[frozenset[str], ...]
    alike: dict[str, str]
    akin: tuple[frozenset[str], ...]

    def figure(self, name: str) -> float:
        """A weight or threshold."""
        return self.figures[name]


@cache
def load_rules() -> Rules:
    """Everything that judging goes by."""
    rows: dict[str, Any] = tomllib.loads((FOLDER / "rules.toml").read_text(encoding="utf-8"))
    words: dict[str, Any] = tomllib.loads((FOLDER / "matters.toml").read_text(encoding="utf-8"))
    concepts = _turn(*words["objects"].values(), implied=words["implies"])
    faulty = _turn(words["faults"])
    return Rules(
        figures={name: float(value) for name, value in rows["figures"].items()},
        formula=_one_of(rows["text"]["formula"]),
        atoms=_atoms(rows["names"]),
        loose=_loose(
            {kind: [*tails, *rows["loose"].get(kind, [])] for kind, tails in rows["names"].items()}
        ),
        tails={
            kind: re.compile(f"{_either([*tails, *rows['loose'].get(kind, [])])}$")
            for kind, tails in rows["names"].items()
        },
        no_name=_one_of(rows["related"]["no_name"]),
        proper=_one_of(rows["related"]["proper"]),
        lead=re.compile(f"^(?:{_one_of(rows['related']['lead']).pattern})+"),
        related=_one_of(rows["related"]["words"]),
        doors=tuple(
            (name, bool(row["hard"]), re.compile(row["pattern"]))
            for name, row in rows["doors"].items()
        ),
        home=re.compile(rows["home"]["pattern"]),
        matters=_one_of(concepts, plain=True),
        concepts=concepts,
        faults=_one_of(faulty, plain=True),
        faulty=faulty,
        personal=frozenset(rows["personal"]["objects"]),
        general=frozenset(rows["general"]["objects"]),
        narrower=_narrower(words["implies"]),
        topics=_topics(words["objects"], words["fields"]),
        telling=frozenset(rows["telling"]["categories"]),
        contradict=tuple(frozenset(group) for group in rows["contradict"]["faults"]),
        alike=dict(rows["text"]["alike"]),
        akin=tuple(frozenset(group) for group in rows["akin"]["categories"]),
    )


def _narrower(implied: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    """By thing: those that are one of it."""
    found: dict[str, set[str]] = {}
    for thing, broader in implied.items():
        for name in broader:
            found.setdefault(name, set()).add(thing)
    return {name: frozenset(things) for name, things in found.items()}


def _topics(
    objects: dict[str, dict[str, list[str]]], fields: dict[str, list[str]]
) -> dict[str, frozenset[str]]:
    """By category: the things that are the matter itself there."""
    found: dict[str, set[str]] = {}
    for field, things in objects.items():
        for category in fields[field]:
            found.setdefault(category, set()).update(things)
    return {category: frozenset(things) for category, things in found.items()}


@cache
def _weights() -> dict[str, float]:
    with (FOLDER / "common_pairs.csv").open(encoding="utf-8", newline="") as file:
        return {row["pair"]: float(row["weight"]) for row in csv.DictReader(file)}


def pair_weight(pair: str) -> float:
    """1 for a pair that is not among the common ones."""
    return _weights().get(pair, 1.0)


def _turn(
    *groups: dict[str, list[str]], implied: Mapping[str, list[str]] = MappingProxyType({})
) -> dict[str, tuple[str, ...]]:
    """What each word stands for: mostly one thing, sometimes two."""
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        for name, members in group.items():
            for word in members:
                found.setdefault(narrow_name(word), {}).update(
                    dict.fromkeys([name, *implied.get(name, ())])
                )
    return {word: tuple(names) for word, names in found.items()}


def _one_of(words: Any, *, plain: bool = False) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first) if plain else longest_first))


def _either(words: list[str]) -> str:
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"


def _atoms(names: dict[str, list[str]]) -> re.Pattern[str]:
    """One name after the other within a place: 东岭区|青云路|风荷花园."""
    stem = r"[\u4e00-\u9fffA-Za-z0-9·]"
    kinds = []
    for kind, tails in names.items():
        # 青禾苑小区南面小路 is an estate, and no road of that name; 花园路 is one.
        inner = rf"(?!{_HOUSES}(?!{_either(tails)})){stem}" if kind == "road" else stem
        kinds.append(rf"(?P<{kind}>(?:{inner}){{1,9}}?{_either(tails)})")
    return re.compile("|".join(kinds))


def _loose(names: dict[str, list[str]]) -> re.Pattern[str]:
    """Any two characters before a tail, overlapping ones too."""
    kinds = [
        rf"(?P<{kind}>[\u4e00-\u9fff0-9]{{2}}{_either(tails)})" for kind, tails in names.items()
    ]
    return re.compile(rf"(?=(?:{'|'.join(kinds)}))")
