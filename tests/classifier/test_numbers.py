"""The small numeric parts: features, folds, calibration, thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from classifier.calibration import expected_calibration_error, fit_mixture
from classifier.corpus import fit_features
from classifier.decision import NEVER, choose_thresholds, decide, load_costs
from classifier.features import FeatureSpace, count_terms
from classifier.folds import assign_folds
from classifier.normalization import normalize
from classifier.reading import read_slice
from classifier.side_heads import critical_bound, settle_urgency
from classifier.tag import AUTO, HUMAN, SUGGEST
from classifier.tokenizer import make_tokenizer

TEXTS = ["路灯不亮路灯坏了", "油烟呛人,烧烤冒烟", "路灯杆旁边烧烤", "小区路灯"]


def space_and_rows() -> tuple[FeatureSpace, Any]:
    return fit_features(read_slice("jieba", TEXTS), min_words=1, min_characters=1)


def test_each_block_of_a_row_has_length_one() -> None:
    space, rows = space_and_rows()
    words = rows[:, : len(space.words.index)]
    assert np.allclose(np.sqrt(words.multiply(words).sum(axis=1)), 1.0)
    assert np.allclose(np.sqrt(rows.multiply(rows).sum(axis=1)), np.sqrt(2.0))


def test_one_row_equals_the_matrix_row() -> None:
    space, rows = space_and_rows()
    for line, text in zip(rows.toarray(), TEXTS, strict=True):
        where, values = space.row(count_terms(normalize(text), make_tokenizer("jieba")))
        rebuilt = np.zeros(space.width, dtype=np.float32)
        rebuilt[where] = values
        assert np.allclose(rebuilt, line, atol=1e-6)


def test_characters_are_not_counted_across_punctuation() -> None:
    counts = [count_terms(normalize(text), make_tokenizer("jieba")) for text in TEXTS]
    assert "人烧" not in counts[1].characters
    assert counts[0].characters["路灯"] == 2


def test_unknown_text_is_an_empty_row() -> None:
    space, _ = space_and_rows()
    where, values = space.row(count_terms("xyz", make_tokenizer()))
    assert len(where) == len(values) == 0


def test_a_group_is_never_split_and_labels_are_spread() -> None:
    labels = ["a"] * 9 + ["b"] * 9
    groups = [f"g{i // 3}" for i in range(18)]
    folds = assign_folds(labels, groups, 3)
    assert all(len(set(folds[i : i + 3])) == 1 for i in range(0, 18, 3))
    assert sorted(np.bincount(folds)) == [6, 6, 6]


def test_mixture_finds_the_temperature() -> None:
    """Scores twice as sharp as the truth are halved."""
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(4000, 3)).astype(np.float32)
    noisy = logits + draw.gumbel(size=logits.shape)
    fitted = fit_mixture([2 * logits], noisy.argmax(axis=1))
    assert fitted.weights[0] == pytest.approx(0.5, abs=0.05)


def test_mixture_ignores_a_table_of_noise() -> None:
    draw = np.random.default_rng(1)
    logits = draw.normal(size=(4000, 3)).astype(np.float32)
    truth = (logits + draw.gumbel(size=logits.shape)).argmax(axis=1)
    noise = draw.normal(size=logits.shape).astype(np.float32)
    assert fit_mixture([logits, noise], truth).weights[1] < 0.1


def test_calibration_error() -> None:
    confidence = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([True] * 10 + [True] * 5 + [False] * 5)
    assert expected_calibration_error(confidence, right) == pytest.approx(0.05)


def thresholds_for(right: np.ndarray) -> dict[str, float]:  # type: ignore[type-arg]
    confidence = np.linspace(0.4, 1.0, len(right))
    return choose_thresholds(
        ["a"] * len(right), confidence, right, ["a", "b", "na.x"],
        {"a": "p", "b": "p", "na.x": "na"}, load_costs(),
    )  # fmt: skip


def test_threshold_falls_to_where_the_promise_still_holds() -> None:
    right = np.array([False] * 200 + [True] * 400)  # wrong below 0.6
    found = thresholds_for(right)
    assert 0.5 < found["a"] < 0.65
    assert found["b"] == pytest.approx(found["a"], abs=0.05)  # no rows of its own: the common


def test_nothing_is_dispatched_where_the_promise_never_holds() -> None:
    found = thresholds_for(np.array([True, False] * 300))
    assert found["a"] == NEVER
    assert found["na.x"] == NEVER


@pytest.mark.parametrize(
    ("category", "platform", "confidence", "platform_confidence", "urgency", "expected"),
    [
        ("a", "p", 0.9, 0.97, "normal", AUTO),
        ("a", "p", 0.3, 0.97, "urgent", AUTO),  # sure of the platform is enough
        ("a", "p", 0.9, 0.97, "critical", SUGGEST),  # a person looks at every critical case
        ("a", "p", 0.6, 0.80, "normal", SUGGEST),
        ("a", "p", 0.1, 0.40, "normal", HUMAN),
        ("na.x", "na", 0.99, 0.99, "normal", HUMAN),  # nothing to dispatch
        ("new", "p", 0.99, 0.99, "normal", SUGGEST),  # no threshold known
    ],
)
def test_decide(
    category: str,
    platform: str,
    confidence: float,
    platform_confidence: float,
    urgency: str,
    expected: str,
) -> None:
    decision = decide(
        category, platform, confidence, platform_confidence, urgency, {"a": 0.9}, load_costs()
    )
    assert decision == expected


@pytest.mark.parametrize(
    ("by_rule", "scores", "expected"),
    [
        ("critical", (1.0, -1.0, -2.0), "critical"),  # a rule's critical stands
        ("normal", (-1.0, -0.5, 0.4), "critical"),  # the model raises
        ("urgent", (0.5, -0.5, -1.0), "normal"),  # between the lower two the model decides
        ("normal", (-0.5, 0.5, -1.0), "urgent"),
    ],
)
def test_settle_urgency(by_rule: str, scores: tuple[float, ...], expected: str) -> None:
    assert settle_urgency(by_rule, np.array(scores, np.float32), 0.3) == expected


def test_critical_bound_keeps_false_alarms_within_the_share() -> None:
    scores = np.linspace(-1, 1, 1001, dtype=np.float32)
    critical = np.zeros(1001, dtype=bool)
    critical[-1] = True
    bound = critical_bound(scores, critical, 0.01)
    assert (scores[~critical] >= bound).mean() <= 0.01


@pytest.mark.parametrize("texts", [["，。", "！"], ["路灯", ""], ["𠮷野家坏了", "吉"]])
def test_odd_texts_make_rows_too(texts: list[str]) -> None:
    space, rows = fit_features(read_slice("jieba", texts), min_words=1, min_characters=1)
    assert rows.shape == (len(texts), space.width)
    assert np.isfinite(rows.data).all()
