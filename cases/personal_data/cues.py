"""The words of ``cues.toml``: what stands before a name, a number, a door.

words(key) -> frozenset[str]
pattern(key) -> compiled       the list as one pattern that ends where the find begins
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@cache
def _rows() -> dict[str, Any]:
    return tomllib.loads((_FOLDER / "cues.toml").read_text(encoding="utf-8"))


@cache
def words(key: str) -> frozenset[str]:
    """One list."""
    return frozenset(_rows()[key])


@cache
def either(key: str) -> str:
    """One list as a group of a pattern, the longest first; its first characters in front, because
    a pattern tries every word of a list at every place."""
    listed = sorted(_rows()[key], key=len, reverse=True)
    firsts = "".join(sorted({re.escape(word[0]) for word in listed}))
    return f"(?:(?=[{firsts}])(?:{'|'.join(map(re.escape, listed))}))"


@cache
def pattern(key: str) -> re.Pattern[str]:
    """Any word of the list, then at most a few joining ones, then the end."""
    listed = "|".join(map(re.escape, _rows()[key]))
    return re.compile(rf"(?:{listed})(?:号码|号|是|为|：|:|\(|\s|、|，|,)*$", re.IGNORECASE)


@cache
def surnames() -> tuple[str, str]:
    """Patterns for any surname and for one of the hundred most usual."""
    rows = tomllib.loads((_FOLDER.parent / "calls" / "surnames.toml").read_text(encoding="utf-8"))
    double = "|".join(rows["double"])
    return f"(?:{double}|[{rows['single']}])", f"(?:{double}|[{rows['common']}])"
