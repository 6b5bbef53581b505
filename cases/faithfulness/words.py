"""The rules of ``rules.toml``, compiled once.

load_rules() -> Rules
speaks_of(pattern, words, unless) -> bool
half_width(text) -> str         as many characters as before: offsets stay
squeeze(text) -> str            only what is said
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "rules.toml"
_NOT_WORD = re.compile(r"[^\w%.:：]+|[_]+")


@dataclass(frozen=True)
class Group:
    """Words that say one thing. ``level`` is an urgency, ``flag`` a flag of the classifier's."""

    name: str
    pattern: re.Pattern[str]
    level: str = "normal"
    flag: str = ""


@dataclass(frozen=True)
class Rules:
    """Everything of the file in the shape that ``compare`` asks for."""

    sentences: Mapping[str, str]
    type_names: Mapping[str, str]
    demands: tuple[Group, ...]
    general: re.Pattern[str]
    types: Mapping[str, re.Pattern[str]]
    named: Mapping[str, re.Pattern[str]]
    hard_demands: frozenset[str]
    risks: tuple[Group, ...]
    denied: re.Pattern[str]
    feared: re.Pattern[str]
    vulnerable: tuple[Group, ...]
    units: Mapping[str, str]
    times: re.Pattern[str]


@cache
def load_rules() -> Rules:
    """Read and compile; the file is ours, so a mistake in it is an error of the program."""
    rows: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Rules(
        sentences=rows["sentences"],
        type_names=rows["type_names"],
        demands=tuple(Group(name, _any(words)) for name, words in rows["demands"].items()),
        general=re.compile(rows["general"]["demand"]),
        types={name: _any(words) for name, words in rows["types"].items()},
        named={name: _any(words) for name, words in rows["named"].items() if words},
        hard_demands=frozenset(rows["hard_demands"]["kinds"]),
        risks=tuple(
            Group(row["name"], _any(row["words"]), level=row["level"]) for row in rows["risk"]
        ),
        denied=re.compile(rows["context"]["denied"]),
        feared=re.compile(rows["context"]["feared"]),
        vulnerable=tuple(
            Group(row["name"], _any(row["words"]), flag=row["flag"]) for row in rows["vulnerable"]
        ),
        units=rows["units"],
        times=_any(rows["times"]["any"]),
    )


def speaks_of(pattern: re.Pattern[str], words: str, unless: re.Pattern[str] | None) -> bool:
    """Whether the words have it, and nothing right before takes it back."""
    return any(
        unless is None or not unless.search(words[: match.start()])
        for match in pattern.finditer(words)
    )


def half_width(text: str) -> str:
    """Full-width letters and digits made plain, one character for one: offsets stay."""
    return "".join(
        plain if len(plain := unicodedata.normalize("NFKC", char)) == 1 else char for char in text
    )


def squeeze(text: str) -> str:
    """Only what is said, without marks and blanks: for comparing wordings."""
    return _NOT_WORD.sub("", half_width(text)).lower()


def _any(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{word})" for word in words))
