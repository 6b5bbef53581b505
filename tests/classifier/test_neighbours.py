"""Neighbours: who is near, what they are called, and whom a training may ask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.artefact import read_artefact, write_artefact
from classifier.examples import Example
from classifier.model import load_model
from classifier.neighbour_training import NeighbourTrainer, choose_kept, place_labels
from classifier.neighbours import CATEGORY, REQUEST_TYPE, URGENCY, Neighbours
from classifier.side_heads import UrgencyVote, Vote
from classifier.tag import URGENCIES
from classifier.task_pool import TaskPool
from classifier.testing import FakeEncoder
from classifier.training import train_files
from classifier.vote_training import fit_urgency_vote

SETTINGS = {"asked": 3, "sharpness": 20.0, "floor": 0.01}
CODES = ("zf.light", "zf.dog", "zz.fire")


def unit(*rows: tuple[float, ...]) -> np.ndarray:
    vectors = np.array(rows, dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def labelled(*categories: int) -> np.ndarray:
    labels = np.full((len(categories), 3), -1, dtype=np.int16)
    labels[:, CATEGORY] = categories
    return labels


def test_the_nearest_come_first_and_count_most() -> None:
    rows = unit((1, 0, 0), (0.9, 0.4, 0), (0, 1, 0), (0, 0, 1))
    near = Neighbours.keep(rows, labelled(0, 1, 1, 2), SETTINGS)
    nearest = near.seek(unit((1, 0.05, 0)))
    assert nearest.places.tolist() == [[0, 1, 2]]
    assert nearest.likeness[0, 0] == pytest.approx(1, abs=0.01)
    shares = np.exp(near.tell(nearest, CATEGORY, 3))[0]
    assert shares.argmax() == 0 and shares[0] > 0.7
    assert shares[2] == pytest.approx(0.01)  # the floor: nobody of the three nearest


def test_rows_without_a_label_have_no_say() -> None:
    rows = unit((1, 0), (0.99, 0.1), (0, 1))
    labels = labelled(0, 0, 1)
    labels[1, REQUEST_TYPE] = 2
    near = Neighbours.keep(rows, labels, SETTINGS)
    nearest = near.seek(unit((1, 0)))
    assert np.exp(near.tell(nearest, REQUEST_TYPE, 4))[0].tolist() == pytest.approx(
        [0.01, 0.01, 1.01, 0.01]
    )
    nobody = near.tell(nearest, URGENCY, 3)[0]
    assert np.ptp(nobody) == 0  # no opinion at all: the same for every label


def test_fewer_rows_than_are_asked() -> None:
    near = Neighbours.keep(unit((1, 0)), labelled(1), SETTINGS)
    assert near.seek(unit((0, 1), (1, 0))).places.tolist() == [[0], [0]]


def test_many_texts_are_sought_as_each_alone() -> None:
    random = np.random.default_rng(0)
    rows = unit(*random.normal(size=(500, 16)))
    near = Neighbours.keep(rows, labelled(*random.integers(0, 3, 500)), {**SETTINGS, "asked": 30})
    asked = unit(*random.normal(size=(300, 16)))  # more than are compared at once
    together = near.tell(near.seek(asked), CATEGORY, 3)
    alone = np.vstack([near.tell(near.seek(one[None]), CATEGORY, 3) for one in asked])
    assert np.allclose(together, alone, atol=1e-4)


def test_no_row_is_asked_about_itself_or_its_group() -> None:
    """Its own variants would know it: they are in its fold, and another fold is asked."""
    vectors = unit((1, 0), (1, 0.01), (0.9, 0.3), (0, 1))
    rows = [
        Example("甲", "zf.light", group="g"), Example("乙", "zf.light", group="g"),
        Example("丙", "zf.dog"), Example("丁", "zz.fire"),
    ]  # fmt: skip
    trainer = NeighbourTrainer.ask(
        TaskPool(), vectors, rows, CODES, np.array([0, 0, 1, -1], dtype=np.int8),
        {**SETTINGS, "most": 99}, town=np.zeros(4, dtype=np.bool_),
    )  # fmt: skip
    told = trainer.categories()
    assert told[:2].argmax(axis=1).tolist() == [1, 1]  # the dog is the nearest of another fold
    assert told[2].argmax() == 0
    assert np.isnan(told[3]).all()  # of the taxonomy: always learnt, never judged
    assert len(trainer.neighbours.vectors) == 4


def test_scores_from_before_stay_where_nothing_is_judged_anew() -> None:
    rows = [Example(text, "zf.light") for text in "甲乙丙丁"]
    known = np.full((4, 3), -7, dtype=np.float32)
    trainer = NeighbourTrainer.ask(
        TaskPool(), unit((1, 0), (0, 1), (1, 1), (1, 2)), rows, CODES,
        np.array([0, 1, 0, 1], dtype=np.int8), {**SETTINGS, "most": 99},
        town=np.zeros(4, dtype=np.bool_), known=known, anew=(1,),
    )  # fmt: skip
    assert (trainer.categories()[[0, 2]] == -7).all()
    assert (trainer.categories()[[1, 3]] != -7).all()
    assert np.isnan(trainer.urgencies()[[0, 2]]).all()


def test_too_many_rows_keep_the_town_and_mostly_the_same_others() -> None:
    rows = [Example(f"第{i}件", "zf.light") for i in range(100)]
    town = np.arange(100) >= 90
    kept = choose_kept(rows, town, 40)
    assert kept.sum() == 40 and kept[90:].all()
    more = choose_kept([*rows, Example("又一件", "zf.dog")], np.append(town, False), 40)
    assert (kept & more[:100]).sum() >= 39


def test_labels_unknown_to_the_scheme_are_none() -> None:
    rows = [Example("甲", "zf.dog", "help", "critical"), Example("乙", "zz.fire")]
    assert place_labels(rows, CODES).tolist() == [[1, 4, 2], [2, -1, -1]]


def voted() -> UrgencyVote:
    """The words never tell critical from normal; the neighbours do."""
    random = np.random.default_rng(1)
    urgencies = np.array([URGENCIES[i] for i in random.integers(0, 3, 900)])
    truth = np.array([URGENCIES.index(value) for value in urgencies])
    words = random.normal(scale=0.3, size=(900, 3)).astype(np.float32)
    words[:, 1] += truth == 1
    neighbours = np.full((900, 3), np.log(0.01), dtype=np.float32)
    neighbours[np.arange(900), truth] = 0
    settings = {"with_neighbours": 0.01, "overlooked": 0.1}
    vote = fit_urgency_vote(words, neighbours, urgencies, settings, 0.3, TaskPool())
    assert vote is not None
    asked = vote.worth_asking(words[truth == 2])
    assert 0.88 <= asked.mean() <= 0.92  # one in ten is overlooked, as was asked for
    return vote


def test_neighbours_raise_a_case_to_critical() -> None:
    vote = voted()
    words = np.zeros(3, dtype=np.float32)
    among = np.log(np.array([0.01, 0.01, 1.0], dtype=np.float32))
    others = np.log(np.array([1.0, 0.01, 0.01], dtype=np.float32))
    assert vote.settle("normal", words, among) == "critical"
    assert vote.settle("normal", words, others) == "normal"
    assert vote.settle("critical", words, others) == "critical"  # never lowered
    assert vote.finds_critical(np.array([words] * 2), np.array([among, others])).tolist() == [
        True,
        False,
    ]


def test_no_vote_without_a_critical_row() -> None:
    words = np.zeros((900, 3), dtype=np.float32)
    urgencies = np.array(["normal", "urgent"] * 450)
    settings = {"with_neighbours": 0.01, "overlooked": 0.1}
    assert fit_urgency_vote(words, words, urgencies, settings, 0.3, TaskPool()) is None


@pytest.mark.slow
def test_a_trained_model_keeps_its_neighbours(
    small_files: tuple[Path, Path], tmp_path: Path
) -> None:
    """They are written, read, and asked; a model written without them answers as ever."""
    encoder = FakeEncoder()
    train_files(
        [small_files[1]], taxonomy=small_files[0], out=tmp_path / "a", strength="semantic",
        encoder=encoder,
    )  # fmt: skip
    artefact = read_artefact(tmp_path / "a")
    part = artefact.semantic
    assert part and part.neighbours and len(part.mixture.weights) == 3
    assert len(artefact.held_out.neighbours) == len(artefact.held_out.keys)
    assert not np.isnan(artefact.held_out.neighbours).any()
    kept = replace(artefact, urgency_vote=voted())
    for name, changed in (
        ("b", kept),
        ("c", replace(kept, urgency_vote=None, semantic=replace(part, neighbours=None))),
    ):
        (tmp_path / name).mkdir()
        write_artefact(changed, tmp_path / name, name, {})
    again = read_artefact(tmp_path / "b")
    vectors = encoder.encode(["三楼冒黑烟", "路灯不亮"])
    assert again.semantic and again.urgency_vote and kept.urgency_vote
    for one, other in zip(again.semantic.judge(vectors), part.judge(vectors), strict=True):
        assert np.array_equal(np.array(one), np.array(other))
    assert again.urgency_vote.ask_from == kept.urgency_vote.ask_from
    assert np.array_equal(again.urgency_vote.asked.weights, kept.urgency_vote.asked.weights)
    without = read_artefact(tmp_path / "c")
    assert without.urgency_vote is None and without.semantic and not without.semantic.neighbours
    assert load_model(tmp_path / "b", encoder=encoder).tag("路灯不亮").category


def test_a_vote_joins_its_opinions() -> None:
    vote = Vote(np.array([[1.0], [2.0], [4.0]], dtype=np.float32), np.array([8.0], np.float32))
    assert vote.scores(np.array([1.0, 1.0]), np.array([1.0])).tolist() == [15.0]
