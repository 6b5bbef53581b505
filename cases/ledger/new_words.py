"""Words that rise: in the last weeks much more often than in the months before.

    find_new_words(recent, earlier, *, most=12) -> list[NewWord]

Light on purpose, the server holds no dictionary: pieces of two to four characters are counted once
for each text, compared by a likelihood ratio, and grown while the same character stands beside
them. Blocking (a few thousand short texts take some tenths of a second): call it in a thread. Not
masked: ``cases.use_cases.ledger_words`` looks at each find again.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from pathlib import Path

_SIZES = (2, 3, 4)
_LONGEST = 8
_LEAST_TEXTS = 5
_LEAST_LIFT = 3.0
#: G² of one degree: by chance once in ten thousand. Thousands of pieces are looked at.
_LEAST_G = 20.0
_GROWS = 0.8
_LOOKED_AT = 60
_HAN = re.compile(r"[㐀-鿿]+")


@dataclass(frozen=True)
class NewWord:
    """In ``recent`` of the new texts and ``earlier`` of the old; ``texts`` are positions of the
    new texts that hold it."""

    term: str
    recent: int
    earlier: int
    lift: float
    texts: tuple[int, ...]


@lru_cache(maxsize=1)
def _rules() -> tuple[frozenset[str], frozenset[str]]:
    table = tomllib.loads(Path(__file__).with_name("new_words.toml").read_text(encoding="utf-8"))
    return frozenset(table["edges"]), frozenset(table["common"])


def find_new_words(
    recent: Sequence[str], earlier: Sequence[str], *, most: int = 12
) -> list[NewWord]:
    """The surest first; pieces of one and the same word are one find."""
    if not recent or not earlier:
        return []
    now: Counter[str] = Counter()
    for text in recent:
        now.update(_pieces(text))
    rising = {piece for piece, n in now.items() if n >= _LEAST_TEXTS}
    before: Counter[str] = Counter()
    for text in earlier:
        before.update(_pieces(text) & rising)
    scored = []
    for piece in rising:
        lift, g = _compare(now[piece], len(recent), before[piece], len(earlier))
        if lift >= _LEAST_LIFT and g >= _LEAST_G:
            scored.append((g, len(piece), piece))
    scored.sort(reverse=True)
    return _merge([piece for _, _, piece in scored[:_LOOKED_AT]], recent, earlier, most)


def _pieces(text: str) -> set[str]:
    return {
        run[i : i + size]
        for run in _HAN.findall(text)
        for size in _SIZES
        for i in range(len(run) - size + 1)
    }


def _compare(a: int, n: int, b: int, m: int) -> tuple[float, float]:
    """(lift, G²) of ``a`` among ``n`` against ``b`` among ``m``; only a rise has a G²."""
    lift = (a / n) / ((b + 0.5) / (m + 1))
    if a / n <= b / m:
        return lift, 0.0
    with_it, without = a + b, n + m - a - b
    cells = ((a, n, with_it), (n - a, n, without), (b, m, with_it), (m - b, m, without))
    g = sum(seen * log(seen * (n + m) / (of * both)) for seen, of, both in cells if seen)
    return lift, 2 * g


def _merge(
    pieces: Iterable[str], recent: Sequence[str], earlier: Sequence[str], most: int
) -> list[NewWord]:
    edges, common = _rules()
    found: list[NewWord] = []
    for piece in pieces:
        holders = tuple(i for i, text in enumerate(recent) if piece in text)
        term = _grow(piece, [recent[i] for i in holders])
        trimmed = _trim(term, edges)
        if len(trimmed) < 2 or trimmed in common or any(word in trimmed for word in common):
            continue
        if any(_same_word(trimmed, holders, other) for other in found):
            continue
        holders = tuple(i for i in holders if trimmed in recent[i])
        old = sum(trimmed in text for text in earlier)
        lift, g = _compare(len(holders), len(recent), old, len(earlier))
        if len(holders) < _LEAST_TEXTS or lift < _LEAST_LIFT or g < _LEAST_G:
            continue
        found.append(NewWord(trimmed, len(holders), old, lift, holders))
        if len(found) == most:
            break
    return found


def _grow(piece: str, texts: Sequence[str]) -> str:
    """While nearly every text has the same character beside it, that belongs to the word."""
    while len(piece) < _LONGEST:
        beside: Counter[str] = Counter()
        for text in texts:
            beside.update(set(_neighbours(piece, text)))
        # By the word where the counts are equal: the same texts give the same words each time.
        n, longer = max(((n, longer) for longer, n in beside.items()), default=(0, ""))
        if not n or n < _GROWS * len(texts):
            return piece
        piece = longer
    return piece


def _neighbours(piece: str, text: str) -> Iterator[str]:
    at = text.find(piece)
    while at >= 0:
        end = at + len(piece)
        if at and _HAN.match(text[at - 1]):
            yield text[at - 1] + piece
        if end < len(text) and _HAN.match(text[end]):
            yield piece + text[end]
        at = text.find(piece, at + 1)


def _trim(term: str, edges: frozenset[str]) -> str:
    while term and term[0] in edges:
        term = term[1:]
    while term and term[-1] in edges:
        term = term[:-1]
    return term


def _same_word(term: str, holders: tuple[int, ...], other: NewWord) -> bool:
    """Pieces that overlap and stand in the same texts."""
    shares = any(term[i : i + 2] in other.term for i in range(len(term) - 1))
    together = len(set(holders) & set(other.texts))
    return shares and together >= 0.6 * min(len(holders), len(other.texts))
