"""The shipped rows: whole, labelled within the taxonomy, written and not copied or filled in."""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "training_data" / "examples"
REAL = ROOT / ".." / "shared" / "data"
RUN = 14
#: A run that this many real messages share is an agent's formula, nobody's own words.
FORMULA = 15
COLUMNS = [
    "text",
    "category",
    "request_type",
    "urgency",
    "flags",
    "register",
    "group",
    "provenance",
    "review",
]
ALLOWED = {
    "request_type": {"praise", "suggest", "consult", "report", "help", "complaint"},
    "urgency": {"normal", "urgent", "critical"},
    "register": {"order", "letter", "board", "chat", "call", "question"},
    "provenance": {"authored", "authored-start"},
    "review": {"single", "reviewed", "double"},
}
FLAGS = {"repeat", "group", "anonymous", "vulnerable", "errand", "cross_dept", "minor"}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    found = []
    for path in sorted(EXAMPLES.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            assert reader.fieldnames == COLUMNS, path.name
            for row in reader:
                assert row["category"] == path.stem, path.name
                found.append(row)
    return found


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_label_has_its_rows(rows):
    """At least fifty for each of the 53 labels."""
    with (ROOT / "training_data" / "taxonomy.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["code"] for row in csv.DictReader(file)}
    counts = Counter(row["category"] for row in rows)
    assert set(counts) == labels and len(labels) == 53
    assert {c: n for c, n in counts.items() if n < 50} == {}


def test_every_value_is_one_of_the_guide(rows):
    for row in rows:
        for column, allowed in ALLOWED.items():
            assert row[column] in allowed, (column, row)
        assert set(filter(None, row["flags"].split("|"))) <= FLAGS, row
        assert row["text"].strip() and row["group"].startswith(row["category"]), row


def test_no_text_stands_twice(rows):
    counts = Counter(squeeze(row["text"]) for row in rows)
    assert [text for text, n in counts.items() if n > 1] == []


def test_no_row_comes_from_a_template(rows):
    """Masked of numbers and latin letters, at most 2 % share a skeleton with another story."""
    skeletons: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        skeletons[_skeleton(row["text"])].add(row["group"])
    shared = sum(len(skeletons[_skeleton(row["text"])]) > 1 for row in rows)
    assert shared <= 0.02 * len(rows), f"{shared} of {len(rows)}"


def _skeleton(text: str) -> str:
    """The text without numbers, names and places: what a template would leave."""
    masked = re.sub(r"[0-9０-９零一二三四五六七八九十百千万两几*A-Za-z]+", "#", squeeze(text))
    tails = "路|街|巷|村|镇|区|县|市|小区|花园|苑|小学|中学|医院|公司|广场|大厦|女士|先生"
    return re.sub(rf"[\u4e00-\u9fff]{{1,4}}(?:{tails})", "@", masked)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not there: no real texts")
def test_no_row_copies_a_real_message(rows):
    """No run of fourteen characters of a real message, formulas apart."""
    csv.field_size_limit(sys.maxsize)
    ours: dict[int, int] = {}
    for number, row in enumerate(rows):
        text = squeeze(row["text"])
        for i in range(len(text) - RUN + 1):
            ours[hash(text[i : i + RUN])] = number
    hits: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for name, columns in {
        "dev_labelled.csv": ["text"],
        "haikou12345_workorders.csv": ["text"],
        "taidi2020c_labelled.csv": ["text"],
        "taidi2020c_messages.csv": ["title", "body"],
        "taidi2020c_replies.csv": ["title", "body"],
        "dongguan2016_complaints.csv": ["title", "body"],
    }.items():
        with (REAL / name).open(encoding="utf-8", newline="") as file:
            for line, row in enumerate(csv.DictReader(file)):
                for column in columns:
                    text = squeeze(row[column])
                    for i in range(len(text) - RUN + 1):
                        key = hash(text[i : i + RUN])
                        if key in ours:
                            hits[key].add((name, line))
    copied = {ours[key] for key, where in hits.items() if len(where) < FORMULA}
    assert [rows[n]["category"] + ": " + rows[n]["text"][:40] for n in sorted(copied)][:20] == []
