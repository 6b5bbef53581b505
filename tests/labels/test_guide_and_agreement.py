"""The boundary rules cover every pair of neighbours; kappa by hand; names and clean texts."""

from __future__ import annotations

import csv
import glob
import re
from itertools import combinations
from pathlib import Path

import pytest

from cases.labels import clean_text, load_guide, measure, text_key
from cases.labels.agreement import by_platform, most_disputed
from cases.town import Town
from classifier import examples
from intake_api.labelling.view import find_category

ROOT = Path(__file__).parents[2]

#: The hard boundaries of the annotation guide, row by row: every two of a row need a rule.
HARD = (
    "zf.street sj.license",
    "zf.construction zf.noise zz.neighbor zf.dog zf.pollution",
    "zf.fume zf.street sj.food",
    "zf.illegal_build zz.fire zz.neighbor",
    "zz.fire zf.parking zz.property sj.price bm.transit",
    "zz.ebike zf.parking sj.quality",
    "zz.fire zf.safety",
    "zz.property sj.equipment bm.housing",
    "zz.labor bm.social_ins na.scope",
    "zz.rental sj.agency bm.hukou",
    "sj.prepaid sj.consumer zz.fraud",
    "sj.ads sj.food zz.fraud",
    "sj.prepaid bm.edu",
    "bm.utility zf.road zf.pollution",
    "bm.utility zz.property",
    "bm.utility sj.agency",
    "zz.property sj.agency",
    "zf.light zz.property",
    "zf.light bm.transit zf.road",
    "zf.garbage zz.property",
    "zf.garbage zf.pollution",
    "zf.dog sj.license",
    "zz.petition na.scope",
    "zz.family zz.security zz.campus zz.special",
    "zz.vice zf.noise",
    "zz.vice sj.license",
    "zz.land zf.illegal_build bm.agri",
    "bm.health sj.medical bm.social_ins",
    "bm.transit zf.noise",
    "bm.housing na.scope",
    "sj.quality sj.food",
)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (ROOT / "training_data" / "taxonomy.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_pair_of_neighbours_has_its_rule(rows: list[dict[str, str]]) -> None:
    guide, missing = load_guide(), set()
    for row in rows:
        near = [code for code in row["neighbours"].split("|") if code]
        near += re.findall(r"→[^；]*?([a-z]{2}\.[a-z_]+)", row["exclude_zh"])
        missing |= {(row["code"], n) for n in near if n != row["code"]} - {
            (row["code"], n) for n in near if guide.rule(row["code"], n)
        }
    for line in HARD:
        missing |= {pair for pair in combinations(line.split(), 2) if not guide.rule(*pair)}
    assert missing == set()


def test_a_rule_names_categories_that_exist_and_is_the_same_both_ways(
    rows: list[dict[str, str]],
) -> None:
    guide, codes = load_guide(), {row["code"] for row in rows}
    for pair, rule in guide.rules.items():
        assert len(pair) == 2 and pair <= codes and rule.endswith("。"), pair
    assert guide.rule("zf.light", "zf.road") == guide.rule("zf.road", "zf.light") != ""
    assert guide.rule("zf.light", "sj.food") == ""
    assert "zf.road" in guide.near("zf.light")


def test_kappa_by_hand() -> None:
    # 2 x 2 of a textbook: 20 yes-yes, 15 no-no, 5 and 10 apart: (0.7 - 0.5) / (1 - 0.5).
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    found = measure(pairs)
    assert (found.n, found.same) == (50, 35)
    assert found.kappa == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([], None),
        ([("a", "a")] * 7, None),  # chance alone agrees always
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        ([("a", "b")] * 3, 0.0),
    ],
)
def test_kappa_at_its_ends(pairs: list[tuple[str, str]], kappa: float | None) -> None:
    assert measure(pairs).kappa == kappa


def test_platforms_and_pairs_are_counted() -> None:
    pairs = [("zf.a", "zf.a")] * 8 + [("zf.a", "zz.b")] * 2 + [("zz.b", "zz.b")] * 4
    pairs += [("zf.c", "zf.a")]
    found = by_platform(pairs, lambda code: code[:2])
    assert (found["zf"].n, found["zf"].same) == (11, 9)
    assert (found["zz"].n, found["zz"].same) == (6, 4)
    first, second = most_disputed(pairs, 5)
    assert (first.one, first.other, first.differ, first.agreement.n) == ("zf.a", "zz.b", 2, 14)
    assert (second.one, second.other, second.differ) == ("zf.a", "zf.c", 1)


def test_a_text_has_the_name_that_training_gives_it() -> None:
    for text in ("路灯 不亮", " a\tb\n", "", "井盖\u3000丢了"):
        assert text_key(text) == examples.text_key(text)


def test_a_clean_text_tells_nobody_and_stays_as_it_is() -> None:
    text = "我叫王小明，电话13800001234，住风荷苑3幢2单元501室\x00\r\n路灯不亮"
    clean = clean_text(text)
    assert "13800001234" not in clean and "王小明" not in clean and "501" not in clean
    assert "路灯不亮" in clean and "\x00" not in clean and "\r" not in clean
    assert clean_text(clean) == clean


@pytest.mark.slow
def test_cleaning_twice_changes_no_shipped_row() -> None:
    for path in sorted(glob.glob(str(ROOT / "training_data" / "examples" / "*.csv")))[::6]:
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                clean = clean_text(row["text"])
                assert clean_text(clean) == clean, row["text"]


def test_a_category_is_found_by_what_somebody_types(town: Town) -> None:
    assert find_category(town, "路灯照明 zf.light") == "zf.light"
    assert find_category(town, "井盖") == "zf.road"
