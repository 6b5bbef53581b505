"""Which characters a text must hold for a pattern to match it at all.

    Prefilter.of(patterns).may_match(set(text)) -> bool

Some hundred patterns are tried on every message, and hardly one of them matches. A glance at the
characters of the text rules most of them out: 燃气 needs a 气, and where there is none, the pattern
need not be tried. The sets are read off the pattern by Python's own parser; what it does not tell
(a negation, an option, anything new) is no condition, so the filter never rules out a match.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

#: More sets than these rule out little more.
_MOST_SETS = 4
_WIDEST = 40  # characters in a set: a wider one is in nearly every text
Needs = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Prefilter:
    """For each way to match, sets of which the text must hold one character each."""

    ways: tuple[Needs, ...]

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Prefilter:
        """From patterns any of which may match."""
        ways = [needs for pattern in patterns for needs in _ways(parser.parse(pattern))]
        return cls(tuple(dict.fromkeys(ways)))

    def may_match(self, characters: set[str]) -> bool:
        """False only where no pattern can match a text of these characters."""
        for needs in self.ways:
            for one_of in needs:
                if one_of.isdisjoint(characters):
                    break
            else:
                return True
        return False


def _ways(sequence: Any) -> list[Needs]:
    """One entry for each alternative at the top."""
    items = list(sequence)
    if len(items) == 1 and items[0][0] is op.BRANCH:
        return [way for branch in items[0][1][1] for way in _ways(branch)]
    return [_best(_needs(items))]


def _best(sets: Sequence[frozenset[str]]) -> Needs:
    narrow = sorted({own for own in sets if len(own) <= _WIDEST}, key=lambda s: (len(s), sorted(s)))
    return tuple(narrow[:_MOST_SETS])


def _needs(items: Iterable[Any]) -> list[frozenset[str]]:
    """Sets that a match of the whole sequence must meet, each with a character."""
    found: list[frozenset[str]] = []
    for kind, value in items:
        if kind is op.LITERAL:
            found.append(frozenset(chr(value)))
        elif kind is op.IN:
            found += _one_of(value)
        elif kind is op.SUBPATTERN:
            found += _needs(value[-1])
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and value[0] > 0:
            found += _needs(value[2])
        elif kind is op.BRANCH:
            found += _any_of([_best(_needs(branch)) for branch in value[1]])
        # The rest (any character, anchors, what stands before or after) asks for no character.
    return found


def _one_of(members: Iterable[Any]) -> list[frozenset[str]]:
    if any(kind is not op.LITERAL for kind, _ in members):
        return []
    return [frozenset(chr(value) for _, value in members)]


def _any_of(branches: Sequence[Needs]) -> list[frozenset[str]]:
    """Whichever branch it is, one of these: the narrowest set of each."""
    if any(not needs for needs in branches):
        return []
    return [frozenset().union(*(needs[0] for needs in branches))]
