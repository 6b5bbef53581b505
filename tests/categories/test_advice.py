"""What a model's own doubts say about the categories."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.artefact import read_artefact
from classifier.category_advice import (
    FEW,
    MERGE,
    SPLIT,
    Advice,
    advise_categories,
    advise_from_counts,
    find_kinds,
    read_advice,
    write_advice,
)
from classifier.category_figures import count_answers, describe, measure_folder
from classifier.errors import ModelError
from classifier.examples import load_shipped_examples
from classifier.taxonomy import Label, load_shipped

LABELS = [Label("a", "p", "甲"), Label("b", "p", "乙"), Label("c", "p", "丙")]


def test_two_that_are_taken_for_each_other_may_be_one():
    counts = np.array([[40, 10, 0], [8, 42, 0], [0, 0, 50]])
    (advice,) = advise_from_counts(counts, LABELS)
    assert (advice.kind, set(advice.categories)) == (MERGE, {"a", "b"})
    assert "“甲”" in advice.sentence and "50 条里有 10 条" in advice.sentence


@pytest.mark.parametrize(
    "counts",
    [
        [[40, 10, 0], [0, 50, 0], [0, 0, 50]],  # one way only: one of them has too few words
        [[46, 4, 0], [4, 46, 0], [0, 0, 50]],  # too few rows to say
        [[400, 20, 0], [20, 400, 0], [0, 0, 50]],  # rows enough, a small share
    ],
)
def test_what_is_no_reason_to_merge(counts):
    assert advise_from_counts(np.array(counts), LABELS) == []


def test_a_category_with_few_rows_says_how_many_it_lacks():
    advice = advise_from_counts(np.diag([50, 12, 0]), LABELS)
    assert [(one.kind, one.categories, one.data["missing"]) for one in advice] == [
        (FEW, ("c",), 30),
        (FEW, ("b",), 18),
    ]


def test_answers_are_counted_by_truth_and_answer():
    keys = np.array([1, 2, 3, 4], dtype=np.uint64)
    truth = {f"{n:016x}": code for n, code in ((1, "a"), (2, "a"), (3, "b"), (4, "gone"))}
    counts = count_answers(keys, np.array([0, 1, 1, 2], np.int16), ["a", "b", "c"], truth)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    figures = describe(counts, ["a", "b", "c"])
    assert (figures["a"].recall, figures["a"].mistaken) == (0.5, (("b", 1),))
    assert (figures["b"].precision, figures["c"].recall) == (0.5, None)


def test_advice_is_read_back_and_its_lack_is_no_error(tmp_path):
    advice = [Advice(MERGE, ("a", "b"), "合并？", {"n": 1})]
    write_advice(tmp_path / "advice.json", advice)
    assert read_advice(tmp_path) == advice
    (tmp_path / "advice.json").write_text("{broken", encoding="utf-8")
    assert read_advice(tmp_path) == []
    assert read_advice(tmp_path / "nowhere") == []


def test_a_folder_that_holds_no_model_is_said(tmp_path):
    with pytest.raises(ModelError):
        measure_folder(tmp_path, {})


def cloud(seed: int, middle: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(middle, 1.0, (75, 40)).astype(np.float32)


def test_two_clouds_are_told_from_one():
    """What one cloud gives by chance is no gain."""
    one = find_kinds(np.vstack([cloud(1), cloud(2)]))
    two = find_kinds(np.vstack([cloud(1), cloud(2, 1.5)]))
    assert two.gain > 0.6 * two.noise and two.gain > 5 * abs(one.gain)
    first, second = two.second[:75].mean(), two.second[75:].mean()
    assert abs(first - second) > 0.95  # and which rows are of which


@pytest.mark.slow
def test_the_shipped_model_names_categories_of_two_kinds(shipped_model):
    """Passports and households are two things; nothing is to be merged, nothing lacks rows."""
    examples = load_shipped_examples(load_shipped()).rows
    advice = advise_categories(read_artefact(shipped_model), examples)
    assert {one.kind for one in advice} == {SPLIT} and len(advice) <= 8
    named = {one.categories[0]: one.sentence for one in advice}
    assert "护照" in named["bm.hukou"]
    truth = {row.key: row.category for row in examples}
    figures = measure_folder(shipped_model, truth)
    assert figures["zf.light"].recall > 0.8 and sum(f.n for f in figures.values()) == len(truth)
