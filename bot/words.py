"""Reading what people type: full-width letters, bare command words, numbers for buttons."""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_COMMAND = re.compile(r"^/([A-Za-z_]{1,32})(?:@(\w+))?(?:\s+(.*))?$", re.DOTALL)
COMMAND_WORDS = (
    "cancel",
    "help",
    "status",
    "cases",
    "human",
    "end",
    "undo",
    "privacy",
    "start",
    "lang",
    "stop",
    "mydata",
    "delete_my_data",
    "link",
)
_CIRCLED = {chr(0x2460 + i): str(i + 1) for i in range(9)}
_TRAILING = " \t\r\n。．.!！?？~～,，、:：;；"


@dataclass(frozen=True)
class Command:
    """A command with what followed it; ``addressed_to`` is the name after ``@``."""

    name: str
    rest: str = ""
    addressed_to: str | None = None


@cache
def word_lists() -> Mapping[str, frozenset[str]]:
    """The bare words of ``texts/words.toml`` by what they mean."""
    return {name: frozenset(words) for name, words in _read_words()["words"].items()}


@cache
def _read_words() -> Mapping[str, Any]:
    raw = resources.files("bot").joinpath("texts/words.toml").read_text(encoding="utf-8")
    return tomllib.loads(raw)


def normalise(text: str) -> str:
    """Half-width, lower case, without surrounding space or closing punctuation."""
    return unicodedata.normalize("NFKC", text).strip().strip(_TRAILING).lower()


def read_command(text: str) -> Command | None:
    """``/status 12`` or a bare word such as 查询; ``None`` for anything else.

    A word followed by a number (查询 2611…) counts, a word inside a sentence does not.
    """
    slash = unicodedata.normalize("NFKC", text).strip()
    found = _COMMAND.match(slash)
    if found:
        name, bot, rest = found.groups()
        return Command(name.lower(), (rest or "").strip(), bot)
    plain = normalise(text)
    for meaning in COMMAND_WORDS:
        if means(plain, meaning):
            return Command(meaning)
    head, _, rest = plain.partition(" ")
    if rest and head in word_lists()["status"]:
        return Command("status", rest.strip())
    return None


def means(text: str, what: str) -> bool:
    """Whether the whole text is one of the words for ``what`` (thanks, skip, …)."""
    plain = normalise(text)
    if plain in word_lists().get(what, ()):
        return True
    pattern = _read_words()["patterns"].get(what)
    return pattern is not None and re.fullmatch(pattern, plain) is not None


def word_pattern(what: str) -> str:
    """The regular expression for ``what``, to be found inside of a text."""
    return str(_read_words()["patterns"][what])


def is_danger(text: str) -> bool:
    """Whether the words cry for help: a short list for when the machine says nothing. Fears and
    old stories do not count."""
    plain = unicodedata.normalize("NFKC", text).lower()
    patterns = _read_words()["patterns"]
    for found in re.finditer(patterns["danger"], plain):
        if not re.search(patterns["feared"] + "$", plain[: found.start()]):
            return True
    return False


def typed_digit(text: str) -> int | None:
    """1…9 when the text is a single digit (also ２ or ③), else ``None``."""
    plain = _CIRCLED.get(text.strip(), normalise(text))
    return int(plain) if len(plain) == 1 and plain in "123456789" else None


def has_han(text: str) -> bool:
    """Whether any Chinese character occurs."""
    return any("\u3400" <= char <= "\u9fff" for char in text)


def digest(text: str) -> str:
    """A short fingerprint, for comparing texts without keeping them."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()[:24]
