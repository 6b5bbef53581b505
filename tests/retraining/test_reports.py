"""From a comparison's numbers to lines that a person reads; the card without its signs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intake_api.retraining.card_blocks import Block, read_blocks
from intake_api.retraining.reports import Report, read_report
from tests.retraining.conftest import measured, put_model, registry_at


def report_of(folder: Path, **given: object) -> Report:
    report = read_report(put_model(registry_at(folder), "m2", **given))
    assert report is not None
    return report


def test_small_losses_of_many_categories_are_not_called_losses(tmp_path: Path) -> None:
    """Of fifty categories two or three look that bad by chance."""
    rows = [measured("category", f"c{i}", f"类{i}", 40, 0.9, 0.8, 0.02) for i in range(50)]
    rows.append(measured("category", "bad", "坏的", 400, 0.9, 0.5, 0.000001))
    report = report_of(tmp_path, categories=rows)
    assert len(report.worst) == 5 and report.worst[0].title == "坏的"
    assert [line.tone for line in report.worst] == ["alarm", "", "", "", ""]


def test_a_smaller_gap_is_the_better_one(tmp_path: Path) -> None:
    report = report_of(tmp_path, calibration={"champion": 0.03, "challenger": 0.12, "p": 0.001})
    (gap,) = [line for line in report.more if "把握" in line.title]
    assert gap.tone == "alarm" and gap.change == pytest.approx(9.0)


def test_without_a_model_before(tmp_path: Path) -> None:
    tests = [measured("name", "shipped", "随软件附带的例句", 300, None, {"accuracy": 0.9}, 1.0)]
    report = report_of(
        tmp_path,
        champion=None,
        tests=tests,
        platforms=[measured("platform", "zf", "综合执法", 9, None, 0.9, 1.0)],
        categories=[],
        calibration={"champion": None, "challenger": 0.04, "p": 1.0},
        critical={"champion": None, "challenger": None, "n": 0},
    )
    assert report.champion is None and report.tests[0].change is None
    assert report.tests[0].verdict == "没有可比的" and not report.worst and not report.best


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"passed": true, "tests": [{}]}', "\x00"])
def test_what_cannot_be_read_is_no_report(tmp_path: Path, text: str) -> None:
    folder = put_model(registry_at(tmp_path), "m2")
    assert read_report(folder) is None
    (folder / "comparison.json").write_text(text)
    assert read_report(folder) is None


def test_advice_is_there_where_it_was_given(tmp_path: Path) -> None:
    folder = put_model(registry_at(tmp_path), "m2", passed=True)
    advice = [{"kind": "split", "sentence": "可以拆成两类。"}, "nonsense"]
    (folder / "advice.json").write_text(json.dumps(advice), encoding="utf-8")
    report = read_report(folder)
    assert report is not None and [row["sentence"] for row in report.advice] == ["可以拆成两类。"]


def test_a_card_in_blocks() -> None:
    blocks = read_blocks(
        "# 模型成绩单 m2\n\n**可以启用。**\n\n## 用什么训练的\n\n| 来源 | 条数 |\n|---|---:|\n"
        "| 例句 | 12 |\n- 一\n- `二`\n\n一段话\n第二行\n<script>"
    )
    assert blocks == [
        Block("text", ("可以启用。",)),
        Block("heading", ("用什么训练的",)),
        Block("table", rows=(("来源", "条数"), ("例句", "12"))),
        Block("list", ("一", "二")),
        Block("text", ("一段话\n第二行\n<script>",)),
    ]
