"""The labelled texts to compare on, with their fixed splits.

    find_data(option) -> Path                 raises NoData in one sentence
    read_corpus(name, folder) -> Corpus       "teddy", "platform", "units" or "shipped"
    NAMES: the corpora in the order of the report

Haikou: texts without the closing request that names the unit; an identical text counts once; of
the units those with fifty rows or more. "shipped" trains on ``training_data/`` and asks about real
messages; there either of two labels may be right.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
VARIABLE = "HUYING_BENCH_DATA"
NAMES = ("teddy", "platform", "units", "shipped")
TITLES = {
    "teddy": "Teddy Cup 2020 C, seven first-level classes",
    "platform": "Haikou 12345, platform",
    "units": "Haikou 12345, units with 50 rows or more",
    "shipped": "Shipped rows, asked about real messages",
}
_LEAST_ROWS = 50
_FILES = {
    "teddy": ("taidi2020c_labelled.csv", "text", "label"),
    "platform": ("haikou12345_workorders.csv", "text_stripped", "platform_proxy"),
    "units": ("haikou12345_workorders.csv", "text_stripped", "unit"),
    "shipped": ("dev_labelled.csv", "text", "category"),
}


class NoData(Exception):
    """The texts are not there; the message says what to do."""


@dataclass(frozen=True)
class Corpus:
    """Training rows, texts to ask about, and the labels accepted for each."""

    name: str
    classes: tuple[str, ...]
    train_texts: list[str]
    train_labels: list[str]
    test_texts: list[str]
    accepted: list[tuple[str, ...]]
    train_groups: list[str] = field(default_factory=list)
    platform_of: dict[str, str] = field(default_factory=dict)  # where a label has a platform


def find_data(option: Path | None) -> Path:
    """The folder of the real texts: the option, the variable, or ../shared/data."""
    named = option or os.environ.get(VARIABLE)
    folder = Path(named) if named else ROOT / ".." / "shared" / "data"
    if not folder.is_dir():
        raise NoData(
            f"{folder} is not there: nothing to measure on. Name the folder of the labelled texts "
            f"with --data or {VARIABLE}."
        )
    return folder


def read_corpus(name: str, folder: Path) -> Corpus:
    """:raises NoData: the corpus's file is not in the folder"""
    file, text_column, label_column = _FILES[name]
    path = folder / file
    if not path.exists():
        raise NoData(f"{path} is not there: “{name}” is left out.")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if name == "shipped":
        return _shipped(rows, text_column, label_column)
    if name != "teddy":
        first = {row[text_column].strip(): row for row in reversed(rows)}
        rows = [row for row in rows if first[row[text_column].strip()] is row]
    rows = [row for row in rows if row[text_column].strip() and row[label_column]]
    if name == "units":
        sizes = Counter(row[label_column] for row in rows)
        rows = [row for row in rows if sizes[row[label_column]] >= _LEAST_ROWS]
    train = [row for row in rows if row["split"] == "train"]
    test = [row for row in rows if row["split"] == "test"]
    return Corpus(
        name,
        tuple(sorted({row[label_column] for row in train})),
        [row[text_column].strip() for row in train],
        [row[label_column] for row in train],
        [row[text_column].strip() for row in test],
        [(row[label_column],) for row in test],
        [row["group"] for row in train],
    )


def _shipped(rows: list[dict[str, str]], text_column: str, label_column: str) -> Corpus:
    from classifier.examples import load_shipped_examples, taxonomy_examples
    from classifier.taxonomy import load_shipped

    taxonomy = load_shipped()
    examples = [*load_shipped_examples(taxonomy).rows, *taxonomy_examples(taxonomy)]
    accepted = [(row[label_column], row[f"{label_column}_alt"]) for row in rows]
    return Corpus(
        "shipped",
        taxonomy.codes,
        [row.text for row in examples],
        [row.category for row in examples],
        [row[text_column] for row in rows],
        [tuple(label for label in labels if label) for labels in accepted],
        [row.group for row in examples],
        {label.code: label.platform for label in taxonomy},
    )
