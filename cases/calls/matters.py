"""Several matters in one call, order, letter or message; and one that only looks like several.

    find_cuts(text, clauses, turns) -> list[Cut]   where another matter may begin, and how sure
    settle_cuts(cuts, tags) -> list[Cut]           those that hold, once each side has its tag
    group(clauses, cuts) -> list[list[Clause]]     the clauses of each matter

A cut is ``said`` ("另外还有一件事"), ``listed`` (1、2、3), ``asked`` (the desk: "还有别的吗？") or
``maybe`` ("同时"). One case too few is mended more easily than two that are one: a list holds only
where its items are about different things, a bare "同时" only where the tags of both sides are
sure and apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Literal

from cases.calls.bridges import skip_bridge
from cases.calls.cues import any_of, row
from cases.calls.parts import Clause
from cases.calls.turns import Turn
from cases.classification import Tag

Grade = Literal["said", "listed", "asked", "maybe"]
#: Believed only where the tags of both sides are there to say so.
_UNSURE: frozenset[Grade] = frozenset({"asked", "maybe"})
#: Questions of the desk after which another matter may begin.
_ASKED: dict[str, Grade] = {"next": "listed", "more": "asked"}
_SHORTEST = 6
_SHORTEST_ITEM = 4  # 1、路灯不亮
_MOST = 9
_LISTED_SURE = 0.35
_MAYBE_SURE = 0.8
_WORD = re.compile(r"\w")
_ARABIC = [str(n) for n in range(1, _MOST + 1)]
_CHINESE = list("一二三四五六七八九")


@dataclass(frozen=True)
class Cut:
    """Another matter may begin with clause number ``at``."""

    at: int
    grade: Grade
    #: Where its own words begin, behind an "另外，" that the clauses still have.
    begins: int = 0


def find_cuts(text: str, clauses: Sequence[Clause], turns: Sequence[Turn]) -> list[Cut]:
    """In order; both sides of each say enough to be a matter of their own.

    :param turns: those that ``clause.turn`` counts
    """
    graded: dict[int, Grade] = {}
    for index, clause in enumerate(clauses):
        if index == 0 or clause.kind == "reply":
            continue
        if any_of("matters", "opens").match(text, clause.raw, clause.end):
            graded[index] = "said"
        elif clause.kind == "complaint" and any_of("matters", "maybe").match(text, clause.raw):
            graded[index] = "maybe"
    for index in _listed(text, clauses):
        graded.setdefault(index, "listed")
    for index, grade in _counted_late(text, clauses):
        graded.setdefault(index, grade)
    for index, grade in _asked_for(clauses, turns):
        graded.setdefault(index, grade)
    cuts = [Cut(at, graded[at], _begins(text, clauses, at, graded[at])) for at in sorted(graded)]
    return _long_enough(text, clauses, cuts)


def settle_cuts(cuts: Sequence[Cut], tags: Sequence[Tag | None]) -> list[Cut]:
    """``tags[i]`` belongs to what stands before ``cuts[i]``, the last one to the rest."""
    return [
        cut
        for cut, (left, right) in zip(cuts, pairwise(tags), strict=True)
        if cut.grade == "said" or _holds(cut.grade, left, right)
    ]


def without_tags(cuts: Sequence[Cut]) -> list[Cut]:
    """What holds where no classifier is there to ask."""
    return [cut for cut in cuts if cut.grade not in _UNSURE]


def group(clauses: Sequence[Clause], cuts: Sequence[Cut]) -> list[list[Clause]]:
    """The clauses of each matter, in order, without the words that lead over to it."""
    edges = [0, *(cut.at for cut in cuts), len(clauses)]
    begins = [0, *(cut.begins for cut in cuts)]
    return [
        [replace(c, start=max(c.start, first)) for c in clauses[a:b] if c.end > first]
        for first, (a, b) in zip(begins, pairwise(edges), strict=True)
        if a < b
    ]


def _begins(text: str, clauses: Sequence[Clause], at: int, grade: Grade) -> int:
    """Behind the leading words of clause ``at``, which may be the whole of it ("另外，"). Where the
    words alone make the cut, a clause is one matter's as a whole."""
    first = clauses[at]
    start = skip_bridge(text, first.start, first.end)
    if start < first.end:
        return start if grade in _UNSURE else first.start
    after = clauses[at + 1] if at + 1 < len(clauses) else None
    goes_on = after is not None and after.kind != "reply" and after.turn == first.turn
    return after.start if after is not None and goes_on else first.start


