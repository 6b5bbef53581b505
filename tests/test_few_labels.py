"""The benchmark of few labels: figures only, and the right ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.few_labels.__main__ import main
from benchmarks.few_labels.report import (
    ACTIVE,
    RANDOM,
    Point,
    Results,
    share_needed,
    write_report,
)
from benchmarks.label_noise import share_found
from benchmarks.marked_page import BEGIN, END


def line(*scores: float) -> list[Point]:
    return [Point(40 * (i + 1), score, 0.04) for i, score in enumerate(scores)]


def results() -> Results:
    return Results(
        messages=410,
        folds=(5, 10),
        weight=1.0,
        curves={
            "real alone": {"lexical": line(0.3, 0.4)},
            "shipped + real": {"lexical": line(0.8, 0.85)},
        },
        weights={4.0: {"lexical": Point(328, 0.84, 0.05, 9, 4)}},
        picking={"letters": {RANDOM: [line(0.5, 0.6)], ACTIVE: [line(0.6, 0.7)]}},
    )


def test_the_page_keeps_its_words_and_gets_the_figures(tmp_path: Path):
    page = tmp_path / "few_labels.md"
    page.write_text(f"before\n\n{BEGIN}\nstale figures\n{END}\n\nafter\n", encoding="utf-8")
    write_report(tmp_path, results())
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before") and text.endswith("after\n")
    assert "stale" not in text
    assert "| shipped + real | 80 | 0.850 |" in text
    assert "(+9 −4)" in text
    pictures = sorted(path.name for path in (tmp_path / "images").iterdir())
    assert pictures == ["few_labels_picking.svg", "few_labels_top1.svg"]
    assert "<text" in (tmp_path / "images" / pictures[0]).read_text(encoding="utf-8")
    write_report(tmp_path, results())
    assert page.read_text(encoding="utf-8") == text, "written again, nothing is added"


def test_the_share_of_labels_picking_needs():
    chance = [line(0.5, 0.55, 0.6, 0.7)]
    assert share_needed({RANDOM: chance, ACTIVE: [line(0.5, 0.7, 0.7, 0.7)]}) == 0.5
    assert share_needed({RANDOM: chance, ACTIVE: [line(0.5, 0.5, 0.5, 0.5)]}) is None


def test_the_share_of_wrong_labels_in_the_first_tenth():
    wrong = np.arange(40) < 4
    assert share_found(range(40), wrong) == 1.0
    assert share_found([0, 39, 1, 38, 2, 3], wrong) == 0.5
    assert share_found([], wrong) == 0.0


def test_without_the_messages_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    main(["--data", str(tmp_path / "nowhere")])
    assert "--data" in capsys.readouterr().out
