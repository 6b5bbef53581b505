"""By what a report is found among a million: a handful of numbers, no text.

    keys_of(report) -> tuple[int, ...]        what the index keeps, at most ``MOST_KEYS``
    lookup_keys(report) -> tuple[int, ...]    what is looked for: the same, more generously
    edition() -> str                          changes when the lists behind the keys do

A key says one of: the place together with the thing; the place; the pin's square together with
the thing; a rare piece of the wording; the person. Rare pieces are those whose characters are not
in ``common_pairs.csv``, and of these the ones with the smallest hashes: two texts that share most
of their pieces choose some of the same.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import islice, product

from cases.same_event.features import Features
from cases.same_event.report import Report
from cases.same_event.rules import FOLDER, pair_weight

MOST_KEYS = 24
_PIECES, _PIECES_SOUGHT = 8, 20
_PIECE = 3
_OPENING = 200
_SQUARE = 0.002  # degrees, some 200 m
_RUN = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]+")
_NARROW = frozenset({"road", "estate", "public", "shop", "village", "bare"})


def keys_of(report: Report) -> tuple[int, ...]:
    """Keys to be kept, the most telling first."""
    return _hashed(_words(report, _PIECES, (0,)), MOST_KEYS)


def lookup_keys(report: Report) -> tuple[int, ...]:
    """Keys to look for: also the squares around the pin, and more pieces of the wording."""
    return _hashed(_words(report, _PIECES_SOUGHT, (0, -1, 1)), 3 * MOST_KEYS)


@cache
def edition() -> str:
    """A digest of the lists; figures may change without a new index."""
    rules = tomllib.loads((FOLDER / "rules.toml").read_text(encoding="utf-8"))
    parts = [
        json.dumps([rules[k] for k in ("text", "names", "related", "loose")], ensure_ascii=False),
        *((FOLDER / n).read_text(encoding="utf-8") for n in ("matters.toml", "common_pairs.csv")),
        f"{_PIECES} {_PIECE} {_OPENING} {_SQUARE}",
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _hashed(words: Iterator[str], most: int) -> tuple[int, ...]:
    return tuple(islice(dict.fromkeys(map(_number, words)), most))


@lru_cache(maxsize=65_536)
def _number(word: str) -> int:
    digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _words(report: Report, pieces: int, steps: tuple[int, ...]) -> Iterator[str]:
    said = report.features
    things = sorted(said.objects)[:3]
    names = list(dict.fromkeys(n.short for n in said.names if n.kind in _NARROW))[:4]
    yield from sorted(report.people)
    if report.place_code:
        yield f"code:{report.place_code}"
    for name, thing in islice(product(names, things), 8):
        yield f"at:{name}:{thing}"
    for name in names[:3]:
        yield f"name:{name}"
        if report.category:
            yield f"in:{name}:{report.category}"
    if report.grid:
        yield from (f"grid:{report.grid}:{thing}" for thing in things[:2])
    if report.latitude is not None and report.longitude is not None:
        row, column = math.floor(report.latitude / _SQUARE), math.floor(report.longitude / _SQUARE)
        for down, across in product(steps, steps):
            for thing in [*things[:2], *([report.category] if report.category else [])]:
                yield f"square:{row + down}:{column + across}:{thing}"
    yield from islice(_pieces(said), pieces)


def _pieces(said: Features) -> Iterator[str]:
    found: set[str] = set()
    for run in _RUN.findall(said.text[:_OPENING]):
        found |= {run[i : i + _PIECE] for i in range(len(run) - _PIECE + 1)}
    ranked = sorted((-_rarity(piece), _number(piece), piece) for piece in found)
    yield from (f"says:{piece}" for rarity, _, piece in ranked if rarity <= -1.0)


def _rarity(piece: str) -> float:
    """Coarse, so that the hash decides among pieces that are about as rare."""
    return round(2 * (pair_weight(piece[:2]) + pair_weight(piece[1:]))) / 2
