"""Which texts a person should label next.

    pick_next(candidates, count, *, known=(), seed=0) -> list[Pick(key, why, score)]
    Candidate(key, text, top, misrouted=False)      top: (category, probability), surest first
    Pick.why: "uncertain", "diverse" or "misrouted"; Pick.score: 0..1, what it was picked by

Three reasons to ask a person, and a share of the seats for each (``selection.toml``): the
model hesitates between two labels; the text says what nothing labelled says, and others say it
too; a unit sent the case back. Each text picked makes its like less wanted: the tenth complaint
about one burst pipe teaches nothing. Standard library only.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import fsum, log1p, sqrt
from pathlib import Path
from typing import Any

UNCERTAIN, DIVERSE, MISROUTED = "uncertain", "diverse", "misrouted"
RULES = Path(__file__).with_name("selection.toml")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text nobody labelled. ``misrouted``: a unit returned the case lately."""

    key: str
    text: str
    top: tuple[tuple[str, float], ...]
    misrouted: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """A text to label, and the reason for it."""

    key: str
    why: str
    score: float


def pick_next(
    candidates: Sequence[Candidate], count: int, *, known: Sequence[str] = (), seed: int = 0
) -> list[Pick]:
    """At most ``count`` picks, best first within each reason, reasons in turn.

    :param known: texts that are labelled already; they are not picked again
    :param seed: settles ties, so that two people can be dealt different texts
    """
    rules = _rules()
    seen = {_letters(text) for text in known}
    pool: list[_Waiting] = []
    for candidate in sorted(candidates, key=lambda own: _shuffled(own.key, seed)):
        letters = _letters(candidate.text)
        if letters and letters not in seen:
            seen.add(letters)
            pool.append(_Waiting(candidate, _doubt(candidate.top), pairs_of(letters)))
    seats = _deal(min(count, len(pool)), sum(own.candidate.misrouted for own in pool), rules)
    covered = set().union(*(pairs_of(_letters(text)) for text in known))
    picks: dict[str, list[Pick]] = {}
    for why, rank in (
        (MISROUTED, _by_doubt),
        (UNCERTAIN, _by_doubt),
        (DIVERSE, _by_news(pool, covered)),
    ):
        able = [own for own in pool if own.candidate.misrouted] if why == MISROUTED else pool
        chosen = _choose(able, seats[why], rank, covered, rules)
        picks[why] = [Pick(own.candidate.key, why, round(score, 4)) for own, score in chosen]
        taken = {own.candidate.key for own, _ in chosen}
        pool = [own for own in pool if own.candidate.key not in taken]
        for own in pool:
            own.meet([other.pairs for other, _ in chosen])
    return _in_turn(picks.values())


@dataclass
class _Waiting:
    """A candidate with its pairs of characters; ``closest``: to a text picked, 0..1."""

    candidate: Candidate
    doubt: float
    pairs: frozenset[str]
    closest: float = field(default=0.0)

    def meet(self, others: Iterable[frozenset[str]]) -> None:
        """Remember how near the nearest of ``others`` is."""
        for other in others:
            shared = len(self.pairs & other)
            self.closest = max(self.closest, shared / sqrt(len(self.pairs) * len(other)))


Rank = Callable[[_Waiting, set[str]], float]


def _choose(
    pool: Sequence[_Waiting],
    count: int,
    rank: Rank,
    covered: set[str],
    rules: dict[str, Any],
) -> list[tuple[_Waiting, float]]:
    """Greedy: the best one, then the best one that is not like it, and so on."""
    # Only the best few hundred are compared with one another: the rest would not be reached.
    able = sorted(pool, key=lambda own: -rank(own, covered))[: rules["shortlist"] * count]
    covered = set(covered)
    chosen: list[tuple[_Waiting, float]] = []
    while able and len(chosen) < count:
        best = max(able, key=lambda own: rank(own, covered) * (1 - own.closest))
        chosen.append((best, rank(best, covered)))
        covered |= best.pairs
        able.remove(best)
        for own in able:
            own.meet([best.pairs])
    return chosen


def _by_doubt(own: _Waiting, covered: set[str]) -> float:
    return own.doubt


def _by_news(pool: Sequence[_Waiting], covered: set[str]) -> Rank:
    """How much of what candidates have in common, and nothing labelled says, a text says."""
    spread = Counter(pair for own in pool for pair in own.pairs)
    worth = {pair: log1p(n - 1) for pair, n in spread.items() if n > 1}
    most = max((_worth(own.pairs, worth, set()) for own in pool), default=0.0) or 1.0
    return lambda own, covered: _worth(own.pairs, worth, covered) / most


def _worth(pairs: frozenset[str], worth: dict[str, float], covered: set[str]) -> float:
    # By the root of the length: a long letter says more, but not so much more. Summed exactly, for
    # the order of a set is another one in every process.
    return fsum(worth.get(pair, 0.0) for pair in pairs - covered) / sqrt(len(pairs) or 1)


def _doubt(top: Sequence[tuple[str, float]]) -> float:
    """1 where two labels are equally likely, 0 where there is no second one."""
    chances = sorted((chance for _, chance in top), reverse=True) or [0.0]
    return 1 - (chances[0] - (chances[1] if len(chances) > 1 else 0.0))


def _deal(count: int, misrouted: int, rules: dict[str, Any]) -> dict[str, int]:
    returned = min(misrouted, round(count * rules["misrouted"]))
    news = round((count - returned) * rules["diverse"])
    return {MISROUTED: returned, UNCERTAIN: count - returned - news, DIVERSE: news}


def _in_turn(groups: Iterable[Sequence[Pick]]) -> list[Pick]:
    """Spread each group evenly over the list: who stops half-way has had some of each."""
    placed = [
        ((place + 0.5) / len(group), number, pick)
        for number, group in enumerate(groups)
        for place, pick in enumerate(group)
    ]
    return [pick for _, _, pick in sorted(placed, key=lambda own: own[:2])]


def pairs_of(text: str) -> frozenset[str]:
    """Pairs of neighbouring characters; a single character is its own pair."""
    return frozenset(text[i : i + 2] for i in range(max(len(text) - 1, 1)))


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _shuffled(key: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\t{key}".encode()).hexdigest()


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    return tomllib.loads(RULES.read_text(encoding="utf-8"))
