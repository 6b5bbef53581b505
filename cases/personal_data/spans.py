"""A find, and the text in one width.

PersonalSpan(start, end, kind)          offsets into the text as given
level(text) -> str                      half-width, one kind of dash and blank; same length
choose(spans) -> tuple                  what is left where finds overlap
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

#: The kinds, the surest first: where two finds overlap the earlier one stays.
KINDS = (
    "id_card",
    "email",
    "bank_card",
    "phone",
    "plate",
    "passport",
    "account",
    "name",
    "door",
)
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_DASHES = "‐‑‒–—―−－﹣﹘ー"
_BLANKS = "\u00a0\u200b\u200c\u200d\u2060\ufeff\u00ad\u3000\t"


class PersonalSpan(NamedTuple):
    """``text[start:end]`` says who somebody is; ``kind`` is one of ``KINDS``."""

    start: int
    end: int
    kind: str


def level(text: str) -> str:
    """Character for character, so that an offset stays an offset."""
    return text if text.isascii() else "".join(map(_level_one, text))


@lru_cache(maxsize=20_000)
def _level_one(character: str) -> str:
    if character in _DASHES:
        return "-"
    if character in _BLANKS:
        return " "
    flat = unicodedata.normalize("NFKC", character)
    return flat if len(flat) == 1 else character


def choose(spans: Iterable[PersonalSpan]) -> tuple[PersonalSpan, ...]:
    """The surest of those that overlap, in the order of the text."""
    found = list(spans)
    taken = bytearray(max((span.end for span in found), default=0))
    kept: list[PersonalSpan] = []
    for span in sorted(found, key=lambda s: (_RANK[s.kind], s.start - s.end, s.start)):
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\x01" * (span.end - span.start)
            kept.append(span)
    return tuple(sorted(kept))
