"""How well is a call read? Field by field, on the authored calls, orders and letters.

    python -m benchmarks.calls [--held-out] [--model DIR] [--show KIND] [--out docs/calls.md]

The texts lie in ``tests/data/calls``; a third of them, ``held_out/``, was never looked at while the
rules were tuned. Name, telephone, time, place and cause count as found where the span is exactly
the marked one ("near": where it overlaps it); complaint, history, reply and demand are counted by
character, marks and blanks apart. ``--model`` asks a classifier which of the possible cuts between
matters hold, as the desk does; without it the words alone decide.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from benchmarks.call_gold import Gold, Marked, Tagger, load_gold, read_gold
from benchmarks.marked_page import replace_marked
from cases.classification import Tag
from cases.transcript import Field, Transcript

FIELDS = {"n": "name", "f": "phone", "t": "time", "p": "place", "w": "cause"}
PARTS = {"c": "complaint", "d": "demand", "h": "history", "r": "reply"}
_WORD = re.compile(r"\w")
BEGIN, END = "<!-- measured: python -m benchmarks.calls --out docs/calls.md -->", "<!-- end -->"


@dataclass
class Score:
    """Hits, what was given, what was to be found."""

    hits: int = 0
    near: int = 0
    given: int = 0
    wanted: int = 0
    near_wanted: int = 0

    @property
    def precision(self) -> float:
        """Share of what was given that is right."""
        return self.hits / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        """Share of what was to be found that was found."""
        return self.hits / self.wanted if self.wanted else 1.0


@dataclass
class Report:
    """The figures of a set of texts."""

    texts: int = 0
    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    moments: Score = field(default_factory=Score)
    counts: Counter[str] = field(default_factory=Counter)
    misses: list[tuple[str, str]] = field(default_factory=list)


def score(golds: Iterable[Gold], tagger: Tagger | None = None) -> Report:
    """Read every text and count."""
    report = Report()
    for gold in golds:
        read, to_gold = read_gold(gold, tagger)
        report.texts += 1
        for kind, name in FIELDS.items():
            given = [_moved(f, to_gold) for f in _given(read, name)]
            _score_fields(report, gold, kind, name, given)
        _score_parts(report, gold, read, to_gold)
        _score_matters(report, gold, len(read.matters))
    return report


def _given(read: Transcript, name: str) -> Iterator[Field]:
    if name in ("name", "phone"):
        found = [read.caller_name if name == "name" else read.caller_phone]
    else:
        found = [getattr(matter, name) for matter in read.matters]
    yield from (f for f in found if f is not None)


def _moved(found: Field, to_gold: list[int]) -> tuple[int, int, datetime | None]:
    return to_gold[found.start], to_gold[found.end - 1] + 1, found.at


def _score_fields(
    report: Report,
    gold: Gold,
    kind: str,
    name: str,
    given: list[tuple[int, int, datetime | None]],
) -> None:
    """Each matter (each call for name and phone) has one field, however often it is marked."""
    total = report.scores[name]
    wanted: dict[int, list[Marked]] = defaultdict(list)
    for mark in gold.marks:
        if mark.kind == kind:
            wanted[mark.of if kind in "tpw" else 0].append(mark)
    total.wanted += len(wanted)
    total.given += len(given)
    exact, near = set(), set()
    for start, end, at in given:
        for of, marks in wanted.items():
            for mark in marks:
                if mark.start < end and start < mark.end:
                    near.add(of)
                # Another mention of the very same words is as good.
                if gold.text[mark.start : mark.end] == gold.text[start:end]:
                    near.add(of)
                    exact.add(of)
                    _score_moment(report, mark, at)
        words = gold.text[start:end]
        if not any(
            (m.start < end and start < m.end) or gold.text[m.start : m.end] == words
            for marks in wanted.values()
            for m in marks
        ):
            report.misses.append((name, f"{gold.source} + {gold.text[start:end]}"))
    total.hits += len(exact)
    total.near += len(near)
    for of in wanted.keys() - exact:
        words = " / ".join(gold.text[m.start : m.end] for m in wanted[of])
        got = " / ".join(gold.text[s:e] for s, e, _ in given)
        report.misses.append((name, f"{gold.source} - {words}   got: {got}"))


def _score_moment(report: Report, mark: Marked, at: datetime | None) -> None:
    if mark.at is None:
        return
    report.moments.wanted += 1
    year = "" if len(mark.at) > len("11-20T19:30") else "2026-"
    if at is not None and at.isoformat(timespec="minutes").startswith(year + mark.at):
        report.moments.hits += 1
    else:
        report.misses.append(("moment", f"{mark.at} got {at}"))


def _score_parts(report: Report, gold: Gold, read: Transcript, to_gold: list[int]) -> None:
    wanted = _kinds_by_character(gold)
    sought = {name: (name,) for name in PARTS.values()} | {"gist": ("complaint", "demand")}
    given: dict[int, str] = {}
    for matter in read.matters:
        for part in matter.parts:
            for i in range(part.start, part.end):
                if to_gold[i] >= 0:
                    given[to_gold[i]] = part.kind
    wrong: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, character in enumerate(gold.text):
        want = wanted.get(i, "")
        if want == "any" or not _WORD.match(character):
            continue
        got = given.get(i, "")
        for name, kinds in sought.items():
            total = report.scores[name]
            total.wanted += want in kinds
            total.given += got in kinds
            total.hits += want in kinds and got in kinds
        if want != got:
            wrong[want or "-", got or "-"].append(i)
    for (want, got), places in wrong.items():
        words = "".join(gold.text[i] for i in places)
        report.misses.append(("parts", f"{gold.source} {want}→{got}: {words}"))


def _kinds_by_character(gold: Gold) -> dict[int, str]:
    """Inner marks win; fields outside of every part count for none."""
    wanted: dict[int, str] = {}
    for mark in gold.marks:
        for i in range(mark.start, mark.end):
            if mark.kind in PARTS:
                wanted[i] = PARTS[mark.kind]
            elif i not in wanted:
                wanted[i] = "any"
    return wanted


def _score_matters(report: Report, gold: Gold, given: int) -> None:
    counts = report.counts
    counts["texts"] += 1
    counts["right"] += given == gold.matters
    counts["several"] += gold.matters > 1
    counts["several found"] += gold.matters > 1 and given == gold.matters
    counts["one"] += gold.matters == 1
    counts["cut wrongly"] += gold.matters == 1 and given > 1
    if given != gold.matters:
        report.misses.append(("matters", f"{gold.source} {gold.matters} got {given}"))


def table(report: Report) -> str:
    """The figures as Markdown."""
    lines = [
        "| | precision | recall | near | to find |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in (*FIELDS.values(), *PARTS.values(), "gist"):
        total = report.scores[name]
        near = f"{total.near / total.wanted:.3f}" if name in FIELDS.values() else ""
        lines.append(
            f"| {name} | {total.precision:.3f} | {total.recall:.3f} | {near} | {total.wanted} |"
        )
    counts = report.counts
    moments = report.moments
    lines += [
        "",
        f"{report.texts} texts. Moments made absolute: {moments.hits} of {moments.wanted}. "
        f"Number of matters right: {counts['right']} of {counts['texts']}; "
        f"{counts['several found']} of {counts['several']} with several found, "
        f"{counts['cut wrongly']} of {counts['one']} with one cut wrongly.",
    ]
    return "\n".join(lines)


def page_tables() -> str:
    """Both tables as they stand between the marks of ``docs/calls.md``."""
    sides = (("Tuned on", False), ("Held out", True))
    return "\n\n".join(
        f"### {name}\n\n{table(score(load_gold(held_out=held_out)))}" for name, held_out in sides
    )


def write_page(path: Path) -> None:
    """Put the tables measured now into the page."""
    replace_marked(path, page_tables(), begin=BEGIN, end=END)


def load_tagger(folder: str) -> Tagger:
    """A trained model as ``settle`` wants it."""
    from classifier.model import load_model

    model = load_model(Path(folder))
    return lambda texts: [Tag.from_dict(model.tag(text).to_dict()) for text in texts]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--held-out", action="store_true", help="only the held-out third")
    parser.add_argument("--tuned", action="store_true", help="only the two thirds looked at")
    parser.add_argument("--model", help="folder of a trained model")
    parser.add_argument("--show", help="list what was missed of one kind (tuned texts only)")
    parser.add_argument("--out", help="a Markdown file whose tables are written anew")
    options = parser.parse_args()
    side = True if options.held_out else False if options.tuned or options.show else None
    tagger = load_tagger(options.model) if options.model else None
    if options.out:
        write_page(Path(options.out))
        return
    report = score(load_gold(held_out=side), tagger)
    print(table(report))
    if options.show:
        for kind, miss in report.misses:
            if kind.startswith(options.show):
                print(f"{kind}: {miss}")


if __name__ == "__main__":
    main()
