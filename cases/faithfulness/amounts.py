"""Figures with what they count, whichever way they are written.

    find_amounts(text) -> list[Amount]      in order, never overlapping

"一百三十六块" and "136元" are the same amount, 三千八 is 3800, 十几户 is neither 10户 nor 一户. A
figure without a unit counts from two digits on; 一个, 两次 and the like say nothing to be kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cases.faithfulness.words import load_rules

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_HAN = "[零〇一二两三四五六七八九十百千万几]"
#: Bounded, and never begun inside another: a long row of figures is read once, not from each place.
_FIGURE = rf"(?:(?<!\d)\d{{1,15}}(?:\.\d{{1,4}})?万?|(?<!{_HAN}){_HAN}{{1,12}}(?:点{_HAN}{{1,4}})?)"
#: Written "12栋401", the room has no unit of its own.
_BARE = re.compile(r"(?<![\d.:：])\d{2,15}(?:[.-]\d{1,9}){0,4}(?![\d.:：]*[月年日点时])")
_FEW = r"(\d{1,2}|[一二三四五六七八九十]{1,3})"
_DATE = re.compile(rf"{_FEW}月{_FEW}[日号]")
#: "三千八", "十二万": spoken without a unit, and never a mere manner of speaking.
_SPOKEN = re.compile(rf"(?<!{_HAN})[一二三四五六七八九十两]{{1,6}}[百千万]{_HAN}{{0,8}}(?!{_HAN})")


@dataclass(frozen=True)
class Amount:
    """``text[start:end]``; ``kind`` is money, people, door, size, date or figure."""

    kind: str
    value: str
    start: int
    end: int


def find_amounts(text: str) -> list[Amount]:
    """Every figure that must not get lost, in half-width text."""
    found = [
        Amount("date", f"{_read(m[1])}-{_read(m[2])}", *m.span()) for m in _DATE.finditer(text)
    ]
    for kind, pattern in _patterns().items():
        for match in pattern.finditer(text):
            value = _read(match["figure"])
            if value is not None and _counts(kind, match["figure"]):
                more = "~" if match["more"] and kind == "people" else ""
                found.append(Amount(kind, value + more, *match.span()))
    found += [Amount("figure", match[0], *match.span()) for match in _BARE.finditer(text)]
    for match in _SPOKEN.finditer(text):
        if (value := _read(match[0])) is not None:
            found.append(Amount("figure", value, *match.span()))
    kept: list[Amount] = []
    for amount in sorted(found, key=lambda a: (a.start, -a.end)):
        if not kept or amount.start >= kept[-1].end:
            kept.append(amount)
    return kept


def values_of(amounts: list[Amount]) -> frozenset[str]:
    """The bare values, for asking whether a figure stands there at all."""
    return frozenset(amount.value.strip("~") for amount in amounts)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        kind: re.compile(rf"(?P<figure>{_FIGURE})(?P<more>多|余|几|来)?{unit}")
        for kind, unit in load_rules().units.items()
    }


def _counts(kind: str, figure: str) -> bool:
    """A single person or a single thing is how one talks, not what one reports."""
    return kind in ("money", "door") or figure not in ("一", "两", "1", "几")


def _read(figure: str) -> str | None:
    """The figure as digits; what is not exact has a tilde: 十几 is ``10~``, 几十 is ``~10``."""
    if figure[0].isdigit():
        whole = figure.removesuffix("万")
        return _plain(float(whole) * 10_000) if whole != figure else _plain(float(whole))
    if "几" in figure:
        rest = _read(figure.replace("几", "")) if figure != "几" else None
        if rest is None:
            return None
        return f"~{rest}" if figure.startswith("几") else f"{rest}~"
    total = section = digit = scale = 0
    for char in figure.partition("点")[0]:
        if char in _DIGITS:
            digit = _DIGITS[char] if digit == 0 or char in "零〇" else digit * 10 + _DIGITS[char]
            scale = 0 if char in "零〇" else scale
        elif char == "万":
            total, section, digit, scale = (total + section + digit) * 10_000, 0, 0, 10_000
        else:
            scale = _SCALES[char]
            section, digit = section + (digit or 1) * scale, 0
    # 三千八 is 3800, 三千零八 is 3008, 二十八 is 28.
    return _plain(total + section + digit * (scale // 10 if scale > 10 else 1))


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)
