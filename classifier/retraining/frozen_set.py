"""Which rows are kept for testing and never trained on.

    freeze_rows(rows, frozen, *, decided=frozenset(), share=0.2, least=30) -> set[str]
    link_copies(rows) -> list[int]      the number of each row's family: one group, or near copies

Once frozen, always frozen: a test set that changes measures nothing over time. Of the rows not yet
decided the newest are taken, because a model is asked about tomorrow's messages, not yesterday's.
A family goes to one side as a whole; a copy of a text that was trained on would flatter the model.
Pure, standard library only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from math import ceil
from zlib import crc32

from classifier.retraining.inputs import LabelledRow

_SHINGLE = 4  # characters that make one piece of a text
_BINS = 16  # the smallest piece of each bin stands for the text
_BAND = 2  # bins that must agree before two texts are compared piece by piece
_ALIKE = 0.6  # share of common pieces from which two texts are copies
_COMPARED = 8  # texts of one bucket that a new one is compared with
_OVERSHOOT = 1.5  # a family may fill the test set to this multiple of its size, not more
_NOT_SAID = re.compile(r"[\W\d_]+")


def freeze_rows(
    rows: Sequence[LabelledRow],
    frozen: Set[str],
    *,
    decided: Set[str] = frozenset(),
    share: float = 0.2,
    least: int = 30,
) -> set[str]:
    """The keys of all rows that belong to the test set, old and new.

    :param frozen: keys that an earlier call returned
    :param decided: keys that a model was already trained on; they stay on that side unless a
        member of their family is frozen
    :param share: of all rows; ``least``: with fewer rows in the test set nothing new is frozen
    """
    families: dict[int, list[LabelledRow]] = defaultdict(list)
    for family, row in zip(link_copies(rows), rows, strict=True):
        families[family].append(row)
    held: set[str] = set(frozen)
    free = []
    for members in families.values():
        keys = {row.key for row in members}
        if keys & frozen:
            held |= keys
        elif not keys & decided:
            free.append(members)
    wanted = ceil(share * len(rows))
    if wanted < least:
        return held
    missing = wanted - sum(row.key in held for row in rows)
    free.sort(key=lambda members: max((row.at, row.key) for row in members), reverse=True)
    for members in free:
        if missing <= 0:
            break
        if len(members) <= max(1, missing * _OVERSHOOT):
            held |= {row.key for row in members}
            missing -= len(members)
    return held


def link_copies(rows: Sequence[LabelledRow]) -> list[int]:
    """A number per row; equal for rows of one ``group`` and for near copies of one text.

    Near copies: texts that share six tenths of their four-character pieces, spaces, digits and
    punctuation apart. Found by comparing the smallest pieces first: two seconds for 10,000 rows.
    """
    families = _Families(len(rows))
    first_of: dict[str, int] = {}
    for i, row in enumerate(rows):
        for name in (f"key:{row.key}", f"group:{row.group}" if row.group else ""):
            if name:
                families.join(first_of.setdefault(name, i), i)
    buckets: dict[tuple[int, ...], list[int]] = defaultdict(list)
    pieces = [_pieces(row.text) for row in rows]
    for i, own in enumerate(pieces):
        for band in _bands(own):
            bucket = buckets[band]
            for other in bucket:
                if families.find(other) != families.find(i) and _alike(own, pieces[other]):
                    families.join(other, i)
            if len(bucket) < _COMPARED:
                bucket.append(i)
    return [families.find(i) for i in range(len(rows))]


class _Families:
    """Disjoint sets of row numbers."""

    def __init__(self, size: int) -> None:
        self._head = list(range(size))

    def find(self, i: int) -> int:
        while self._head[i] != i:
            self._head[i] = self._head[self._head[i]]
            i = self._head[i]
        return i

    def join(self, i: int, j: int) -> None:
        first, second = sorted((self.find(i), self.find(j)))
        self._head[second] = first


def _pieces(text: str) -> frozenset[int]:
    said = _NOT_SAID.sub("", text).encode("utf-16-le", "surrogatepass")
    if not said:
        return frozenset()  # signs only: like nothing else
    last = max(2, len(said) - 2 * _SHINGLE + 2)
    return frozenset(crc32(said[i : i + 2 * _SHINGLE]) for i in range(0, last, 2))


def _bands(pieces: frozenset[int]) -> Iterable[tuple[int, ...]]:
    # From the largest to the smallest, so that the smallest of a bin is what stays.
    smallest = {piece % _BINS: piece for piece in sorted(pieces, reverse=True)}
    for start in range(0, _BINS, _BAND):
        band = tuple(smallest.get(place, -1) for place in range(start, start + _BAND))
        if max(band) >= 0:
            yield (start, *band)


def _alike(one: frozenset[int], other: frozenset[int]) -> bool:
    return len(one & other) >= _ALIKE * len(one | other)
