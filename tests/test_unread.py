"""The messages nobody had read: labels of the scheme, texts that are where they are said to be."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks.marked_page import BEGIN, END
from benchmarks.tagging.corpora import NoData
from benchmarks.unread.__main__ import describe, write_page
from benchmarks.unread.messages import LABELS, Message, read_messages
from classifier.tag import REQUEST_TYPES, URGENCIES
from classifier.taxonomy import load_shipped
from classifier.testing import FakeClassifier

REAL = Path(__file__).parents[1] / ".." / "shared" / "data"


def message(category: str, other: str = "", urgency: str = "normal", readers: int = 2) -> Message:
    told = {"category": category, "category_alt": other, "urgency": urgency, "urgency_alt": ""}
    return Message("路灯不亮", readers, told | {"request_type": "help", "request_type_alt": ""})


def test_labels_are_of_the_scheme_and_hold_no_text() -> None:
    with LABELS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = set(load_shipped().codes)
    assert len({row["text_sha256"] for row in rows}) == len(rows) == 1070
    assert {row["category"] for row in rows} <= codes
    assert {row["category_alt"] for row in rows} <= codes | {""}
    assert {row["request_type"] for row in rows} <= set(REQUEST_TYPES)
    assert {row["urgency"] for row in rows} <= set(URGENCIES)
    assert LABELS.read_text(encoding="utf-8").isascii()


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not there: no real texts")
def test_every_message_is_found_by_its_fingerprint() -> None:
    messages = read_messages(REAL)
    assert [message.readers for message in messages].count(2) == 410
    assert all(message.text.strip() for message in messages)


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not there: no real texts")
@pytest.mark.slow
def test_none_of_them_is_among_those_known() -> None:
    with (REAL / "dev_labelled.csv").open(encoding="utf-8", newline="") as file:
        known = {"".join(row["text"].split()) for row in csv.DictReader(file)}
    assert not known & {"".join(message.text.split()) for message in read_messages(REAL)}


def test_says_which_corpus_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="haikou12345"):
        read_messages(tmp_path)


def test_another_edition_is_refused(tmp_path: Path) -> None:
    for name in ("dongguan2016_complaints.csv", "taidi2020c_messages.csv"):
        (tmp_path / name).write_text("title,body\n路灯,不亮\n", encoding="utf-8")
    (tmp_path / "haikou12345_workorders.csv").write_text("text\n路灯不亮\n", encoding="utf-8")
    with pytest.raises(NoData, match="1070 of 1070"):
        read_messages(tmp_path)


async def test_either_label_counts() -> None:
    tag = await FakeClassifier().classify("路灯不亮")
    messages = [message("zf.road", tag.category), message("zf.road")]
    line = describe("lexical", "shipped", [tag, tag], messages)
    assert line.startswith("| lexical | shipped | 0.500 |")


def test_page_keeps_what_stands_around_the_tables(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_page(page, {2: ["| a |"], 1: ["| b |"]}, [message("zf.light", readers=1)])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "**1 messages, one reader**" in text


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"by hand\n{BEGIN}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="put “<!-- measured"):
        write_page(page, {2: [], 1: []}, [])
    assert page.read_text(encoding="utf-8") == f"by hand\n{BEGIN}\n"
