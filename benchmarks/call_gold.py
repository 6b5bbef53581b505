"""The authored calls, orders and letters with their gold marks.

    load_gold(held_out=None) -> list[Gold]
    read_gold(gold, tagger=None) -> (Transcript, to_gold)    as the product reads it

``to_gold[i]`` is where character ``i`` of the read text stands in the gold text: an export puts its
own labels before the lines.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.call_exports import write_export
from cases.calls.formats import read_export
from cases.classification import Tag
from cases.transcript import Transcript, read_transcript, settle

CALLS = Path(__file__).parents[1] / "tests" / "data" / "calls"
Tagger = Callable[[Sequence[str]], Sequence[Tag | None]]
_MARK = re.compile(r"<(?P<close>/?)(?P<kind>[nftpwcdhr])(?P<of>\d?)(?:=(?P<at>[^>]*))?>")
_LABEL = re.compile(r"^(?:坐席|市民)：")


@dataclass(frozen=True)
class Marked:
    """A marked span of a gold text; ``of`` is the number of its matter."""

    kind: str
    start: int
    end: int
    of: int
    at: str | None


@dataclass(frozen=True)
class Gold:
    """One authored text: what goes in, and what should come out."""

    source: str
    shape: str
    text: str
    export: str
    called_at: datetime
    marks: tuple[Marked, ...]
    matters: int


def load_gold(*, held_out: bool | None = None) -> list[Gold]:
    """The authored texts: all, or only one side."""
    found: list[Gold] = []
    for path in sorted(CALLS.glob("**/*.toml")):
        if held_out is not None and held_out != (path.parent.name == "held_out"):
            continue
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for number, row in enumerate(table["call"], start=1):
            source = f"{path.relative_to(CALLS).with_suffix('')}#{number}"
            found.append(_read_gold(source, table, row))
    return found


def _read_gold(source: str, table: dict[str, Any], row: dict[str, Any]) -> Gold:
    text, marks = _strip_marks(row["text"])
    numbers = {mark.of for mark in marks if mark.kind == "c"}
    return Gold(
        source=source,
        shape=table["shape"],
        text=text,
        export=row.get("export", ""),
        called_at=row.get("called_at", table["called_at"]),
        marks=tuple(marks),
        matters=row.get("matters", len(numbers) or 1),
    )


def _strip_marks(marked: str) -> tuple[str, list[Marked]]:
    """A mark without a number is of the matter it stands in, else of the one before."""
    plain: list[str] = []
    length, at, of = 0, 0, 1
    stack: list[tuple[str, int, int, str | None]] = []
    marks: list[Marked] = []
    for match in _MARK.finditer(marked):
        plain.append(marked[at : match.start()])
        length += match.start() - at
        at = match.end()
        if match["close"]:
            kind, start, owner, moment = stack.pop()
            marks.append(Marked(kind, start, length, owner, moment))
        else:
            of = int(match["of"] or of)
            stack.append((match["kind"], length, of, match["at"]))
    plain.append(marked[at:])
    return "".join(plain), sorted(marks, key=lambda m: (m.start, -m.end))


def read_gold(gold: Gold, tagger: Tagger | None = None) -> tuple[Transcript, list[int]]:
    """The text as the product reads it, and where each of its characters stands in the gold."""
    given, to_gold = gold.text, list(range(len(gold.text) + 1))
    if gold.export and gold.export != "plain":
        given = read_export(_export(gold)).text
        to_gold = _align(given, gold.text)
    read = read_transcript(given, received_at=gold.called_at)
    if tagger is not None and read.segments:
        read = settle(read, tagger(read.segments))
    return read, to_gold


def _export(gold: Gold) -> str:
    lines = gold.text.split("\n")
    who = [line[:2] if _LABEL.match(line) else "" for line in lines]
    return write_export(gold.export, who, [_LABEL.sub("", line) for line in lines])


def _align(given: str, gold: str) -> list[int]:
    """Line by line: the same words stand in both, only the labels before them may differ."""
    to_gold = [-1] * (len(given) + 1)
    at = 0
    for line in gold.split("\n"):
        said = _LABEL.sub("", line)
        start = at + len(line) - len(said)
        found = given.find(said, max((i for i, g in enumerate(to_gold) if g >= 0), default=-1) + 1)
        for i in range(len(said)):
            if found >= 0:
                to_gold[found + i] = start + i
        at += len(line) + 1
    return to_gold
