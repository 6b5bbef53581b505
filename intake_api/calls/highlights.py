"""A text cut into pieces that a page can colour.

    cut_text(text, marks) -> list[Piece]         Piece(text, kinds)
    find_terms(text, terms) -> list[Mark]        where the reasons stand in the text

Marks may overlap; the pieces never do, and joined together they are the text, character for
character.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Mark:
    """``text[start:end]`` is of this kind: a part (complaint, history, reply, demand) or something
    in it (place, time, cause, caller, reason)."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters with one set of kinds."""

    text: str
    kinds: tuple[str, ...]


def cut_text(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """Marks beyond the text or empty ones are left out."""
    usable = [mark for mark in marks if 0 <= mark.start < mark.end <= len(text)]
    begins, ends = defaultdict[int, list[int]](list), defaultdict[int, list[int]](list)
    for number, mark in enumerate(usable):
        begins[mark.start].append(number)
        ends[mark.end].append(number)
    pieces = []
    covering: set[int] = set()
    for start, end in pairwise(sorted({0, len(text), *begins, *ends})):
        covering.difference_update(ends[start])
        covering.update(begins[start])
        kinds = dict.fromkeys(usable[number].kind for number in sorted(covering))
        pieces.append(Piece(text[start:end], tuple(kinds)))
    return pieces


def find_terms(text: str, terms: Sequence[str], *, kind: str = "reason") -> list[Mark]:
    """Every place of every term; a term of the model that is not in the text is no mark."""
    marks = []
    for term in terms:
        start = text.find(term) if term else -1
        while start >= 0:
            marks.append(Mark(start, start + len(term), kind))
            start = text.find(term, start + len(term))
    return marks
