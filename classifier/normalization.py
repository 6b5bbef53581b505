"""One spelling for one thing, before anything is counted.

    narrow(text) -> str       simplified characters, half-width; same words, same digits
    tame(text) -> str         narrow, with number and symbol runs cut: safe for pattern matching
    normalize(text) -> str    tame + masks + agents' stock phrases out + one space, lower case
    strip_formulas(text) -> str   phrases and answers out and nothing else, for the sentence encoder
    shorten(text) -> str      head and tail of a text too long to matter in full

``narrow`` maps character to character wherever opencc does, so that a position in the narrowed
text is the position in the text as written (:func:`quote` relies on it and checks).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from classifier.prefilter import AnyOf, Prefilter

MAX_CHARS = 20_000  # a citizen's letter is under 5,000; beyond this it is a paste or an attack
_TAIL_CHARS = 5_000  # the demand stands at the end
PHRASES = Path(__file__).parent / "rules" / "routing_phrases.toml"

# Half-width only for the printable ASCII twins and the wide space: full NFKC would turn ㎡ into m2,
# ½ into 1⁄2 and … into three full stops.
_NARROW = {chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)} | {"\u3000": " "}

# What stands for what; tried only where the text holds the first character or word.
_MASKS = (
    ("[", re.compile(r"\[(?:手机|电话|身份证|车牌|姓名|地址|邮箱)\]"), "0"),  # masks already there
    ("://", re.compile(r"https?://\S+"), " "),
    ("www.", re.compile(r"www\.\S+"), " "),
    ("@", re.compile(r"[a-zA-Z0-9._+-]{1,64}@[a-zA-Z0-9.-]{1,64}"), " "),
)
_DIGIT = re.compile(r"\d")
_LONG_NUMBER = re.compile(r"\d{17}[\dXx]|1[3-9]\d[\d*xX -]{8,10}|\d[\d*-]{6,11}")
_NUMBER = re.compile(r"\d+(?:[.:]\d+)*")
_ECHO = re.compile(r"([^\w\s])\1{2,}|([啊呀哈嗯呃额哦])\2{2,}")
# Nobody writes twelve equal characters for their meaning, and a pattern such as \d+户 tries each
# of them as a start: on ten thousand digits that is minutes.
_ENDLESS = re.compile(r"(\d{11})[\dXx]+|(\D)\2{11,}")


@dataclass(frozen=True)
class RoutingPhrases:
    """Compiled ``routing_phrases.toml``."""

    opening: re.Pattern[str]
    answers: AnyOf
    closing: AnyOf
    request: re.Pattern[str]
    glance: Prefilter  # which of the answers (0) and closings (1) a text may hold


def shorten(text: str) -> str:
    """At most :data:`MAX_CHARS` characters: the head, and the last 5,000."""
    if len(text) <= MAX_CHARS:
        return text
    return text[: MAX_CHARS - _TAIL_CHARS] + text[-_TAIL_CHARS:]


def narrow(text: str) -> str:
    """Traditional to simplified, full width to half width."""
    text = str(_converter().convert(text))
    for wide in _NARROW.keys() & set(text):  # a handful; str.translate asks about every character
        text = text.replace(wide, _NARROW[wide])
    return text


def tame(text: str) -> str:
    """Narrow, with endless runs cut to eleven characters."""
    return _ENDLESS.sub(lambda run: run.group(1) or run.group(2) * 11, narrow(text))


def normalize(text: str, *, keep_answers: bool = False) -> str:
    """The text the model sees. ``keep_answers`` keeps what a department answered earlier."""
    return normalize_tamed(tame(text), keep_answers=keep_answers)


def normalize_tamed(text: str, *, keep_answers: bool = False) -> str:
    """:func:`normalize` for a text that is tamed already."""
    text = _without_formulas(text, keep_answers=keep_answers)
    text = routing_phrases().request.sub(r" \g<unit>", text)
    for sign, pattern, mask in _MASKS:
        if sign in text:
            text = pattern.sub(mask, text)
    if _DIGIT.search(text):
        text = _NUMBER.sub("0", _LONG_NUMBER.sub("0", text))
    text = _ECHO.sub(lambda match: match.group(1) or match.group(2), text)
    return " ".join(text.split()).lower()


def strip_formulas(text: str) -> str:
    """Without agents' openings and closings and answers quoted; as written where it has none."""
    tamed = tame(text)
    bare = _without_formulas(tamed)
    return text if bare == tamed.strip() else bare


def _without_formulas(tamed: str, *, keep_answers: bool = False) -> str:
    phrases = routing_phrases()
    bare = phrases.opening.sub("", tamed, count=1)
    seen = phrases.glance.select(bare)
    if 0 in seen and not keep_answers:
        bare = phrases.answers.only(seen[0]).sub("", bare)
    if 1 in seen:
        bare = phrases.closing.only(seen[1]).sub("", bare)
    return bare.strip()


def quote(term: str, text: str) -> str | None:
    """The words of ``text`` as written that ``term`` (simplified, lower case) stands for."""
    if term in text:
        return term
    narrowed = narrow(text).lower()
    start = narrowed.find(term)
    if start < 0 or len(narrowed) != len(text):
        return None
    return text[start : start + len(term)]


@lru_cache(maxsize=1)
def routing_phrases() -> RoutingPhrases:
    """Read once per process."""
    table = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    return RoutingPhrases(
        opening=re.compile("|".join(table["opening"])),
        answers=AnyOf.of(table["answers"]),
        closing=AnyOf.of(table["closing"]),
        request=re.compile(table["routing_request"]),
        glance=Prefilter.of([table["answers"], table["closing"]]),
    )


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC  # 40 ms to import and build: not when this module is imported

    # tw2s, not t2s: only it knows that Taiwan writes 著火 for 着火.
    return OpenCC("tw2s")
