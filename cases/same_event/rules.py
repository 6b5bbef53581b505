"""The figures and lists of ``rules.toml``, ``matters.toml`` and ``common_pairs.csv``, read once.

load_rules() -> Rules
pair_weight("油烟") -> 0..1       how much two characters tell; a pair that is in every
                                  second message tells nothing
"""

from __future__ import annotations

import csv
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cases.addresses.narrowing import narrow_name

FOLDER = Path(__file__).parent


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
    doors: tuple[tuple[str, bool, re.Pattern[str]], ...]
    home: re.Pattern[str]
    matters: re.Pattern[str]
    concepts: dict[str, tuple[str, ...]]
    field_of: dict[str, str]
    faults: re.Pattern[str]
    faulty: dict[str, tuple[str, ...]]
    personal: frozenset[str]
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
    concepts = _turn(*words["objects"].values())
    faulty = _turn(words["faults"])
    return Rules(
        figures={name: float(value) for name, value in rows["figures"].items()},
        formula=_one_of(rows["text"]["formula"]),
        atoms=_atoms(rows["names"]),
        loose=_loose(rows["names"]),
        tails={kind: re.compile(f"{_either(tails)}$") for kind, tails in rows["names"].items()},
        no_name=_one_of(rows["related"]["no_name"]),
        related=_one_of(rows["related"]["words"]),
        doors=tuple(
            (name, bool(row["hard"]), re.compile(row["pattern"]))
            for name, row in rows["doors"].items()
        ),
        home=re.compile(rows["home"]["pattern"]),
        matters=_one_of(concepts, plain=True),
        concepts=concepts,
        field_of={thing: field for field, row in words["objects"].items() for thing in row},
        faults=_one_of(faulty, plain=True),
        faulty=faulty,
        personal=frozenset(rows["personal"]["objects"]),
        contradict=tuple(frozenset(group) for group in rows["contradict"]["faults"]),
        alike=dict(rows["text"]["alike"]),
        akin=tuple(frozenset(group) for group in rows["akin"]["categories"]),
    )


@cache
def _weights() -> dict[str, float]:
    with (FOLDER / "common_pairs.csv").open(encoding="utf-8", newline="") as file:
        return {row["pair"]: float(row["weight"]) for row in csv.DictReader(file)}


def pair_weight(pair: str) -> float:
    """1 for a pair that is not among the common ones."""
    return _weights().get(pair, 1.0)


def _turn(*groups: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """What each word stands for: mostly one thing, sometimes two."""
    found: dict[str, dict[str, None]] = {}
    for group in groups:
        for name, members in group.items():
            for word in members:
                found.setdefault(narrow_name(word), {})[name] = None
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
        kinds.append(rf"(?P<{kind}>{stem}{{1,9}}?{_either(tails)})")
    return re.compile("|".join(kinds))


def _loose(names: dict[str, list[str]]) -> re.Pattern[str]:
    """Any two characters before a tail, overlapping ones too."""
    kinds = [
        rf"(?P<{kind}>[\u4e00-\u9fff0-9]{{2}}{_either(tails)})" for kind, tails in names.items()
    ]
    return re.compile(rf"(?=(?:{'|'.join(kinds)}))")
