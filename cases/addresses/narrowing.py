"""One form for every way of writing: width, script, blanks, numerals.

    narrow(text) -> Narrow(text, starts, ends)      starts[i], ends[i]: where character i came from
    narrow("６栋 三〇二").text == "6栋302"

Every Chinese numeral becomes digits, in names as well (三里亭 = 3里亭): both sides of a
comparison go through here, what is shown never does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0}
#: A numeral begins with a digit or ten; 百 counts only inside one, and not in 百货 or 百合.
_NUMERAL = re.compile(
    r"[一二三四五六七八九十](?:[一二三四五六七八九十〇零]|百(?![货合姓乐草]))*|〇"
)
_DASHES = dict.fromkeys("－–—―‐‑‒﹣_~～", "-")
_PLAIN = {"＃": "#", "　": " ", "，": ",", "：": ":", "（": "(", "）": ")", "；": ";"} | _DASHES
_FULL_WIDTH = range(0xFF01, 0xFF5F)


@dataclass(frozen=True, slots=True)
class Narrow:
    """A narrowed text that knows where each character came from."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets into the text as given."""
        return self.starts[start], self.ends[end - 1]


def narrow(text: str) -> Narrow:
    """The one form of a text, with offsets."""
    plain = _simplify("".join(map(_plain_character, text)))
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for match in _NUMERAL.finditer(plain):
        _keep(plain, position, match.start(), kept, starts, ends)
        digits = _read_numeral(match.group())
        kept.extend(digits)
        # Which of the digits a half of a numeral stands for cannot be said: all of it, then.
        starts.extend([match.start()] * len(digits))
        ends.extend([match.end()] * len(digits))
        position = match.end()
    _keep(plain, position, len(plain), kept, starts, ends)
    return Narrow("".join(kept), tuple(starts), tuple(ends))


@lru_cache(maxsize=20_000)
def narrow_name(name: str) -> str:
    """``narrow(name).text``, remembered: a registry repeats its names."""
    return narrow(name).text


def _keep(
    plain: str, start: int, end: int, kept: list[str], starts: list[int], ends: list[int]
) -> None:
    for position in range(start, end):
        if not plain[position].isspace():
            kept.append(plain[position])
            starts.append(position)
            ends.append(position + 1)


def _plain_character(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    code = ord(character)
    return (chr(code - 0xFEE0) if code in _FULL_WIDTH else character).upper()[:1]


def _read_numeral(words: str) -> str:
    """``二十三`` 23, ``一百零二`` 102, ``三〇二`` 302."""
    if "十" not in words and "百" not in words:
        return "".join(str(_DIGITS[c]) for c in words)
    total, digit = 0, None
    for character in words:
        if character in "十百":
            total += (1 if digit is None else digit) * (10 if character == "十" else 100)
            digit = None
        elif digit is not None and digit != 0:
            # 十二三: two numbers run together; read as far as it is one.
            return str(total + digit) + str(_DIGITS[character])
        else:
            digit = _DIGITS[character]
    return str(total + (digit or 0))


def _simplify(text: str) -> str:
    try:
        # What fits into GB2312 holds no traditional character; the converter costs more.
        text.encode("gb2312")
        return text
    except UnicodeEncodeError:
        simple: str = _converter().convert(text)
        return simple if len(simple) == len(text) else text


@cache
def _converter() -> Any:
    from opencc import OpenCC  # 40 ms to import and build: not when this module is imported

    return OpenCC("t2s")
