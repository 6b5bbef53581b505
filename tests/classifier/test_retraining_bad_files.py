"""Deliberately bad rows: refused, or flagged in words that say which rows."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from classifier.examples import Example, load_shipped_examples
from classifier.registry import ModelRegistry
from classifier.retraining.inputs import LabelledRow, labelled_row, write_inputs
from classifier.retraining.row_checks import find_leaks, find_narrow
from classifier.retraining.run import retrain
from classifier.taxonomy import load_shipped, shipped_folder
from classifier.training import train_files
from tests.classifier.conftest import CATEGORIES
from tests.classifier.retraining_rows import every, relabelled, run, town_rows

Files = tuple[Path, Path]
LEAK = "请交警核实处理"


@pytest.fixture
def registry(small_registry: ModelRegistry, tmp_path: Path) -> ModelRegistry:
    shutil.copytree(small_registry.root, tmp_path / "models")
    return ModelRegistry(tmp_path / "models")


def flip(rows: list[LabelledRow], share: float, codes: tuple[str, ...]) -> set[str]:
    """Give a share of the rows another label, in place; their keys."""
    chance = random.Random(7)
    places = chance.sample(range(len(rows)), round(share * len(rows)))
    for place in places:
        others = [code for code in codes if code != rows[place].category]
        rows[place] = relabelled(rows[place], chance.choice(others))
    return {rows[place].key for place in places}


def suspects_of(registry: ModelRegistry, model_id: str) -> list[str]:
    lines = (registry.path(model_id) / "suspects.jsonl").read_text().splitlines()
    return [json.loads(line)["key"] for line in lines]


def test_good_rows_are_not_suspected(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    rows, frozen = every(town_rows(), 4)
    outcome = run(tmp_path, registry, small_files[0], rows, frozen)
    assert outcome.passed, outcome.reasons
    for word in ("明显不符", "派单时写上去", "像是两类标混"):
        assert not any(word in warning for warning in outcome.comparison["warnings"]), word


def test_flipped_labels_are_flagged_and_found_first(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    rows, frozen = every(town_rows(), 8)
    planted = flip(rows, 0.05, CATEGORIES)
    outcome = run(tmp_path, registry, small_files[0], rows, frozen)
    assert not outcome.passed or any("明显不符" in w for w in outcome.comparison["warnings"])
    reviewed = suspects_of(registry, outcome.model_id)[: len(rows) // 10]
    assert len(planted & set(reviewed)) >= 0.6 * len(planted)


def test_one_class_with_anothers_texts_is_refused(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    rows = [
        relabelled(row, "zf.fume") if row.category == "zf.dog" else row
        for row in town_rows()
        if row.category != "zf.fume"
    ]
    outcome = run(tmp_path, registry, small_files[0], *every(rows, 4))
    assert not outcome.passed
    told = next(reason for reason in outcome.reasons if "整批标错" in reason)
    assert "餐饮油烟" in told and "犬只" in told


def test_a_leaked_phrase_is_named_and_taken_out_of_the_test(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    rows = [
        labelled_row(f"{row.text}。{LEAK}", row.category) if row.category == "zz.labor" else row
        for row in town_rows()
    ]
    outcome = run(tmp_path, registry, small_files[0], *every(rows, 4))
    leaks = [w for w in outcome.comparison["warnings"] if LEAK in w]
    assert len(leaks) == 1 and "欠薪" in leaks[0]
    labor = next(p for p in outcome.comparison["categories"] if p["category"] == "zz.labor")
    assert labor["challenger"] < 1.0  # read without the phrase that says the answer


def test_what_citizens_say_again_and_again_is_no_leak() -> None:
    texts = [f"{place}的路灯不亮了，请尽快修" for place in "甲乙丙丁戊己庚辛壬癸"]
    others = [f"{place}的狗咬人了，请尽快来" for place in "甲乙丙丁戊己庚辛壬癸"]
    rows = [Example(text, "zf.light") for text in texts] + [Example(t, "zf.dog") for t in others]
    assert find_leaks(rows, ()) == []


def test_a_phrase_that_goes_with_every_label_is_no_leak() -> None:
    rows = [
        Example(f"第{number}件事说来话长，请街道办核实处理", f"c.{number % 4}")
        for number in range(40)
    ]
    assert find_leaks(rows, ()) == []


def test_a_phrase_the_shipped_rows_use_alike_is_the_towns_way() -> None:
    rows = [Example(f"第{n}处违建，请城建办核实处理", "zf.build") for n in range(10)]
    rows += [Example(f"第{n}盏路灯不亮", "zf.light") for n in range(30)]
    assert [leak.phrase for leak in find_leaks(rows, ())] == ["请城建办核实处理"]
    assert find_leaks(rows, rows) == []


def test_a_file_of_one_label_says_so() -> None:
    rows = [Example(f"第{n}件", "a" if n < 8 else "b") for n in range(10)]
    assert find_narrow(rows) == ("a", 0.8)
    assert find_narrow(rows[5:]) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["flips", "replaced", "leak"])
def test_full_size_bad_files(tmp_path: Path, kind: str) -> None:
    """All categories: half of the authored rows serve, the other half comes in as a town's file."""
    taxonomy = load_shipped()
    shipped = load_shipped_examples(taxonomy).rows
    groups = sorted({row.group or row.key for row in shipped})
    served = set(groups[::2])
    base = tmp_path / "base.csv"
    with base.open("w", encoding="utf-8") as file:
        file.write("text,category,request_type,urgency,group\n")
        for row in shipped:
            if (row.group or row.key) in served and '"' not in row.text:
                values = (row.text, row.category, row.request_type, row.urgency, row.group)
                file.write(",".join(f'"{value}"' for value in values) + "\n")
    registry = ModelRegistry(tmp_path / "models")
    train_files([base], registry=registry, strength="lexical")
    rows = [
        labelled_row(
            row.text,
            row.category,
            request_type=row.request_type,
            urgency=row.urgency,
            group=row.group,
        )
        for row in shipped
        if (row.group or row.key) not in served
    ]
    planted: set[str] = set()
    if kind == "flips":
        planted = flip(rows, 0.05, taxonomy.codes)
    elif kind == "replaced":
        rows = [row for row in rows if row.category != "zf.fume"]
        planted = {row.key for row in rows if row.category == "zf.dog"}
        rows = [relabelled(row, "zf.fume") if row.key in planted else row for row in rows]
    else:
        rows = [
            labelled_row(f"{row.text}。{LEAK}", row.category)
            if row.category == "zf.parking"
            else row
            for row in rows
        ]
    inputs = write_inputs(
        tmp_path / "in",
        rows,
        (),
        taxonomy=shipped_folder() / "taxonomy.csv",
        settings={"strength": "lexical", "with_shipped": False},
    )
    outcome = retrain(inputs.folder, registry, tmp_path / "report")
    told = [*outcome.reasons, *outcome.comparison["warnings"]]
    word = {"flips": "明显不符", "replaced": "整批标错", "leak": LEAK}[kind]
    assert any(word in sentence for sentence in told), told
    assert kind != "replaced" or not outcome.passed
    if planted:
        reviewed = suspects_of(registry, outcome.model_id)[: len(rows) // 10]
        assert len(planted & set(reviewed)) >= 0.6 * len(planted)
