"""The tagging benchmark: its figures are right, and it says what it does not measure."""

from __future__ import annotations

import csv
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmarks.tagging import growth
from benchmarks.tagging.__main__ import main
from benchmarks.tagging.corpora import Corpus, NoData, read_corpus
from benchmarks.tagging.ours import OURS
from benchmarks.tagging.peers import PEERS
from benchmarks.tagging.report import write_report
from benchmarks.tagging.scores import calibration_error, coverage_at, metrics

LABELS = {"路灯": "执法", "假药": "市监", "社保": "便民"}
ENDINGS = ("坏了没人修", "请核实", "怎么办理", "影响居民", "反映多次", "在哪里咨询")


def write_letters(folder: Path, rows: int = 60) -> None:
    with (folder / "taidi2020c_labelled.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "text", "label", "group", "split"])
        for number in range(rows):
            word = list(LABELS)[number % 3]
            text = f"{number}号小区{word}{ENDINGS[number % 6]}，{word}"
            split = "test" if number % 4 == 0 else "train"
            writer.writerow([number, text, LABELS[word], number, split])


def tiny_corpus(folder: Path, rows: int = 60) -> Corpus:
    write_letters(folder, rows)
    return read_corpus("teddy", folder)


def test_says_what_to_do_where_the_texts_are_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--data", str(tmp_path / "nowhere")])
    said = capsys.readouterr().out
    assert "nothing to measure on" in said
    assert "--data" in said


def test_names_the_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="haikou12345"):
        read_corpus("units", tmp_path)


def test_counts_an_order_once_and_small_units_not_at_all(tmp_path: Path) -> None:
    with (tmp_path / "haikou12345_workorders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text_stripped", "unit", "platform_proxy", "group", "split"])
        for number in range(50):
            writer.writerow([f"路灯{number}不亮", "城管局", "综合执法", "", "train"])
        writer.writerow(["路灯1不亮", "城管局", "综合执法", "", "test"])
        writer.writerow(["路灯为何不亮", "城管局", "综合执法", "", "test"])
        writer.writerow(["补办证件", "政务中心", "便民服务", "", "train"])
    units = read_corpus("units", tmp_path)
    assert units.classes == ("城管局",)
    assert len(units.train_texts) == 50
    assert units.test_texts == ["路灯为何不亮"]


def test_either_label_is_right_and_counts_for_the_label_it_names() -> None:
    table = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], dtype=np.float32)
    found = metrics(table, [("a",), ("a", "b"), ("b",)], ["a", "b"], {})
    assert found.accuracy.value == pytest.approx(2 / 3)
    # a: found once, said twice, true once; b: found once, said once, true twice
    assert found.macro_f1.value == pytest.approx(2 / 3)


def test_a_label_that_a_model_cannot_give_is_a_miss() -> None:
    table = np.array([[1.0], [1.0]], dtype=np.float32)
    found = metrics(table, [("a",), ("b",)], ["a"], {})
    assert found.accuracy.value == 0.5
    assert found.macro_f1.value == pytest.approx((2 / 3 + 0) / 2)


def test_coverage_stops_where_the_answers_are_no_longer_sure() -> None:
    sure = np.array([0.9, 0.8, 0.7, 0.6])
    assert coverage_at(sure, np.array([True, True, False, True]), 0.95) == 0.5
    assert coverage_at(sure, np.array([False, True, True, True]), 0.95) == 0.0


def test_calibration_error_is_the_gap_between_promise_and_truth() -> None:
    promised = np.array([0.8, 0.8, 0.8, 0.8])
    assert calibration_error(promised, np.array([True, True, True, False])) == pytest.approx(0.05)


# fastText has no wheel for the newest Pythons.
HERE = [name for name in PEERS if name != "fastText" or find_spec("fasttext")]


@pytest.mark.slow
@pytest.mark.parametrize("name", HERE)
def test_a_peer_answers_alike_after_saving_and_loading(name: str, tmp_path: Path) -> None:
    # The Signalen recipe drops labels with fifty rows or fewer.
    corpus = tiny_corpus(tmp_path, rows=240 if name == "Signalen recipe" else 60)
    peer, again = PEERS[name](), PEERS[name]()
    peer.fit(corpus)
    peer.save(tmp_path)
    again.load(tmp_path)
    table = peer.probabilities(corpus.test_texts)
    assert table.shape == (len(corpus.test_texts), 3)
    assert np.allclose(table, again.probabilities(corpus.test_texts), atol=1e-5)
    if name == "complement naive Bayes":
        answers = [again.classes[i] for i in table.argmax(axis=1)]
        assert answers == [label for (label,) in corpus.accepted]


@pytest.mark.slow
def test_a_label_too_long_for_a_code_is_answered_by_its_name(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path)
    long = "人力资源和社会保障部门社会保险事业管理中心"
    named = replace(
        corpus,
        classes=tuple(sorted({*corpus.classes, long} - {"便民"})),
        train_labels=[long if label == "便民" else label for label in corpus.train_labels],
    )
    ours, again = (OURS["Huying lexical"]() for _ in range(2))
    ours.fit(named)
    ours.save(tmp_path)
    again.load(tmp_path)
    table = again.probabilities(["小区社保怎么办理"])
    assert again.classes[table.argmax()] == long


def test_made_rows_keep_their_label_and_differ(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path)
    texts, labels = growth.make_rows(corpus, 200)
    assert len(set(texts)) == 200
    assert growth.make_rows(corpus, 200) == (texts, labels)
    for text, label in zip(texts, labels, strict=True):
        assert {LABELS[word] for word in LABELS if word in text} == {label}


def test_growth_sizes_end_with_the_most() -> None:
    assert growth.list_sizes(500_000) == [5_000, 15_000, 50_000, 150_000, 500_000]
    assert growth.list_sizes(20_000) == [5_000, 15_000, 20_000]


def test_a_report_renews_its_own_sections_only(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    write_report(page, {"Scores": "old scores", "Growth": "old growth"})
    write_report(page, {"Scores": "new scores"})
    text = page.read_text(encoding="utf-8")
    assert "new scores" in text
    assert "old scores" not in text
    assert "old growth" in text


@pytest.mark.slow
def test_one_corpus_from_end_to_end(tmp_path: Path) -> None:
    write_letters(tmp_path)
    page = tmp_path / "results.md"
    wanted = ["complement naive Bayes", "Huying lexical"]
    arguments = ["--only", "scores", "--corpus", "teddy"]
    arguments += ["--data", str(tmp_path), "--out", str(page)]
    for name in wanted:
        arguments += ["--contender", name]
    main(arguments)
    text = page.read_text(encoding="utf-8")
    for name in wanted:
        assert f"| {name} | " in text
    assert "Macro-F1 against the best peer (complement naive Bayes)" in text
