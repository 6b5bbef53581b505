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
IDEOGRAPH = re.compile("[\u4e00-\u9fff]")
_OPENING = re.compile(r"^(?:[0-9A-Z-]+(?:号楼|号|栋|幢|期|座|区)|[与至到的])+")
_NO_STEM = re.compile("[路街巷弄村镇区口的了和在有]")
#: A name that does not end like one (国贸2期, 好又多) begins where something begins.
#: What may stand before a name: anything else is the beginning of a longer one.
_BEFORE = frozenset(
    "在到去于的从住是区县市镇路街道村诉报映询称过买至往向对与和及我们你他她近边面把让叫请由司"
)
#: A name that does not end like one (国贸2期, 好又多) begins where something begins.
_BEGINS = re.compile(
    r"(?<![\u4e00-\u9fffA-Za-z0-9])|(?<=[在到去往于从住对市县区镇省道的])|"
    r"(?<=反映|投诉|举报|诉称|地址|位于|我们|关于|咨询|附近|旁边|对面|门口|购买)"
)
_HEAD = re.compile("[\u4e00-\u9fff]{3}|[\u4e00-\u9fff]{2}[0-9A-Z]")
#: The longest name that is looked for by its end alone: 大自然商厦.
_LOOSE_STEM = 4
_NO_HEAD = re.compile(
    "[的了在有是不没我你他她它们这那个人就都也还很吗呢吧啊把被给让从到去来请问能会要想说看后前上下时天年月日"
    "点因为和与及或等您好其此每各该某且已将否并故而但再仍曾已本次省市区县镇元岁斤两]"
)
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
    nobody. ``heads``: how names begin that do not end like one. ``doors``: the numbers by what
    they count; ``pairs`` of the whole text, ``matter`` and the single ``characters`` of what is
    left when places and formulas are taken out; ``outer`` are the things named there."""

    text: str
    names: tuple[Name, ...]
    loose: frozenset[Name]
    heads: frozenset[str]
    doors: Mapping[str, frozenset[str]]
    objects: frozenset[str]
    outer: frozenset[str]
    faults: frozenset[str]
    pairs: frozenset[str]
    matter: frozenset[str]
    characters: frozenset[str]


@lru_cache(maxsize=8192)
def read_features(text: str, place: str) -> Features:
    """Everything in one pass over at most 600 characters."""
    rules = load_rules()
    text, place = write_alike(text[:_LONGEST]), write_alike(place)
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
        heads=frozenset(_read_heads(rules, words)),
        objects=frozenset(c for w in rules.matters.findall(words) for c in rules.concepts[w]),
        outer=frozenset(c for w in rules.matters.findall(rest) for c in rules.concepts[w]),
        faults=frozenset(f for w in rules.faults.findall(words) for f in rules.faulty[w]),
        pairs=frozenset(iter_pairs(rules.formula.sub("，", words))),
        matter=frozenset(iter_pairs(rest)),
        characters=frozenset(IDEOGRAPH.findall(rest)),
    )


def write_alike(text: str) -> str:
    """农贸市场, 菜市场 and 菜场 in one word."""
    for word, other in load_rules().alike.items():
        text = text.replace(word, other)
    return text


def iter_pairs(text: str) -> Iterator[str]:
    """Any two characters next to each other; no pair goes over a comma."""
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
    core = _OPENING.sub("", rules.lead.sub("", words))
    stem = rules.tails[kind].sub("", core)
    if core.startswith("和") and len(stem) > 2:
        core, stem = core[1:], stem[1:]  # 文澜路和春申街; 和平桥 keeps its name
    if not stem or rules.no_name.fullmatch(core):
        return None
    if kind == "admin":
        return Name(kind, core, core[-4:] if core.endswith("街道") else core[-3:])
    if kind == "road":
        return Name(kind, core, core)
    telling = max((pair_weight(stem[i : i + 2]) for i in range(len(stem) - 1)), default=0.0)
    if telling < rules.figure("telling_name") and not rules.proper.search(core):
        return None
    tail = core[len(stem) :]
    # 晨星培训学校 is nobody's 培训学校.
    short = (
        kind != "shop" and len(stem) >= 4 and pair_weight(stem[-2:]) >= rules.figure("telling_name")
    )
    return Name(kind, core, stem[-2:] + tail if short else core)


def _read_loose(rules: Rules, text: str) -> Iterator[Name]:
    """翠竹弄, 星河超市: two characters and a tail, wherever they stand, or up to four, where a name
    may begin."""
    for match in rules.loose.finditer(text):
        kind = match.lastgroup or ""
        words = match.group(kind)
        if kind == "admin" or _NO_STEM.search(words[:2]) or rules.matters.search(words):
            continue
        begin = next(
            (
                start
                for start in range(match.start(), match.start() - _LOOSE_STEM + 1, -1)
                if start >= 0 and begins_at(text, start)
            ),
            None,
        )
        if begin is None:
            continue
        words = text[begin : match.start()] + words
        if any(tail.fullmatch(words[:2]) for tail in rules.tails.values()):
            continue  # 广场广场舞
        name = _named(rules, kind, words)
        if name is not None:
            yield name


def begins_at(text: str, position: int) -> bool:
    """Whether a name may begin there: 碎石厂 is neither 姚家渡碎石厂 nor 陆家渡碎石厂."""
    before = text[position - 1 : position]
    return not _HAN.fullmatch(before) or before in _BEFORE


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


def _read_heads(rules: Rules, text: str) -> Iterator[str]:
    """Three rare characters where something begins: 国贸2, 好又多. No thing, and no fault."""
    for match in _BEGINS.finditer(text):
        head = _HEAD.match(text, match.end())
        if head is None or _NO_HEAD.search(piece := head.group()):
            continue
        if rules.matters.search(piece) or rules.faults.search(piece):
            continue
        told = [pair_weight(pair) for pair in iter_pairs(piece)]
        if min(told) >= rules.figure("telling_head") and sum(told) >= rules.figure(
            "telling_head_sum"
        ):
            yield piece


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
