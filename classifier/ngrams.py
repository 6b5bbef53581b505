"""The n-grams of a vocabulary, found in many texts at once.

    NgramIndex(terms, joint="")     terms of characters, or of words with ``joint`` between them
    index.symbols                   character or word -> its number, from 1
    index.find(numbers) -> (where each n-gram found starts, which term it is)

An n-gram is known by the n-gram without its last symbol, and that symbol. So the texts are looked
through level by level, only what was found is looked further, and a level is one table of numbers:
no string is made, and a batch of texts shares each look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # multiplying by it spreads neighbours (Knuth 6.4)
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Level:
    """n-grams of one length in a hash table with open addresses, half of it empty or more.

    ``keys``: beginning * symbols + last symbol, or -1. A search in a sorted array takes five times
    as long: it looks at seventeen places of a large array, this at one or two.
    """

    keys: IntArray
    numbers: IntArray

    @classmethod
    def of(cls, found: dict[int, int]) -> _Level:
        """A table of at least one empty place, so that every search ends."""
        size = 1 << (2 * len(found) + 1).bit_length()
        level = cls(np.full(size, -1, dtype=np.int64), np.full(size, -1, dtype=np.int64))
        keys = np.fromiter(found.keys(), np.int64, len(found))
        numbers = np.fromiter(found.values(), np.int64, len(found))
        places = level._places(keys)
        while len(keys):
            free = level.keys[places] < 0
            level.keys[places[free]] = keys[free]  # of several for one place, the last has it
            settled = level.keys[places] == keys
            level.numbers[places[settled]] = numbers[settled]
            keys, numbers = keys[~settled], numbers[~settled]
            places = (places[~settled] + 1) % size
        return level

    def find(self, keys: IntArray) -> IntArray:
        """The number of each, -1 where there is none."""
        found = np.full(len(keys), -1, dtype=np.int64)
        left, places = np.arange(len(keys)), self._places(keys)
        while len(left):
            held = self.keys[places]
            hit = held == keys
            found[left[hit]] = self.numbers[places[hit]]
            further = ~hit & (held >= 0)
            left, keys = left[further], keys[further]
            places = (places[further] + 1) % len(self.keys)
        return found

    def _places(self, keys: IntArray) -> IntArray:
        spread = keys.astype(np.uint64) * _SPREAD >> np.uint64(64 - len(self.keys).bit_length() + 1)
        return spread.astype(np.int64)


class NgramIndex:
    """A term's number is its place in the vocabulary."""

    def __init__(self, terms: Sequence[str], joint: str = "") -> None:
        every = chain.from_iterable(term.split(joint) if joint else term for term in terms)
        self.symbols = {symbol: i for i, symbol in enumerate(dict.fromkeys(every), start=1)}
        self._terms = len(terms)
        self._base = len(self.symbols) + 1
        self._single = np.full(self._base, -1, dtype=np.int64)
        numbers = {term: i for i, term in enumerate(terms)}
        of_length: defaultdict[int, list[str]] = defaultdict(list)
        for term in terms:
            of_length[term.count(joint) + 1 if joint else len(term)].append(term)
        self._levels: list[_Level] = []
        for length in range(max(of_length, default=1), 1, -1):
            edges = {}
            for term in of_length[length]:
                beginning, symbol = _cut_last(term, joint)
                if beginning not in numbers:
                    # No term itself: it leads on under a number behind all terms, and is never
                    # found.
                    numbers[beginning] = len(numbers)
                    of_length[length - 1].append(beginning)
                edges[numbers[beginning] * self._base + self.symbols[symbol]] = numbers[term]
            self._levels.insert(0, _Level.of(edges))
        for symbol in of_length[1]:
            self._single[self.symbols[symbol]] = numbers[symbol]

    def find(self, numbers: IntArray) -> tuple[IntArray, IntArray]:
        """All n-grams in a sequence of symbols.

        :param numbers: of the symbols; 0 stands for what is in no term, and between texts
        """
        padded = np.concatenate([numbers, np.zeros(len(self._levels), dtype=np.int64)])
        found = self._single[padded]
        starts = np.flatnonzero(found >= 0)
        found = found[starts]
        all_starts, all_found = [starts], [found]
        for n, level in enumerate(self._levels, start=1):
            if not len(starts):
                break
            found = level.find(found * self._base + padded[starts + n])
            there = found >= 0
            starts, found = starts[there], found[there]
            all_starts.append(starts)
            all_found.append(found)
        starts, found = np.concatenate(all_starts), np.concatenate(all_found)
        terms = found < self._terms
        return starts[terms], found[terms]


def _cut_last(term: str, joint: str) -> tuple[str, str]:
    if not joint:
        return term[:-1], term[-1]
    beginning, _, last = term.rpartition(joint)
    return beginning, last
