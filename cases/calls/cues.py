"""The cue words of ``cues.toml``, compiled once.

any_of("kinds", "demand") -> Pattern     one pattern for a list of the file
words("speakers", "agent") -> frozenset  a list taken literally
row("enumerators", "arabic") -> str
rows("bridges", "pieces") -> list[str]
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "cues.toml"


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def any_of(table: str, key: str) -> re.Pattern[str]:
    """Matches where any expression of the list does."""
    return re.compile("|".join(f"(?:{cue})" for cue in _tables()[table][key]))


@cache
def words(table: str, key: str) -> frozenset[str]:
    """The list as it stands."""
    return frozenset(_tables()[table][key])


def rows(table: str, key: str) -> list[str]:
    """The expressions of a list one by one."""
    return [str(cue) for cue in _tables()[table][key]]


def row(table: str, key: str) -> str:
    """One expression."""
    return str(_tables()[table][key])
