"""Where it happened, as far as the words say: a first, cautious reading.

    find_place(text) -> str | None
    find_place_span(text) -> (start, end) | None
    iter_place_spans(text) -> every place named, in order

Only what is written is taken, as an exact piece of the text; nothing is guessed or completed.
What names of places look like is in ``place_cues.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_CUES = Path(__file__).parent / "place_cues.toml"
_LABELLED = re.compile(r"(?:地址|地点|位置|事发地)[:：是为]\s*([^，。；;！!\n（(]{3,60})")
_HAN = r"[\u4e00-\u9fffA-Za-z0-9]"
#: Inside a name of several parts nothing stands that belongs to a sentence.
_PLAIN = rf"(?:(?![的了是在有我你他她它们着过从被把让给说就都也还很没不每将晚]){_HAN})"
_QUOTED = r"[“\"「][^”\"」\n，。]{1,14}[”\"」]"
_OPENING = ("“", '"', "「")
_SHORTEST = 3
#: A later place has to say this much more than an earlier one.
_MORE = 2


@dataclass(frozen=True)
class _Patterns:
    place: re.Pattern[str]
    before: re.Pattern[str]
    counted: re.Pattern[str]
    generic: re.Pattern[str]


def find_place(text: str) -> str | None:
    """The place a text names, as an exact substring, or ``None``."""
    span = find_place_span(text)
    return text[span[0] : span[1]] if span else None


def find_place_span(text: str) -> tuple[int, int] | None:
    """Like ``find_place``, as ``(start, end)`` offsets into ``text``.

    A labelled address ("地址：…") wins; otherwise the longest name found first counts.
    """
    best: tuple[int, int] | None = None
    for start, end in iter_place_spans(text):
        if best is None or (end - start) > (best[1] - best[0]) + _MORE:
            best = (start, end)
    return best


def iter_place_spans(text: str) -> Iterator[tuple[int, int]]:
    """Every place a text names, in order; a labelled address alone where there is one."""
    labelled = _LABELLED.search(text)
    if labelled:
        yield labelled.span(1)
        return
    patterns = _patterns()
    for match in patterns.place.finditer(text):
        start, end = match.span()
        for word in patterns.before.finditer(text, start, match.end("name")):
            start = min(word.end(), end)
        name = text[start:end]
        core = text[start : max(start, match.end("name"))]
        if text[start + len(core) : end].startswith(_OPENING) and patterns.generic.fullmatch(core):
            continue
        if (
            len(name) >= _SHORTEST
            and not patterns.generic.fullmatch(name)
            and not patterns.counted.search(name)
        ):
            yield start, end


@cache
def _patterns() -> _Patterns:
    rows: dict[str, Any] = tomllib.loads(_CUES.read_text(encoding="utf-8"))

    def one_of(*keys: str) -> str:
        words = [word for key in keys for word in rows[key]]
        return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"

    tail = one_of("road", "area", "estate", "public", "shop", "bare")
    more = one_of("road", "area", "estate", "public", "shop")
    shop = rf"{_HAN}{{0,5}}?(?:{one_of('shop')}|[店馆])(?:{_HAN}{{1,3}}店)?"
    following = rf"(?:[与和到]?{_PLAIN}{{0,6}}?{more}|{_QUOTED}(?:{shop})?)"
    numbered = rf"(?:{one_of('numbered')}|{one_of('related')})"
    place = (
        rf"(?P<name>{_HAN}{{0,10}}?{tail}|{_QUOTED}{shop})(?:{following})*(?:{numbered})*"
        rf"(?:[与和]{_HAN}{{1,8}}?{one_of('road')}(?:{numbered})*)?"
    )
    return _Patterns(
        place=re.compile(place),
        before=re.compile("|".join(f"(?:{word})" for word in rows["before"])),
        counted=re.compile(rows["counted"]),
        generic=re.compile("|".join(f"(?:{word})" for word in rows["generic"])),
    )
