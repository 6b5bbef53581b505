"""The decision: what chance explains does not refuse, what it does not explain does."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.examples import Example
from classifier.retraining.charts import confused_pairs, coverage_curve, draw_charts
from classifier.retraining.comparison import Comparison, without_phrases
from classifier.retraining.drawing import _DARK as DARK
from classifier.retraining.drawing import INK, NEW, OLD, PAPER, SOFT
from classifier.retraining.figures import Asked
from classifier.retraining.significance import (
    calibration_gap,
    correct_for_many,
    gap_by_chance,
    loss_by_chance,
)
from classifier.retraining.verdict import judge
from classifier.tag import AUTO, HUMAN, Tag
from classifier.taxonomy import Taxonomy, load_shipped


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [
        (0, 0, 1.0),
        (0, 1, 0.5),
        (0, 5, 1 / 32),
        (1, 5, 7 / 64),  # (1 + 6) / 2**6
        (5, 0, 1.0),
        (3, 3, 42 / 64),
    ],
)
def test_sign_test_is_exact(better: int, worse: int, p: float) -> None:
    assert loss_by_chance(better, worse) == pytest.approx(p)


def test_correction_for_many_is_holms() -> None:
    assert correct_for_many([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert correct_for_many([0.6, 0.9]) == [1.0, 1.0]
    assert correct_for_many([]) == []


def test_calibration_gap_is_the_mean_broken_promise() -> None:
    promised = np.array([0.9, 0.9, 0.55, 0.55])
    right = np.array([True, False, True, True])
    assert calibration_gap((promised, right)) == pytest.approx((2 * 0.4 + 2 * 0.45) / 4)


def test_boasting_is_no_chance_and_a_copy_is() -> None:
    random = np.random.default_rng(1)
    right = random.random(400) < 0.7
    honest, boasting = np.full(400, 0.7), np.full(400, 0.95)
    assert gap_by_chance((honest, right), (boasting, right)) < 0.01
    assert gap_by_chance((honest, right), (honest, right)) == 1.0


# ---- the verdict


def make_test(name: str = "frozen", *, n: int = 200, better: int = 0, worse: int = 0) -> dict:
    right = round(0.8 * n) + better - worse
    return {
        "name": name,
        "title": "考题",
        "n": n,
        "champion": {"accuracy": 0.8},
        "challenger": {"accuracy": right / n},
        "better": better,
        "worse": worse,
        "handicap": 0.0,
        "p": loss_by_chance(better, worse),
    }


def make_part(kind: str, code: str, *, n: int = 100, better: int = 0, worse: int = 0) -> dict:
    return {
        kind: code,
        "title": code,
        "n": n,
        "champion": 0.8,
        "challenger": 0.8 + (better - worse) / n,
        "better": better,
        "worse": worse,
        "p": loss_by_chance(better, worse),
    }


def make_critical(*, n: int = 40, better: int = 0, worse: int = 0, frozen: Any = None) -> dict:
    return {
        "champion": 0.9,
        "challenger": 0.9 + (better - worse) / n,
        "n": n,
        "better": better,
        "worse": worse,
        "p": loss_by_chance(better, worse),
        "frozen": frozen or {"champion": None, "challenger": None, "n": 0},
        "false_alarms": {"champion": 0.02, "challenger": 0.02},
        "missed": [],
    }


def make_comparison(**parts: Any) -> Comparison:
    whole: dict[str, Any] = {
        "champion": "old",
        "challenger": "new",
        "tests": [make_test()],
        "platforms": [],
        "categories": [],
        "calibration": {"champion": 0.03, "challenger": 0.03, "p": 1.0, "rows": "frozen", "n": 200},
        "critical": make_critical(),
    }
    return Comparison(**(whole | parts))


def test_an_equal_model_passes() -> None:
    assert judge(make_comparison()).passed


def test_a_clear_loss_is_refused_in_a_sentence_with_both_numbers() -> None:
    verdict = judge(make_comparison(tests=[make_test(better=3, worse=20)]))
    assert not verdict.passed
    assert "200 条" in verdict.reasons[0]
    assert "160 条" in verdict.reasons[0] and "143 条" in verdict.reasons[0]


def test_a_loss_that_chance_explains_passes() -> None:
    assert judge(make_comparison(tests=[make_test(better=5, worse=9)])).passed


def test_a_hair_less_on_many_authored_rows_passes() -> None:
    """Significant on fifteen thousand rows, and of no importance."""
    test = make_test("shipped", n=15_000, better=300, worse=370)
    assert test["p"] < 0.01
    assert judge(make_comparison(tests=[test])).passed
    assert not judge(make_comparison(tests=[make_test("shipped", n=15_000, worse=150)])).passed


def test_one_category_that_fell_apart_is_named() -> None:
    parts = [make_part("category", f"c{i}", better=3, worse=3) for i in range(52)]
    verdict = judge(make_comparison(categories=[*parts, make_part("category", "犬只", worse=30)]))
    assert len(verdict.reasons) == 1 and "“犬只”变差了" in verdict.reasons[0]


def test_one_bad_looking_category_among_fifty_passes_with_a_note() -> None:
    parts = [make_part("category", f"c{i}", better=3, worse=3) for i in range(52)]
    unlucky = make_part("category", "犬只", better=1, worse=8)
    assert unlucky["p"] < 0.05  # alone it would have refused
    verdict = judge(make_comparison(categories=[*parts, unlucky]))
    assert verdict.passed
    assert any("犬只" in note for note in verdict.warnings)


def test_chance_alone_hardly_ever_refuses() -> None:
    """A hundred pairs of equally good models, each looked at in sixty ways."""
    random = np.random.default_rng(5)
    refused = 0
    for _ in range(100):

        def coins(differ: int) -> dict[str, int]:
            worse = int(random.binomial(differ, 0.5))
            return {"better": differ - worse, "worse": worse}

        refused += not judge(
            make_comparison(
                tests=[make_test(**coins(30)), make_test("shipped", n=15_000, **coins(900))],
                platforms=[make_part("platform", f"p{i}", n=3000, **coins(150)) for i in range(5)],
                categories=[make_part("category", f"c{i}", n=290, **coins(25)) for i in range(53)],
                critical=make_critical(n=512, **coins(20)),
            )
        ).passed
    assert refused <= 15


def test_a_lost_critical_message_of_the_town_refuses() -> None:
    frozen = {"champion": 1.0, "challenger": 0.875, "n": 8}
    verdict = judge(make_comparison(critical=make_critical(worse=1, frozen=frozen)))
    assert not verdict.passed
    assert "8 条特急" in verdict.reasons[0] and "只认出 7 条" in verdict.reasons[0]


def test_losing_many_authored_critical_messages_refuses() -> None:
    assert not judge(make_comparison(critical=make_critical(n=500, better=2, worse=12))).passed
    assert judge(make_comparison(critical=make_critical(n=500, better=4, worse=6))).passed


def test_a_model_that_boasts_is_refused() -> None:
    calibration = {"champion": 0.03, "challenger": 0.12, "p": 0.003, "rows": "frozen", "n": 200}
    verdict = judge(make_comparison(calibration=calibration))
    assert "12.0%" in verdict.reasons[0] and "3.0%" in verdict.reasons[0]
    assert judge(make_comparison(calibration=calibration | {"challenger": 0.049})).passed


def test_a_platform_that_is_missed_more_often_refuses() -> None:
    verdict = judge(make_comparison(platforms=[make_part("platform", "市场监管", worse=20)]))
    assert "平台“市场监管”变差了" in verdict.reasons[0]


def test_few_frozen_rows_are_said_to_be_few() -> None:
    assert any("30 条" in w for w in judge(make_comparison(tests=[make_test(n=30)])).warnings)
    assert any("还没有留作考试" in w for w in judge(make_comparison(tests=[])).warnings)


def test_phrases_are_taken_out_in_any_spelling() -> None:
    assert without_phrases("车乱停，請交警核實處理！", ["请交警核实处理"]) == "车乱停,!"
    assert without_phrases("車亂停", ["请交警核实处理"]) == "車亂停"
    assert without_phrases("请交警核实处理", ["请交警核实处理"]) == "请交警核实处理"


# ---- the pictures


def make_tag(code: str, confidence: float, taxonomy: Taxonomy) -> Tag:
    return Tag(
        platform=taxonomy[code].platform,
        platform_name="",
        category=code,
        category_name="",
        confidence=confidence,
        decision=AUTO if confidence > 0.8 else HUMAN,
        alternatives=(),
        request_type="",
        urgency="normal",
        flags=(),
        reasons=(),
        model="m",
    )


@pytest.fixture
def asked() -> Asked:
    """Forty rows of two labels; the old model takes every fourth 油烟 for 噪声."""
    taxonomy = load_shipped()
    rows = [
        Example(f"第{i}条", "zf.fume" if i % 2 else "zf.noise", where=str(i)) for i in range(160)
    ]
    new = [make_tag(row.category, 0.9, taxonomy) for row in rows]
    old = [
        make_tag("zf.noise" if i % 8 == 1 else row.category, 0.5 + i / 400, taxonomy)
        for i, row in enumerate(rows)
    ]
    return Asked("frozen", rows, new, old)


def test_confused_pairs_are_counted_for_both(asked: Asked) -> None:
    assert confused_pairs(asked) == [(("zf.fume", "zf.noise"), 20, 0)]


def test_coverage_starts_with_the_surest(asked: Asked) -> None:
    share, right = coverage_curve(asked, asked.old)
    assert share[-1] == 100 and right[-1] == pytest.approx(87.5)
    assert (np.diff(share) > 0).all()


def test_pictures_are_the_same_bytes_and_hold_real_text(asked: Asked, tmp_path: Path) -> None:
    comparison = make_comparison(asked=[asked])
    taxonomy = load_shipped()
    first = draw_charts(comparison, taxonomy, tmp_path / "a")
    second = draw_charts(comparison, taxonomy, tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    for path in first:
        root = ET.fromstring(path.read_text(encoding="utf-8"))
        text = "".join(root.itertext())
        assert "新模型" in text and "在用模型" in text  # letters, not drawn outlines
        assert not re.search(r"20\d\d-\d\d", text)
    names = [taxonomy[code].name for code in ("zf.fume", "zf.noise")]
    assert " → ".join(names) in first[0].read_text(encoding="utf-8")


def test_pictures_can_be_read_by_day_and_by_night() -> None:
    for paper, colours in ((PAPER, (INK, SOFT, OLD, NEW)), (DARK[PAPER], None)):
        for colour in colours or [DARK[name] for name in (INK, SOFT, OLD, NEW)]:
            assert contrast(colour, paper) >= 4.5, colour


def contrast(one: str, other: str) -> float:
    """As WCAG counts it."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
