"""See the package."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import benchmarks.unread
from benchmarks.marked_page import replace_marked
from benchmarks.shipped_rows import KEPT
from benchmarks.tagging.corpora import NoData, find_data
from benchmarks.unread.messages import Message, read_messages
from benchmarks.unread.trainings import ask_apart, read_town, train_beside
from classifier.evaluation import Answer, score_tags
from classifier.model import load_model
from classifier.tag import Tag
from classifier.taxonomy import load_shipped

PAGE = "unread_messages.md"
STRENGTHS = ("lexical", "semantic")
_GROUPS = {2: "two readers, either counts", 1: "one reader"}
_HEAD = (
    "| model | trained on | top-1 | top-3 | macro-F1 | platform | ECE | type | urgency "
    "| critical, false alarms | auto: share, right platform |"
)


def describe(name: str, rows: str, tags: Sequence[Tag], messages: Sequence[Message]) -> str:
    """One line of the table."""
    platform_of = {label.code: label.platform for label in load_shipped()}
    found = score_tags(tags, [_answer(one) for one in messages], platform_of)
    figures = [
        *(found[key] for key in ("accuracy", "top3", "macro_f1", "platform_accuracy", "ece")),
        *(found[key] for key in ("request_type_accuracy", "urgency_accuracy")),
    ]
    critical, auto = found["critical"], found["auto"]
    told = [_say(figure) for figure in figures]
    told.append(f"{_say(critical['recall'], '.2f')}, {_say(critical['false_alarms'], '.1%')}")
    told.append(f"{_say(auto['coverage'], '.0%')}, {_say(auto['precision'])}")
    return "| " + " | ".join([name, rows, *told]) + " |"


def measure(messages: Sequence[Message], options: argparse.Namespace) -> dict[int, list[str]]:
    """Lines of the tables, by number of readers."""
    texts = [message.text for message in messages]
    lines: dict[int, list[str]] = {readers: [] for readers in _GROUPS}

    def add(name: str, rows: str, tags: Sequence[Tag]) -> None:
        for readers, own in lines.items():
            chosen = [i for i, one in enumerate(messages) if one.readers == readers]
            line = describe(name, rows, [tags[i] for i in chosen], [messages[i] for i in chosen])
            print(readers, line, flush=True)
            own.append(line)

    cache = KEPT / "unread"
    with tempfile.TemporaryDirectory() as place:
        for strength in STRENGTHS:
            sets: dict[str, list[Any]] = {"shipped": []}
            for path in options.town:
                town = read_town(path)
                sets[f"shipped + {len(town)} rows of {path.stem}"] = town
            for number, (told, rows) in enumerate(sets.items()):
                folder = train_beside(rows, strength, Path(place) / f"{strength}{number}", cache)
                add(strength, told, load_model(folder).tag_many(texts, reasons=False))
            for count in options.among:
                tags = ask_apart(messages, count, strength, cache)
                add(strength, f"shipped + {count} others of these", tags)
    return lines


def write_page(page: Path, lines: dict[int, list[str]], messages: Sequence[Message]) -> None:
    """Replace what stands between the marks."""
    parts = []
    for readers, own in lines.items():
        n = sum(one.readers == readers for one in messages)
        rule = "| --- " * _HEAD.count(" | ") + "| --- |"
        parts.append("\n".join([f"**{n} messages, {_GROUPS[readers]}**", "", _HEAD, rule, *own]))
    replace_marked(page, "\n\n".join(parts))


def _say(figure: float | None, form: str = ".3f") -> str:
    return "–" if figure is None else format(figure, form)


def _answer(message: Message) -> Answer:
    told = message.labels
    category, kind, urgency = (
        tuple(filter(None, (told[name], told[f"{name}_alt"])))
        for name in ("category", "request_type", "urgency")
    )
    return Answer(category, kind, urgency)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(benchmarks.unread.__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--town", type=Path, action="append", default=[], help="labelled rows")
    parser.add_argument("--among", type=int, nargs="*", default=[], help="so many of the others")
    parser.add_argument("--out", type=Path, help=f"folder of {PAGE}")
    options = parser.parse_args(arguments)
    try:
        messages = read_messages(find_data(options.data))
    except NoData as error:
        print(error)
        return
    lines = measure(messages, options)
    if options.out:
        write_page(options.out / PAGE, lines, messages)


if __name__ == "__main__":
    main()
