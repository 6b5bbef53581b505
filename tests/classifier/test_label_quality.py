"""Wrong labels come first, right ones are left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier import reading
from classifier.described import describe_rows
from classifier.examples import load_examples
from classifier.label_quality import find_replaced, held_out_probabilities, rank_suspects
from classifier.model import Model
from classifier.registry import ModelRegistry
from classifier.taxonomy import load_taxonomy

CLASSES = ("lamp", "noise", "other")


def ask(labels: list[str], table: list[list[float]]):
    keys = [f"{i:016x}" for i in range(len(labels))]
    return rank_suspects(keys, labels, np.array(table, dtype=np.float32), CLASSES)


LAMP, NOISE, OTHER = [0.9, 0.06, 0.04], [0.06, 0.9, 0.04], [0.5, 0.1, 0.4]
ORDERLY = ([LAMP] * 10 + [NOISE] * 10, ["lamp"] * 10 + ["noise"] * 10)


def beside_orderly(labels: list[str], table: list[list[float]]):
    """Suspects among twenty rows in order and those given, which are numbered from 0 on."""
    found = ask(ORDERLY[1] + labels, ORDERLY[0] + table)
    return [(int(own.key, 16) - 20, own.category, own.suggested) for own in found]


def test_the_surest_contradiction_comes_first_and_agreement_is_not_named():
    found = beside_orderly(["lamp", "noise", "lamp"], [[0.4, 0.55, 0.05], LAMP, LAMP])
    assert found == [(1, "noise", "lamp"), (0, "lamp", "noise")]


def test_a_score_is_the_share_of_rows_that_are_less_suspicious():
    found = ask(ORDERLY[1] + ["noise"], ORDERLY[0] + [LAMP])
    assert [own.score for own in found] == [pytest.approx(20 / 21, abs=1e-4)]


def test_a_label_the_model_is_never_sure_of_is_measured_by_its_own_rows():
    # "other" gets .4 at best; a row of it with .4 is in order though "lamp" gets .5.
    assert beside_orderly(["other"] * 4, [OTHER] * 4) == []
    assert beside_orderly(["other"] * 9, [OTHER] * 8 + [LAMP]) == [(8, "other", "lamp")]


def test_rows_that_were_not_judged_are_left_out():
    nan = [float("nan")] * 3
    assert ask(["lamp", "noise"], [nan, nan]) == []
    assert beside_orderly(["lamp", "lamp"], [nan, NOISE]) == [(1, "lamp", "noise")]


def test_a_mistake_made_everywhere_is_seen_by_who_knows_the_descriptions_alone():
    labels = ["noise"] * 20 + ["other"] * 20
    believed = [NOISE] * 20 + [[0.05, 0.05, 0.9]] * 20
    described = [NOISE] * 10 + [LAMP] * 10 + [[0.1, 0.1, 0.8]] * 20
    assert ask(labels, believed) == []
    keys = [f"{i:016x}" for i in range(40)]
    tables = (np.array(table, dtype=np.float32) for table in (believed, described))
    first, second = tables
    found = rank_suspects(keys, labels, first, CLASSES, described=second)
    assert sorted(int(own.key, 16) for own in found) == list(range(10, 20))
    assert {own.suggested for own in found} == {"lamp"}
    replaced = find_replaced(labels, second, CLASSES)
    assert [(own.category, own.described, own.rows) for own in replaced] == [("noise", "lamp", 10)]


def test_a_few_odd_rows_are_no_replaced_category():
    described = np.array([NOISE] * 28 + [LAMP] * 2 + [LAMP] * 30, dtype=np.float32)
    assert find_replaced(["noise"] * 30 + ["lamp"] * 30, described, CLASSES) == []


def test_two_categories_that_overlap_are_not_taken_for_a_replaced_one():
    """Half as much under the wide one's label as under its own is its nature, nearly as much is
    somebody's doing."""
    described = np.array([LAMP] * 60 + [NOISE] * 60, dtype=np.float32)
    by_nature = ["lamp"] * 40 + ["noise"] * 80
    by_hand = ["lamp"] * 32 + ["noise"] * 88
    assert find_replaced(by_nature, described, CLASSES) == []
    assert [own.described for own in find_replaced(by_hand, described, CLASSES)] == ["lamp"]


def test_a_trained_model_tells_what_it_said_of_rows_it_had_not_seen(small_model: Model):
    keys, table = held_out_probabilities(small_model.artefact)
    assert table.shape == (len(keys), len(small_model.taxonomy))
    assert table.sum(axis=1) == pytest.approx(np.ones(len(keys)), abs=1e-4)
    assert table.argmax(axis=1).tolist() == small_model.artefact.held_out.predicted.tolist()


def test_flipped_labels_of_real_rows_are_found(small_model: Model):
    keys, table = held_out_probabilities(small_model.artefact)
    codes = small_model.taxonomy.codes
    labels = [codes[i] for i in table.argmax(axis=1)]
    flipped = list(range(0, len(keys), 20))
    for i in flipped:
        labels[i] = codes[(codes.index(labels[i]) + 3) % len(codes)]
    found = rank_suspects(keys, labels, table, codes)
    assert {own.key for own in found[: len(flipped)]} == {keys[i] for i in flipped}


def test_a_category_under_anothers_label_is_named(
    small_model: Model, small_files: tuple[Path, Path]
):
    taxonomy = load_taxonomy(small_files[0])
    rows = load_examples([small_files[1]], taxonomy).rows
    table = describe_rows([row.text for row in rows], taxonomy, small_model.artefact)
    labels = [row.category for row in rows]
    assert find_replaced(labels, table, taxonomy.codes) == []
    wrong = ["zf.dog" if label == "zf.light" else label for label in labels]
    found = find_replaced(wrong, table, taxonomy.codes)
    assert [(own.category, own.described) for own in found] == [("zf.dog", "zf.light")]


def test_what_the_training_read_is_not_read_again(
    small_registry: ModelRegistry,
    small_model: Model,
    small_files: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
):
    taxonomy = load_taxonomy(small_files[0])
    texts = [row.text for row in load_examples([small_files[1]], taxonomy).rows]
    monkeypatch.setattr(reading, "read_slice", None)  # nobody may ask it
    assert small_model.artefact.keep_answers
    table = describe_rows(texts, taxonomy, small_model.artefact, small_registry.root)
    assert table.shape == (len(texts), len(taxonomy))
