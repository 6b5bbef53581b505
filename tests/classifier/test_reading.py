"""Readings are kept by content, and made again when the rules or the tokenizer change."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from classifier import reading
from classifier.reading import ReadingStore, TextReading, read_slice
from classifier.task_pool import MANY_ROWS, TaskPool

TEXTS = [
    "路灯坏了，请尽快维修",
    "烧烤店油烟呛人，天天扰民",
    "老板拖欠工资不给",
    "路灯坏了，请尽快维修",
]


@pytest.fixture
def read_texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were really read, in order."""
    seen: list[str] = []

    def watched(tokenizer: str, texts: Sequence[str], keep_answers: bool) -> list[TextReading]:
        seen.extend(texts)
        return read_slice(tokenizer, texts, keep_answers)

    monkeypatch.setattr(reading, "read_slice", watched)
    return seen


def test_a_text_is_read_once(tmp_path: Path, read_texts: list[str]) -> None:
    store = ReadingStore.open(tmp_path / "readings", "jieba")
    assert store.missing(TEXTS) == 4
    first = store.gather(TEXTS)
    assert read_texts == TEXTS[:3]
    assert first[0] == first[3]
    assert first[1].words[0] == "烧烤店"
    store.save(tmp_path / "readings", TEXTS)

    again = ReadingStore.open(tmp_path / "readings", "jieba")
    assert again.gather([*TEXTS, "井盖没了"])[:4] == first
    assert read_texts[3:] == ["井盖没了"]


def test_only_what_is_kept_is_written(tmp_path: Path) -> None:
    store = ReadingStore("jieba")
    store.gather(TEXTS)
    store.save(tmp_path / "readings", TEXTS[:1])
    assert ReadingStore.open(tmp_path / "readings", "jieba").missing(TEXTS) == 2


@pytest.mark.parametrize("change", ["tokenizer", "rules", "answers", "torn", "older"])
def test_readings_made_otherwise_are_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "readings"
    store = ReadingStore("jieba")
    store.gather(TEXTS)
    store.save(path, TEXTS)
    made_with = [reading.make_tokenizer("jieba").identity, reading.rules_hash()]
    if change == "rules":
        monkeypatch.setattr(reading, "rules_hash", lambda: "other")
    if change == "older":  # a line for each text, and no number in front
        lines = [made_with, *([key, *read] for key, read in store._readings.items())]
        path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    if change == "torn":
        path.write_bytes(path.read_bytes()[:-20])
    name = "rjieba" if change == "tokenizer" else "jieba"
    again = ReadingStore.open(path, name, keep_answers=change == "answers")
    assert again.missing(TEXTS) == 4


@pytest.mark.slow
def test_two_processes_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{text}{'一二三四五六七八九十'[i]}号楼" for i in range(10) for text in TEXTS[:3]]
    here = ReadingStore("jieba").gather(texts)
    monkeypatch.setattr(reading, "_SLICE", 7)
    shares: list[float] = []
    with TaskPool.for_rows(MANY_ROWS) as pool:
        store = ReadingStore("jieba")
        assert store.gather(texts, store.ask(texts, pool), shares.append) == here
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