def _holds(grade: Grade, left: Tag | None, right: Tag | None) -> bool:
    """Without a tag on both sides a list is believed as it was given, a weak joint is not."""
    if left is None or right is None:
        return grade not in _UNSURE
    if grade == "maybe" and left.platform == right.platform:
        return False
    sure = _MAYBE_SURE if grade == "maybe" else _LISTED_SURE
    return left.category != right.category and min(left.confidence, right.confidence) >= sure


def _long_enough(text: str, clauses: Sequence[Clause], cuts: Sequence[Cut]) -> list[Cut]:
    kept: list[Cut] = []
    last = 0
    for i, cut in enumerate(cuts):
        until = cuts[i + 1].at if i + 1 < len(cuts) else len(clauses)
        least = _SHORTEST_ITEM if cut.grade == "listed" else _SHORTEST
        sides = (clauses[last : cut.at], clauses[cut.at : until])
        if all(_says(text, side, least) for side in sides):
            kept.append(cut)
            last = cut.at
    return kept


def _says(text: str, clauses: Sequence[Clause], least: int) -> bool:
    said = 0
    for clause in clauses:
        if clause.kind == "complaint":
            said += len(_WORD.findall(text, clause.start, clause.end))
        if said >= least:  # of many clauses the first will do
            return True
    return False


def _asked_for(clauses: Sequence[Clause], turns: Sequence[Turn]) -> Iterator[tuple[int, Grade]]:
    """The first complaint after the desk asked what else there is."""
    for index, (before, clause) in enumerate(pairwise(clauses), start=1):
        grade = _ASKED.get(turns[clause.turn].asked)
        if grade and clause.turn != before.turn and clause.kind == "complaint":
            yield index, grade


def _listed(text: str, clauses: Sequence[Clause]) -> Iterator[int]:
    """Clauses that open item two and after of a list of matters."""
    for family in ("arabic", "chinese", "ordinal"):
        items = _count(text, clauses, family)
        if len(items) < 2 or not _is_announced(text, clauses, items[0]):
            continue
        asked = sum(clauses[i].kind == "demand" for i in items)
        if asked * 2 < len(items):
            yield from items[1:]


def _counted_late(text: str, clauses: Sequence[Clause]) -> Iterator[tuple[int, Grade]]:
    """The first matter was told without a number, "第二个呢" and "第三个呢" bring the next ones;
    "第二件事" says as much as "还有一件事"."""
    position = 1
    for index, clause in enumerate(clauses):
        if index == 0 or position == _MOST or clause.kind != "complaint":
            continue
        late = _numbered("late", position).match(text, clause.raw, clause.end)
        if late and not _numbered("ordinal", 0).search(text, clauses[0].raw, clause.raw):
            position += 1
            yield index, "said" if "事" in late[0] else "listed"


def _count(text: str, clauses: Sequence[Clause], family: str) -> list[int]:
    """The clauses that begin with 1, 2, 3 … of one family, in this order."""
    items: list[int] = []
    for index, clause in enumerate(clauses):
        if clause.kind == "reply" or len(items) == _MOST:
            continue
        if _numbered(family, len(items)).match(text, clause.raw, clause.end):
            items.append(index)
    return items


@cache
def _numbered(family: str, position: int) -> re.Pattern[str]:
    number = f"(?:{_CHINESE[position]}|{_ARABIC[position]})"
    if family in ("arabic", "chinese"):
        number = (_ARABIC if family == "arabic" else _CHINESE)[position]
    return re.compile(row("enumerators", family).replace("{n}", number))


def _is_announced(text: str, clauses: Sequence[Clause], first: int) -> bool:
    """Whether nothing but an announcement stands before the list: what stands there otherwise is
    what all its items are about."""
    before = [c for c in clauses[:first] if c.kind != "reply"]
    if not before:
        return True
    head = text[before[0].start : clauses[first].raw].strip()
    return bool(any_of("matters", "announces").search(head.split("\n")[-1]))
