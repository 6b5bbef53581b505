"""Scores count what they say they count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.bulk import ADDED, classify_file
from classifier.errors import BadExamples
from classifier.evaluation import Answer, evaluate_file, score_tags
from classifier.registry import ModelRegistry
from classifier.tables import read_table
from classifier.tag import Alternative, Tag

PLATFORMS = {"a.1": "a", "a.2": "a", "b.1": "b"}


def make_tag(category: str, **changed: object) -> Tag:
    values: dict[str, object] = {
        "platform": PLATFORMS[category], "platform_name": "", "category": category,
        "category_name": "", "confidence": 1.0, "decision": "auto", "alternatives": (),
        "request_type": "complaint", "urgency": "normal", "flags": (), "reasons": (), "model": "m",
    }  # fmt: skip
    return Tag(**(values | changed))  # type: ignore[arg-type]


def test_either_label_counts() -> None:
    scores = score_tags([make_tag("a.2")], [Answer(("a.1", "a.2"))], PLATFORMS)
    assert scores["accuracy"] == scores["macro_f1"] == 1.0
    assert scores["per_category"]["a.2"]["n"] == 1


def test_auto_precision_is_about_the_platform() -> None:
    tags = [make_tag("a.1"), make_tag("a.1"), make_tag("a.1", decision="suggest")]
    answers = [Answer(("a.2",)), Answer(("b.1",)), Answer(("b.1",))]
    scores = score_tags(tags, answers, PLATFORMS)
    assert scores["auto"] == {"coverage": 0.6667, "precision": 0.5}
    assert scores["accuracy"] == 0.0
    assert scores["platform_accuracy"] == 0.3333


def test_top3_looks_at_the_alternatives() -> None:
    tag = make_tag("a.1", alternatives=(Alternative("b", "b.1", 0.1),))
    assert score_tags([tag], [Answer(("b.1",))], PLATFORMS)["top3"] == 1.0


def test_critical_recall_and_false_alarms() -> None:
    found = make_tag("a.1", urgency="critical")
    answers = [("critical",), ("critical",), ("urgent", "critical"), ("normal",)]
    tags = [found, make_tag("a.1"), found, found]
    scores = score_tags(
        tags, [Answer(("a.1",), ("help",), urgency) for urgency in answers], PLATFORMS
    )
    # The third row is doubtful: neither a miss nor a false alarm.
    assert scores["critical"] == {"recall": 0.5, "false_alarms": 1.0}
    assert scores["request_type_accuracy"] == 0.0


def test_file_is_scored_with_alt_columns(
    small_registry: ModelRegistry, write_rows: Callable[..., Path]
) -> None:
    folder = small_registry.current()
    assert folder is not None
    path = write_rows(
        [("路灯不亮", "zf.dog", "zf.light"), ("楼下油烟太大", "zf.fume", "")],
        header=("text", "category", "category_alt"),
    )
    scores = evaluate_file(path, folder)
    assert (scores["n"], scores["accuracy"]) == (2, 1.0)
    assert scores["request_type_accuracy"] is None  # no such column


def test_unknown_label_in_the_file(
    small_registry: ModelRegistry, write_rows: Callable[..., Path]
) -> None:
    folder = small_registry.current()
    assert folder is not None
    path = write_rows([("路灯不亮", "zf.nothing")])
    with pytest.raises(BadExamples, match=r"row 2: the category “zf\.nothing” is not in the model"):
        evaluate_file(path, folder)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_bulk_keeps_columns_and_disarms_formulas(
    small_registry: ModelRegistry, write_rows: Callable[..., Path], tmp_path: Path, suffix: str
) -> None:
    folder = small_registry.current()
    assert folder is not None
    source = write_rows([("7", "路灯不亮"), ("8", "=cmd|calc"), ("9", "")], header=("编号", "text"))
    target = tmp_path / f"out{suffix}"
    assert classify_file(source, target, folder) == 3
    table = read_table(target)
    assert table.header == ("编号", "text", *ADDED)
    first = table.rows[0][1]
    assert (first["编号"], first["category"], first["platform"]) == ("7", "zf.light", "zf")
    assert 0 < float(first["confidence"]) <= 1
    assert table.rows[1][1]["text"].lstrip("'") == "=cmd|calc"
    if suffix == ".csv":
        assert table.rows[1][1]["text"].startswith("'")
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_bulk_without_the_column(
    small_registry: ModelRegistry, write_rows: Callable[..., Path], tmp_path: Path
) -> None:
    folder = small_registry.current()
    assert folder is not None
    with pytest.raises(BadExamples, match="no column “text”, only 内容"):
        classify_file(write_rows([("路灯",)], header=("内容",)), tmp_path / "o.csv", folder)
