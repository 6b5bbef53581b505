"""Reading a question: one form of letters, its clauses, what it wants.

squeeze(text)           simplified, half-width, lower case, without spaces and punctuation
clauses(text)           the squeezed pieces between punctuation marks
is_question(text)       it asks how, where, with what; not: it wants something done
read_rule(name)         a figure of rules.toml
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

_RULES = Path(__file__).with_name("rules.toml")
_BREAKS = re.compile(r"[\s,，。.!！?？;；:：、~…—\-\"'“”‘’（）()【】\[\]《》<>/|]+")


def squeeze(text: str) -> str:
    """The characters that carry meaning, in one form."""
    return _BREAKS.sub("", _plain(text))


def clauses(text: str) -> list[str]:
    """The pieces between marks, greetings cut off."""
    greeting = _patterns()["greeting"]
    pieces = (greeting.sub("", piece) for piece in _BREAKS.split(_plain(text)))
    return [piece for piece in pieces if piece]


def is_question(text: str) -> bool:
    """A short text, or one with a word of asking, that neither complains nor asks after a
    matter already under way."""
    plain = _plain(text)
    patterns = _patterns()
    if any(patterns[name].search(plain) for name in ("complains", "under_way", "beyond")):
        return False
    if patterns["broken"].search(plain) and not patterns["whose"].search(plain):
        return False
    squeezed = squeeze(text)
    if len(squeezed) > _rules()["longest"]:
        return False
    return bool(patterns["asks"].search(plain)) or len(squeezed) <= _rules()["bare_topic"]


def read_rule(name: str) -> float:
    """A figure of ``rules.toml``."""
    return float(_rules()[name])


def _plain(text: str) -> str:
    narrow = unicodedata.normalize("NFKC", text).lower()
    try:
        # What fits into GB2312 holds no traditional character; the converter costs more.
        narrow.encode("gb2312")
    except UnicodeEncodeError:
        narrow = _converter().convert(narrow)
    return narrow


@cache
def _converter() -> Any:
    from opencc import OpenCC  # 40 ms to import and build: not when this module is imported

    return OpenCC("t2s")


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(_RULES.read_text(encoding="utf-8"))


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile("|".join(rows)) for name, rows in _rules()["patterns"].items()}
