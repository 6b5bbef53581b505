"""Which patterns may match a text at all, seen at a glance.

    AnyOf.of(patterns)                            compiled apart and as one
    Prefilter.of([patterns, ...]).select(text)    {group: its patterns that may match}, by number

Some hundred patterns are tried on every message, and hardly one of them matches. A glance rules
most of them out: 燃气 needs a 气 behind a 燃, and where there is none, the pattern need not be
tried. So for each way to match, some sets are noted of which a text must hold one member each:
characters, and pairs of neighbours. (Characters would do for a sentence; a letter of a thousand
holds nearly all of them, but few of the pairs.) The rarest set of a way finds it, the others are
asked then. The sets are read off the pattern by Python's own parser; what it does not tell (a
negation, an option, anything new) is no condition, so the filter never rules out a match.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from operator import add
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

#: More sets than these rule out little more.
_MOST_SETS = 4
_WIDEST = 40  # characters in a set: a wider one is met by nearly every text
_PAIR = 0.1  # of a character: so much rarer is a pair
_FEW = 100  # looked for one by one: faster than to note all that a text holds
Grams = frozenset[str]
Needs = tuple[Grams, ...]


@dataclass(frozen=True)
class AnyOf:
    """Patterns any of which may match."""

    each: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, patterns: Sequence[str]) -> AnyOf:
        """:raises re.error: one is no regular expression"""
        return cls(tuple(map(re.compile, patterns)))

    @cached_property
    def whole(self) -> re.Pattern[str]:
        """All as one; compiled when it is first needed."""
        return re.compile("|".join(pattern.pattern for pattern in self.each))

    def only(self, which: Collection[int]) -> re.Pattern[str]:
        """One that finds the same, where the others are known to find nothing."""
        return self.each[next(iter(which))] if len(which) == 1 else self.whole


@dataclass(frozen=True, slots=True)
class Prefilter:
    """``ways`` by a member of their rarest set; ``always``: what can never be ruled out.

    ``known``: all characters and pairs that any way asks for.
    """

    ways: Mapping[str, Sequence[tuple[int, int, Needs]]]
    always: Mapping[int, frozenset[int]]
    known: Grams

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]]) -> Prefilter:
        """From groups of patterns."""
        ways: defaultdict[str, list[tuple[int, int, Needs]]] = defaultdict(list)
        always: defaultdict[int, set[int]] = defaultdict(set)
        known: set[str] = set()
        for group, patterns in enumerate(groups):
            for number, pattern in enumerate(patterns):
                for needs in dict.fromkeys(_ways(_parse(pattern))):
                    known.update(*needs)
                    for gram in needs[0] if needs else ():
                        ways[gram].append((group, number, needs[1:]))
                    if not needs:
                        always[group].add(number)
        return cls(ways, {key: frozenset(own) for key, own in always.items()}, frozenset(known))

    def select(self, text: str) -> dict[int, set[int]]:
        """Whatever is not among these matches nowhere in the text, nor in a part of it."""
        seen = self._look(text)
        found = {group: set(numbers) for group, numbers in self.always.items()}
        for gram in self.ways.keys() & seen:
            for group, number, needs in self.ways[gram]:
                if not any(one_of.isdisjoint(seen) for one_of in needs):
                    found.setdefault(group, set()).add(number)
        return found

    def _look(self, text: str) -> set[str]:
        if len(self.known) <= _FEW:
            return {gram for gram in self.known if gram in text}
        seen = set(text)
        seen.update(map(add, text, text[1:]))
        return seen


class _Part(NamedTuple):
    """What a part of a pattern needs, and the characters it begins and ends with where known."""

    needs: tuple[Grams, ...] = ()
    first: Grams | None = None
    last: Grams | None = None


_NOTHING = _Part()  # any character, anchors, what stands before or after, what may be left out


def _parse(pattern: str) -> Any:
    parsed = parser.parse(pattern)
    return [] if parsed.state.flags & re.IGNORECASE else parsed


def _ways(sequence: Any) -> list[Needs]:
    """One entry for each alternative at the top."""
    items = list(sequence)
    if len(items) == 1 and items[0][0] is op.BRANCH:
        return [way for branch in items[0][1][1] for way in _ways(branch)]
    return [_best(_read(items).needs)]


def _rarity(grams: Grams) -> float:
    """Roughly how likely a text is to hold one; pairs count little."""
    return sum(1 if len(gram) == 1 else _PAIR for gram in grams)


def _best(sets: Iterable[Grams]) -> Needs:
    best: list[Grams] = []
    for own in sorted(set(sets), key=lambda own: (_rarity(own), sorted(own))):
        if len(best) < _MOST_SETS and _rarity(own) <= _WIDEST and not _told(own, best):
            best.append(own)
    return tuple(best)


def _told(grams: Grams, best: Iterable[Grams]) -> bool:
    """Whether a text that meets one of ``best`` meets these anyway: 燃气 has its 气."""
    return any(all(any(part in gram for part in grams) for gram in own) for own in best)


def _read(items: Iterable[Any]) -> _Part:
    """A sequence: what each item needs, and the pairs where two meet."""
    needs: list[Grams] = []
    first = before = None
    for place, (kind, value) in enumerate(items):
        part = _read_one(kind, value)
        needs += part.needs
        if before and part.first:
            needs.append(frozenset(map("".join, product(before, part.first))))
        before = part.last
        if place == 0:
            first = part.first
    return _Part(tuple(needs), first, before)


def _read_one(kind: Any, value: Any) -> _Part:
    if kind is op.LITERAL:
        return _one_of(frozenset(chr(value)))
    if kind is op.IN and all(own is op.LITERAL for own, _ in value):
        return _one_of(frozenset(chr(code) for _, code in value))
    if kind is op.SUBPATTERN and not value[1] & re.IGNORECASE:
        return _read(value[-1])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and value[0] > 0:
        return _read(value[2])
    if kind is op.BRANCH:
        return _any_of([_read(branch) for branch in value[1]])
    return _NOTHING


def _one_of(characters: Grams) -> _Part:
    return _Part((characters,), characters, characters)


def _any_of(branches: Sequence[_Part]) -> _Part:
    """Whichever branch it is, one of these: the rarest set of each."""
    best = [_best(branch.needs) for branch in branches]
    needs = (frozenset[str]().union(*(own[0] for own in best)),) if all(best) else ()
    return _Part(
        needs,
        _union([branch.first for branch in branches]),
        _union([branch.last for branch in branches]),
    )


def _union(ends: Sequence[Grams | None]) -> Grams | None:
    known = [own for own in ends if own]
    return frozenset[str]().union(*known) if len(known) == len(ends) else None
