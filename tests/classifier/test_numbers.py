"""The small numeric parts: features, folds, calibration, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from classifier.calibration import expected_calibration_error, fit_mixture, fit_offsets
from classifier.corpus import fit_features
from classifier.decision import NEVER, choose_thresholds, decide, load_costs
from classifier.features import BIGRAM, Block, FeatureSpace
from classifier.folds import assign_folds
from classifier.ngrams import NgramIndex
from classifier.reading import read_slice
from classifier.side_heads import critical_bound, settle_urgency
from classifier.tag import AUTO, HUMAN, SUGGEST

TEXTS = ["路灯不亮路灯坏了", "油烟呛人,烧烤冒烟", "路灯杆旁边烧烤", "小区路灯"]


def space_and_rows() -> tuple[FeatureSpace, Any]:
    read = read_slice("jieba", TEXTS)
    return fit_features(read, opening=2, min_words=1, min_characters=1)


def test_each_block_of_a_row_has_length_one() -> None:
    space, rows = space_and_rows()
    words = rows[:, : len(space.words.index)]
    opening = rows[:, len(space.words.index) + len(space.characters.index) :]
    assert np.allclose(np.sqrt(words.multiply(words).sum(axis=1)), 1.0)
    assert np.allclose(np.sqrt(opening.multiply(opening).sum(axis=1)), 1.0)
    assert np.allclose(np.sqrt(rows.multiply(rows).sum(axis=1)), np.sqrt(3.0))


def test_what_a_text_opens_with_counts_apart() -> None:
    space, _ = space_and_rows()
    before = len(space.words.index) + len(space.characters.index)
    assert "油烟 呛" in space.opening.index
    assert "人" in space.words.index
    assert "人" not in space.opening.index
    assert set(space.opening.index) <= set(space.words.index)
    one, same, other = rebuild(space, ["小区路灯", "小区路灯坏了", "坏了小区路灯"])[:, before:]
    assert one.any()
    assert (one == same).all()
    assert (one != other).any()


def rebuild(space: FeatureSpace, texts: Sequence[str]) -> Any:
    """The dense rows of some texts, as serving makes them."""
    read = read_slice("jieba", texts)
    rows = space.rows([own.words for own in read], [own.normal for own in read])
    dense = np.zeros((len(texts), space.width), dtype=np.float32)
    for i in range(len(texts)):
        columns, values = rows.row(i)
        assert len(set(columns.tolist())) == len(columns)
        dense[i, columns] = values
    return dense


def test_serving_rows_equal_those_of_training() -> None:
    space, rows = space_and_rows()
    assert np.allclose(rebuild(space, TEXTS), rows.toarray(), atol=1e-6)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    space, _ = space_and_rows()
    texts = [*TEXTS, "", "xyz", "小区🏠路灯", "𠮷野家油烟"]
    together = rebuild(space, texts)
    assert np.allclose(together, np.vstack([rebuild(space, [text]) for text in texts]), atol=1e-6)


def test_rows_times_weights() -> None:
    space, _ = space_and_rows()
    weights = np.random.default_rng(1).normal(size=(space.width, 3)).astype(np.float16)
    read = read_slice("jieba", [*TEXTS, ""])
    rows = space.rows([own.words for own in read], [own.normal for own in read])
    expected = rebuild(space, [*TEXTS, ""]) @ weights.astype(np.float32)
    assert np.allclose(rows.scores(weights), expected, atol=1e-5)
    assert not rows.scores(weights)[-1].any()


def test_characters_are_not_counted_across_punctuation() -> None:
    space, _ = space_and_rows()
    assert "人烧" not in space.characters.index
    dense = rebuild(space, ["呛人,烧烤", "呛人烧烤"])
    assert "烧烤" in space.characters.index
    assert dense[0].any()


def test_terms_are_found_where_they_stand() -> None:
    """Also a term whose beginning is no term, and one that is the beginning of nothing."""
    terms = ["灯", "路灯", "路灯不亮", "亮了吗"]
    index = NgramIndex(terms)
    text = "路灯不亮了吗灯"
    starts, found = index.find(np.array([index.symbols.get(c, 0) for c in text]))
    met = sorted((start, terms[term]) for start, term in zip(starts, found, strict=True))
    assert met == [(0, "路灯"), (0, "路灯不亮"), (1, "灯"), (3, "亮了吗"), (6, "灯")]


def test_words_are_found_as_words() -> None:
    index = NgramIndex(["路灯", "路灯 不亮", "不"], BIGRAM)
    numbers = np.array([index.symbols.get(word, 0) for word in ("路灯", "不亮", "灯", "不")])
    starts, found = index.find(numbers)
    assert sorted(zip(starts.tolist(), found.tolist(), strict=True)) == [(0, 0), (0, 1), (3, 2)]


def test_an_empty_vocabulary_finds_nothing() -> None:
    nothing = np.empty(0, np.float32)
    space = FeatureSpace(Block({}, nothing, 1.0, BIGRAM), Block({}, nothing, 1.0))
    assert rebuild(space, ["路灯不亮", ""]).shape == (2, 0)


def test_unknown_text_is_an_empty_row() -> None:
    space, _ = space_and_rows()
    assert not rebuild(space, ["xyz"]).any()


def test_a_group_is_never_split_and_labels_are_spread() -> None:
    labels = ["a"] * 9 + ["b"] * 9
    groups = [f"g{i // 3}" for i in range(18)]
    folds = assign_folds(labels, groups, 3)
    assert all(len(set(folds[i : i + 3])) == 1 for i in range(0, 18, 3))
    assert sorted(np.bincount(folds)) == [6, 6, 6]


def test_new_rows_leave_the_others_where_they_were() -> None:
    """Or the model before and the one after would be compared on different halves."""
    groups = [f"story {i}" for i in range(400)]
    before = assign_folds(["a"] * 300, groups[:300], 2)
    assert 110 < before.sum() < 190
    after = assign_folds(["a"] * 400, groups[::-1], 2)[::-1]
    assert (after[:300] == before).all()


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


def _modest_about_rare_ones(n: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are right but for the third class, a rare one that is marked down by one."""
    draw = np.random.default_rng(2)
    truth = draw.choice(3, size=n, p=(0.6, 0.35, 0.05))
    logits = draw.normal(size=(n, 3)).astype(np.float32)
    logits[np.arange(n), truth] += 2
    logits[:, 2] -= 1
    return logits, truth


