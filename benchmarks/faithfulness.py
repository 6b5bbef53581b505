"""Does the tamper check notice what got lost, and keep quiet where nothing did?

    python -m benchmarks.faithfulness [--held-out] [--show KIND]

The calls are those of ``tests/data/calls``; what they are stands in
``tests/faithfulness/labels.toml``. A faithful filing is what the desk proposes for a call, or, for
the pairs of ``tests/faithfulness/pairs.toml``, what a person made of it in their own words. Each is
spoilt in one way after the other; recall is the share of the spoilt ones in which something of the
right kind is found that was not found before, false alarms the share of faithful ones in which
anything is found.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.call_gold import Gold, load_gold
from cases.faithfulness import FiledText, Finding, compare_with_transcript
from cases.transcript import read_transcript

DATA = Path(__file__).parents[1] / "tests" / "faithfulness"
_CLAUSE = re.compile(r"[^，。！？；\n]+[，。！？；\n]*")
_SHORTEST = 4
#: Demands that name nothing to be done; losing one loses nothing that the case does not say.
_VAGUE = re.compile(r"(处理|解决|管管|管一管|重视|支持|快一点|快点|帮帮?忙|看看吧)[吧了啊]?$")
_RISKS = re.compile(
    r"砍|拿刀|持刀|捅|泄漏|煤气|漏电|触电|着火|冒烟|自燃|爆炸|塌|要倒|垂|砸到|砸伤|被困|昏|晕|"
    r"夹着|骨折|摔断|流血|咬了|打我|打老人|毒鱼|上吐下泻|拉肚子|不想活|跳楼|裂开|掉下来"
)
_WEAK = re.compile(
    r"老人|老太|爷爷|奶奶|八十|七十|母亲|老娘|老头子|孕妇|坐月子|小孩|孩子|婴儿|残疾|轮椅|心脏病"
)
_STILL_WEAK = re.compile(r"[老孩娃婴妇病幼]|女儿|儿子|学生|[爷奶]|崽|瘫|脑梗|高龄")
_FIGURES = re.compile(
    r"(?P<figure>\d+|[二三四五六七八九十百千两]+)(?P<unit>元|块|号楼|栋|幢|单元|室|斤|亩|平|号(?![码线日]))"
)
_COUNTS = re.compile(
    r"(?P<figure>\d+|[二三四五六七八九十百千几]+)(?P<unit>多?户|多?个人|多?人(?![行家的口])|名|"
    r"个(?:家长|工人|学生))"
)


@dataclass
class Figure:
    """How many there were, and in how many it was noticed."""

    of: int = 0
    found: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """0 … 1; of nothing, all."""
        return self.found / self.of if self.of else 1.0


@dataclass(frozen=True)
class Pair:
    """A call and how it was filed, faithfully. ``gold`` is missing where a person filed it."""

    source: str
    text: str
    filed: tuple[FiledText, ...]
    gold: Gold | None = None


@cache
def labels() -> dict[str, Any]:
    """What the authored calls are."""
    rows = tomllib.loads((DATA / "labels.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = rows["types"]
    return found


def load_pairs(*, held_out: bool | None = None) -> list[Pair]:
    """Calls with what the desk proposes."""
    pairs = []
    for gold in load_gold(held_out=held_out):
        if gold.source in labels()["left_out"]:
            continue
        read = read_transcript(gold.text, received_at=gold.called_at)
        filed = tuple(
            FiledText(
                matter.body,
                request_type=_type_of(gold.source),
                urgency="urgent" if gold.source in labels()["urgent"] else "normal",
                place=matter.place.text if matter.place else "",
            )
            for matter in read.matters
        )
        if filed:
            pairs.append(Pair(gold.source, gold.text, filed, gold))
    return pairs


def load_retold() -> list[Pair]:
    """Calls with what a person made of them."""
    rows = tomllib.loads((DATA / "pairs.toml").read_text(encoding="utf-8"))["pair"]
    return [
        Pair(f"retold#{number}", row["call"], tuple(FiledText(**one) for one in row["filed"]))
        for number, row in enumerate(rows, start=1)
    ]


def _type_of(source: str) -> str:
    for name in ("consult", "suggest", "praise"):
        if source in labels()[name]:
            return name
    return "complaint"


Spoilt = tuple[FiledText, ...]


def drop_demand(pair: Pair) -> Iterator[Spoilt]:
    """Everything that was asked for is gone."""
    if pair.gold is None:
        return
    marks = [m for m in pair.gold.marks if m.kind == "d"]
    words = [pair.text[m.start : m.end].strip("，。！？；") for m in marks]
    told = [w for w in words if len(w) >= _SHORTEST and not _VAGUE.search(w)]
    if told:
        yield _without(pair.filed, words)


def drop_matter(pair: Pair) -> Iterator[Spoilt]:
    """One of several matters is not filed."""
    if pair.gold is None or pair.gold.matters < 2 or len(pair.filed) != pair.gold.matters:
        return
    for number in range(len(pair.filed)):
        yield (*pair.filed[:number], *pair.filed[number + 1 :])


def drop_risk(pair: Pair) -> Iterator[Spoilt]:
    """What is dangerous is gone."""
    yield from _without_clauses(pair, _RISKS)


def drop_weak(pair: Pair) -> Iterator[Spoilt]:
    """Who needs care is gone, from the whole of the text."""
    for spoilt in _without_clauses(pair, _WEAK):
        if not _STILL_WEAK.search("".join(one.text for one in spoilt)):
            yield spoilt


def soften_type(pair: Pair) -> Iterator[Spoilt]:
    """A complaint becomes a question, or a suggestion."""
    single = len(pair.filed) == 1 and (pair.gold is None or pair.gold.matters < 2)
    if single and pair.filed[0].request_type == "complaint":
        for soft in ("consult", "suggest"):
            yield (replace(pair.filed[0], request_type=soft),)


def lower_urgency(pair: Pair) -> Iterator[Spoilt]:
    """Danger is filed as an ordinary case."""
    if len(pair.filed) == 1 and pair.filed[0].urgency == "urgent":
        yield (replace(pair.filed[0], urgency="normal"),)


def change_number(pair: Pair) -> Iterator[Spoilt]:
    """Another sum, another house."""
    yield from _other_figure(pair, _FIGURES)


def change_count(pair: Pair) -> Iterator[Spoilt]:
    """十几户 become 一户."""
    yield from _other_figure(pair, _COUNTS)


def drop_place(pair: Pair) -> Iterator[Spoilt]:
    """Nobody knows where."""
    if pair.gold is None or len(pair.filed) != 1:
        return
    places = [pair.text[m.start : m.end] for m in pair.gold.marks if m.kind == "p"]
    if len(places) == 1:
        yield tuple(replace(one, place="") for one in _without(pair.filed, places))


MUTATIONS: dict[str, tuple[Callable[[Pair], Iterator[Spoilt]], frozenset[str]]] = {
    "demand dropped": (drop_demand, frozenset({"demand", "matter"})),
    "matter dropped": (drop_matter, frozenset({"matter"})),
    "danger dropped": (drop_risk, frozenset({"risk", "matter", "demand"})),
    "type softened": (soften_type, frozenset({"type"})),
    "urgency lowered": (lower_urgency, frozenset({"urgency"})),
    "number changed": (change_number, frozenset({"number", "place", "count"})),
    "count changed": (change_count, frozenset({"count", "number", "demand"})),
    "place dropped": (drop_place, frozenset({"place", "number"})),
    "weak one dropped": (drop_weak, frozenset({"vulnerable", "risk", "demand", "matter"})),
}


def _without(filed: Spoilt, words: list[str]) -> Spoilt:
    texts = []
    for one in filed:
        text = one.text
        for said in words:
            text = text.replace(said, "")
        texts.append(replace(one, text=text))
    return tuple(texts)


def _without_clauses(pair: Pair, pattern: re.Pattern[str]) -> Iterator[Spoilt]:
    texts = [
        "".join(c for c in _CLAUSE.findall(one.text) if not pattern.search(c)) for one in pair.filed
    ]
    changed = any(text != one.text for text, one in zip(texts, pair.filed, strict=True))
    if changed and all(len(text) >= _SHORTEST for text in texts):
        yield tuple(replace(o, text=t) for o, t in zip(pair.filed, texts, strict=True))


def _other_figure(pair: Pair, pattern: re.Pattern[str]) -> Iterator[Spoilt]:
    for number, one in enumerate(pair.filed):
        match = pattern.search(one.text)
        if match is None or one.text.count(match["figure"]) > 1:
            continue
        other = str(int(match["figure"]) + 2) if match["figure"].isdigit() else "一"
        text = one.text[: match.start()] + other + match["unit"] + one.text[match.end() :]
        place = one.place.replace(match["figure"] + match["unit"], other + match["unit"])
        changed = replace(one, text=text, place=place)
        yield (*pair.filed[:number], changed, *pair.filed[number + 1 :])


def measure(pairs: list[Pair]) -> tuple[dict[str, Figure], Figure]:
    """Recall for each mutation, and the false alarms (``found`` of ``of``)."""
    recall = {name: Figure() for name in MUTATIONS}
    alarms = Figure()
    for pair in pairs:
        before = compare_with_transcript(pair.text, pair.filed)
        _count(alarms, bool(before), f"{pair.source}: {_sentences(before)}", tell=bool(before))
        known = {(f.kind, f.span) for f in before}
        for name, (spoil, kinds) in MUTATIONS.items():
            for spoilt in spoil(pair):
                after = compare_with_transcript(pair.text, spoilt)
                new = [f for f in after if f.kind in kinds and (f.kind, f.span) not in known]
                told = f"{pair.source}: {' | '.join(one.text for one in spoilt)}"
                _count(recall[name], bool(new), told, tell=not new)
    return recall, alarms


def _sentences(findings: tuple[Finding, ...]) -> str:
    return " ".join(f"[{f.kind}] {f.sentence}" for f in findings)


def _count(figure: Figure, found: bool, told: str, *, tell: bool) -> None:
    figure.of += 1
    figure.found += found
    if tell:
        figure.misses.append(told)


def report(pairs: list[Pair], title: str) -> str:
    """A table as Markdown."""
    recall, alarms = measure(pairs)
    lines = [f"### {title}", "", "| spoilt | noticed | of | recall |", "| --- | --- | --- | --- |"]
    lines += [f"| {n} | {f.found} | {f.of} | {f.share:.3f} |" for n, f in recall.items() if f.of]
    lines += [
        "",
        f"{alarms.of} faithful filings, {alarms.found} false alarms ({alarms.share:.1%}).",
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the figures, or what was missed of one kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--held-out", action="store_true", help="the held-out calls only")
    parser.add_argument("--show", default="", metavar="KIND", help="misses of a mutation; alarms")
    options = parser.parse_args()
    sets = {
        "Calls tuned on": load_pairs(held_out=False),
        "Calls held out": load_pairs(held_out=True),
        "Filed in other words": load_retold(),
    }
    for title, pairs in sets.items():
        if options.held_out and title != "Calls held out":
            continue
        if not options.show:
            print(report(pairs, title), end="\n\n")
            continue
        recall, alarms = measure(pairs)
        chosen = alarms if options.show == "alarms" else recall[options.show]
        print(title, *chosen.misses, sep="\n  ")


if __name__ == "__main__":
    main()
