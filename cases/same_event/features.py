"""What the words of a report say: which places, which doors, which thing, what is wrong with it.

read_features(text, place) -> Features        remembered: a case is looked at many times
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cases.addresses.narrowing import narrow_name
from cases.place import iter_place_spans
from cases.same_event.rules import Rules, load_rules, pair_weight

#: What comes after is the course of the matter, not the matter.
_LONGEST = 600
_HAN = re.compile(r"[\u4e00-\u9fffA-Za-z0-9]+")
_OPENING = re.compile(r"^(?:[0-9A-Z-]+(?:号楼|号|栋|幢|期|座|区)|[与至到的])+")
_NO_STEM = re.compile("[路街巷弄村镇区口的了和在有]")
_CLAUSE = "，。；;！!？?\n,:："


@dataclass(frozen=True, slots=True)
class Name:
    """A named place. ``short`` is what others may call it: 恒大翡翠华庭 is 翡翠华庭 too."""

    kind: str
    core: str
    short: str


@dataclass(frozen=True, slots=True)
class Features:
    """``loose`` names are pieces that end like a name: they agree with others, and contradict
    nobody. ``doors``: the numbers by what they count; ``pairs`` of the whole text, ``matter`` of
    what is left when places and formulas are taken out."""

    text: str
    names: tuple[Name, ...]
    loose: frozenset[Name]
    doors: Mapping[str, frozenset[str]]
    objects: frozenset[str]
    faults: frozenset[str]
    pairs: frozenset[str]
    matter: frozenset[str]


@lru_cache(maxsize=8192)
def read_features(text: str, place: str) -> Features:
    """Everything in one pass over at most 600 characters."""
    rules = load_rules()
    text, place = _alike(rules, text[:_LONGEST]), _alike(rules, place)
    spans = [text[start:end] for start, end in iter_place_spans(text)]
    names = list(_read_names(rules, [place, *spans] if place else spans))
    words = narrow_name(text)
    rest = words
    for name in (narrow_name(span) for span in spans):
        rest = rest.replace(name, "，")
    rest = rules.formula.sub("，", rest)
    return Features(
        text=words if place in text else f"{words}，{narrow_name(place)}",
        names=tuple(dict.fromkeys(names)),
        doors=_read_doors(rules, words if place in text else f"{narrow_name(place)}，{words}"),
        loose=frozenset(_read_loose(rules, words)),
        objects=frozenset(c for w in rules.matters.findall(words) for c in rules.concepts[w]),
        faults=frozenset(f for w in rules.faults.findall(words) for f in rules.faulty[w]),
        pairs=frozenset(_pairs(rules.formula.sub("，", words))),
        matter=frozenset(_pairs(rest)),
    )


def _alike(rules: Rules, text: str) -> str:
    for word, other in rules.alike.items():
        text = text.replace(word, other)
    return text


def _pairs(text: str) -> Iterator[str]:
    for run in _HAN.findall(text):
        yield from (run[i : i + 2] for i in range(len(run) - 1))


def _read_names(rules: Rules, places: list[str]) -> Iterator[Name]:
    for place in places:
        text = narrow_name(place)
        position = 0
        for match in rules.atoms.finditer(text):
            yield from _bare(rules, text[position : match.start()])
            name = _named(rules, match.lastgroup or "", match.group())
            if name is not None:
                yield name
            position = match.end()
        yield from _bare(rules, text[position:])


def _named(rules: Rules, kind: str, words: str) -> Name | None:
    """麻将馆, 物业公司, 道路: a tail and what every such place is called is no name."""
    core = _OPENING.sub("", words)
    stem = rules.tails[kind].sub("", core)
    if core.startswith("和") and len(stem) > 2:
        core, stem = core[1:], stem[1:]  # 文澜路和春申街; 和平桥 keeps its name
    if not stem or rules.no_name.fullmatch(core):
        return None
    if kind in ("road", "admin"):
        return Name(kind, core, core)
    telling = max((pair_weight(stem[i : i + 2]) for i in range(len(stem) - 1)), default=0.0)
    if telling < rules.figure("telling_name"):
        return None
    tail = core[len(stem) :]
    return Name(kind, core, core if kind == "shop" or len(stem) < 4 else stem[-2:] + tail)


def _read_loose(rules: Rules, text: str) -> Iterator[Name]:
    """翠竹弄, 星河超市: two characters and a tail, wherever they stand."""
    for match in rules.loose.finditer(text):
        kind = match.lastgroup or ""
        words = match.group(kind)
        if kind == "admin" or _NO_STEM.search(words[:2]) or rules.matters.search(words):
            continue
        if any(tail.fullmatch(words[:2]) for tail in rules.tails.values()):
            continue  # 广场广场舞
        name = _named(rules, kind, words)
        if name is not None:
            yield name


def _bare(rules: Rules, text: str) -> Iterator[Name]:
    """What stands between names: 联丰路·米兰春天·G2栋. Numbers and 门口, 附近 are no name."""
    for word in re.split(r"[0-9A-Za-z#\-]+(?:号楼|号|栋|幢|座|期|组|单元|室|楼|层)?", text):
        left = rules.related.sub("", word)
        telling = max((pair_weight(left[i : i + 2]) for i in range(len(left) - 1)), default=0.0)
        if (
            len(left) >= 3
            and not rules.no_name.fullmatch(left)
            and telling >= rules.figure("telling_name")
        ):
            yield Name("bare", left, left)


def _read_doors(rules: Rules, text: str) -> dict[str, frozenset[str]]:
    """Numbers of the place; those of where the reporter lives are not the event's."""
    found: dict[str, set[str]] = {}
    for kind, _, pattern in rules.doors:
        for match in pattern.finditer(text):
            begins = max((text.rfind(mark, 0, match.start()) for mark in _CLAUSE), default=-1)
            if rules.home.search(text, begins + 1, match.start()):
                continue
            value = next(group for group in match.groups() if group)
            found.setdefault(kind, set()).add(value)
    return {kind: frozenset(values) for kind, values in found.items()}