def test_an_offset_lifts_the_class_that_is_marked_down() -> None:
    logits, truth = _modest_about_rare_ones()
    before = fit_mixture([logits], truth)
    after = fit_offsets(before, [logits], truth, rarity=0.5, spread=0.3)
    assert after.offsets[2] > 0.2 > max(after.offsets[:2])
    found = [own.logits(logits).argmax(axis=1) for own in (before, after)]
    recall = [(answers == 2)[truth == 2].mean() for answers in found]
    assert recall[1] > recall[0] + 0.05


def test_offsets_keep_the_promises_honest() -> None:
    logits, truth = _modest_about_rare_ones()
    fitted = fit_offsets(fit_mixture([logits], truth), [logits], truth, rarity=0.0, spread=1.0)
    table = fitted.probabilities(logits)
    assert table.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    right = table.argmax(axis=1) == truth
    assert expected_calibration_error(table.max(axis=1).astype(np.float64), right) < 0.02


def test_few_rows_move_an_offset_less_than_many() -> None:
    logits, truth = _modest_about_rare_ones()
    few, many = (
        fit_offsets(
            fit_mixture([logits[:n]], truth[:n]), [logits[:n]], truth[:n], rarity=0.35, spread=0.07
        ).offsets[2]
        for n in (200, 6000)
    )
    assert 0 < few < many / 2


def test_a_humbled_mixture_keeps_the_order_of_the_labels() -> None:
    logits, truth = _modest_about_rare_ones(2000)
    fitted = fit_offsets(fit_mixture([logits], truth), [logits], truth, rarity=0.5, spread=0.3)
    humble = fitted.humbled(0.5, 0.1)
    answers = [own.probabilities(logits).argmax(axis=1) for own in (fitted, humble)]
    assert (answers[0] == answers[1]).all()
    assert humble.probabilities(logits).max() < fitted.probabilities(logits).max()


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
