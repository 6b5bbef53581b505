"""Do two reports name the same place?

compare_places(a, b) -> Agreement      how far they agree, and what speaks against it

A conflict that is ``hard`` makes two events of it, a soft one only forbids to be sure.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.same_event.features import Features, Name, begins_at
from cases.same_event.rules import load_rules, pair_weight

if TYPE_CHECKING:
    from cases.same_event.report import Report

#: Kinds of names narrow enough to be where something happened.
_NARROW = frozenset({"road", "estate", "public", "shop", "village", "bare"})
#: Two roads may both be said of one estate on their corner; two estates are never one place.
_SIDES = frozenset({"estate", "public", "shop", "bare"})
_RARE = 4
_NONE: frozenset[str] = frozenset()
_TELLING = 0.85
#: What is this long, or says something, is a sentence that ends like a name.
_LONGEST_NAME = 7
_SENTENCE = re.compile(
    "[的了在有请把被是使找怎就都建开无设]|希望|可以|附近|违法|影响|私自|收到|收受|多次|反对"
)
_METRES = 111_320.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """``level`` 0 nothing known, 1 the same place; ``hard`` and ``soft`` name what differs."""

    level: float
    hard: str | None = None
    soft: str | None = None


def compare_places(a: Report, b: Report) -> Agreement:
    """Registry first, then pins, then the words."""
    words = _compare_words(a.features, b.features)
    metres = _metres(a, b)
    if metres is not None and metres > load_rules().figure("far_metres") and words.level < 1:
        return Agreement(0.0, hard=words.hard or "pin")
    if words.hard is not None:
        return words
    level = words.level
    if metres is not None and metres <= load_rules().figure("near_metres"):
        level = max(level, 0.9)
    if a.place_code and b.place_code:
        if a.place_code == b.place_code:
            level = 1.0
        elif level < 1 and a.grid and b.grid and a.grid != b.grid:
            return Agreement(0.0, hard="grid")
    return Agreement(level, soft=words.soft)


def _compare_words(a: Features, b: Features) -> Agreement:
    hard, soft = _compare_doors(a, b)
    shared = {name for name in a.names if _says(b, name)} | {n for n in b.names if _says(a, n)}
    apart = {
        kind
        for kind in _clean_kinds(a) & _clean_kinds(b)
        if not any(name.kind == kind for name in shared)
    }
    if not apart - {"bare", "admin"}:
        shared |= {n for n in a.loose if _says(b, n)} | {n for n in b.loose if _says(a, n)}
    narrow = {name.kind for name in shared} & _NARROW
    heads = {h for h in a.heads & b.heads if _may_name(a, b, h)}
    if not narrow and heads and not apart - {"bare", "admin"}:
        return Agreement(_head_level(a, b), hard, soft)
    if not narrow and a.doors.get("bus", _NONE) & b.doors.get("bus", _NONE):
        if apart - {"bare", "admin"}:
            soft = soft or "landmark"
        return Agreement(load_rules().figure("level_line"), hard, soft)
    if not narrow:
        if "admin" in apart and not _districts(a) & _districts(b):
            apart -= {"admin"}
        if apart - {"bare"}:
            hard = hard or min(apart - {"bare"})
        return Agreement(0.2 if shared else 0.0, hard, soft)
    if apart & _SIDES and not narrow & _SIDES:
        # One road, two houses on it.
        hard, soft = (hard or "estate", soft) if "estate" in apart else (hard, soft or "landmark")
    if "admin" in apart and _districts(a) & _districts(b):
        soft = soft or "admin"
    if "road" not in narrow and "road" in apart and not narrow & (_SIDES - {"bare"}):
        hard = hard or "road"
    if _crosses_differ(a, b):
        soft = soft or "crossing"
    if _own_names(a, b) and _own_names(b, a):
        soft = soft or "landmark"
    return Agreement(_level(a, b, {n for n in shared if n.kind in _NARROW}), hard, soft)


def _level(a: Features, b: Features, shared: set[Name]) -> float:
    """A door or two names say the place; a long road or a village alone says it half."""
    rules = load_rules()
    kinds = {name.kind for name in shared}
    cores = {name.core for name in shared}
    apart = [c for c in cores if not any(c != other and c in other for other in cores)]
    ends = {core[-3:] for core in apart}
    if _same_door(a, b) or len(ends) > 1:
        return 1.0
    if kinds & {"estate", "shop", "bare"}:
        return rules.figure("level_estate")
    if "public" in kinds:
        return rules.figure("level_public")
    lane = any(name.kind == "road" and name.core[-1] in "巷弄" for name in shared)
    return rules.figure("level_lane" if lane else "level_road")


def _may_name(a: Features, b: Features, head: str) -> bool:
    """Whether three characters are the place: one of the two names no other, or a name begins with
    them."""
    if any(name.core.startswith(head) for f in (a, b) for name in (*f.names, *f.loose)):
        return True
    return not _names_another(a, b) or not _names_another(b, a)


def _names_another(mine: Features, theirs: Features) -> bool:
    """Also what only ends like a name: 棉纺路 and 缫丝路 are two roads."""
    names = (name for name in (*mine.names, *mine.loose) if name.kind != "bare")
    return any(not _says(theirs, name) for name in names)


def _head_level(a: Features, b: Features) -> float:
    """A name that does not end like one, and perhaps a door."""
    return 1.0 if _same_door(a, b) else load_rules().figure("level_head")


def _same_door(a: Features, b: Features) -> bool:
    return any(
        a.doors.get(kind, _NONE) & b.doors.get(kind, _NONE)
        for kind, is_hard, _ in load_rules().doors
        if is_hard
    )


def _says(other: Features, name: Name) -> bool:
    """Whether the other words name the place too, if only by the rare part of its name."""
    if name.core in other.text:
        return True
    if name.kind == "road":
        return False
    if name.kind == "admin":
        return name.short in other.text
    if name.short != name.core and _stands_alone(other.text, name.short, name.core):
        return True
    stem = load_rules().tails[name.kind].sub("", name.core) if name.kind != "bare" else name.core
    pieces = (stem[i : i + _RARE] for i in range(len(stem) - _RARE + 1))
    return any(_is_rare(p) and _stands_alone(other.text, p, name.core) for p in pieces)


def _stands_alone(text: str, piece: str, core: str) -> bool:
    """Whether the text has a piece of a name other than within another name."""
    before = core[: core.find(piece)][-2:]  # 61实验学校 is not 81实验学校
    position = text.find(piece)
    while position >= 0:
        if begins_at(text, position) or (before and text[:position].endswith(before)):
            return True
        position = text.find(piece, position + 1)
    return False


def _hints_at(other: Features, name: Name) -> bool:
    """Whether the other words may mean it: 小区旁搅拌站 and 搅拌厂. Enough not to contradict."""
    if _says(other, name):
        return True
    if name.kind == "road":
        return len(name.core) > _RARE and name.core[-3:] in other.text
    stem = load_rules().tails[name.kind].sub("", name.core)
    pieces = (stem[i : i + 2] for i in range(len(stem) - 1))
    return any(pair_weight(piece) >= _TELLING and piece in other.text for piece in pieces)


def _is_rare(piece: str) -> bool:
    """Four characters that are in a row nowhere but in a name."""
    weights = [pair_weight(piece[i : i + 2]) for i in range(len(piece) - 1)]
    return sum(weights) >= load_rules().figure("rare_piece")


def _clean_kinds(features: Features) -> set[str]:
    """Only a name that surely is one contradicts another."""
    return {name.kind for name in features.names if _is_clean(name)}


def _is_clean(name: Name) -> bool:
    return len(name.core) <= _LONGEST_NAME and not _SENTENCE.search(name.core)


def _districts(features: Features) -> set[str]:
    """The levels that are named: 区 and 街道 do not contradict each other."""
    return {name.core[-1] for name in features.names if name.kind == "admin"}


def _own_names(mine: Features, theirs: Features) -> bool:
    """Whether one report names a place that the other does not."""
    return any(
        name.kind in _NARROW - {"bare"} and _is_clean(name) and not _hints_at(theirs, name)
        for name in mine.names
    )


def _crosses_differ(a: Features, b: Features) -> bool:
    """Both name two roads, and one of them is another: two crossings of one road."""
    roads_a = {n for n in a.names if n.kind == "road"}
    roads_b = {n for n in b.names if n.kind == "road"}
    if len(roads_a) < 2 or len(roads_b) < 2:
        return False
    return any(not _hints_at(b, n) for n in roads_a) and any(not _hints_at(a, n) for n in roads_b)


def _compare_doors(a: Features, b: Features) -> tuple[str | None, str | None]:
    hard = soft = None
    for kind, is_hard, _ in load_rules().doors:
        mine, theirs = a.doors.get(kind), b.doors.get(kind)
        if mine and theirs and not mine & theirs:
            hard, soft = (kind, soft) if is_hard else (hard, kind)
    return hard, soft


def _metres(a: Report, b: Report) -> float | None:
    if a.latitude is None or b.latitude is None or a.longitude is None or b.longitude is None:
        return None
    north = (a.latitude - b.latitude) * _METRES
    east = (a.longitude - b.longitude) * _METRES * math.cos(math.radians(a.latitude))
    return math.hypot(north, east)
