"""The words of addresses, read once from ``words.toml`` and narrowed like every text.

word_list("relations", "after") -> ("十字路口", …)      longest first
one_of("marks", "building")     -> a regular expression for any of them
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from cases.addresses.narrowing import narrow

_WORDS = Path(__file__).with_name("words.toml")


@cache
def word_list(table: str, *names: str) -> tuple[str, ...]:
    """The words of one or several lists, longest first."""
    rows: dict[str, list[str]] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))[table]
    words = {narrow(word).text for name in names or rows for word in rows[name]}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


@cache
def one_of(table: str, *names: str) -> str:
    """Any of the words, as a regular expression without a group."""
    return f"(?:{'|'.join(map(re.escape, word_list(table, *names)))})"


@cache
def headings() -> dict[str, str]:
    """Heading → column of a registry file."""
    rows: dict[str, list[str]] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))["columns"]
    return {heading: column for column, names in rows.items() for heading in names}


@cache
def figure(name: str) -> float:
    """A number of the table ``scores``."""
    rows: dict[str, float] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))["scores"]
    return float(rows[name])
