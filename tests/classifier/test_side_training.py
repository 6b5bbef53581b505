"""The vote on the request type: learnt from held-out rows, kept, asked in tagging."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from classifier.artefact import read_artefact, write_artefact
from classifier.examples import Example
from classifier.fit_queue import FitQueue
from classifier.model import Model, load_model
from classifier.neighbour_training import NeighbourTrainer
from classifier.reading import TextReading
from classifier.registry import ModelRegistry
from classifier.side_heads import TypeVotes, Vote
from classifier.side_training import FittedSideHeads, SideTrainer
from classifier.tag import REQUEST_TYPES
from classifier.task_pool import TaskPool

SETTINGS = {
    "side": {"C": 0.3, "balanced": True, "cue_scale": 0.5, "sentence_C": 4.0, "vote_C": 1.0},
    "critical": {"false_alarms": 0.01, "with_neighbours": 0.03, "overlooked": 0.025},
}
ROWS = 1_800
#: Of two categories: the words are the same, the first is complained of, the second reported.
CATEGORY = np.arange(ROWS) % 2


def test_the_category_decides_where_the_words_do_not() -> None:
    heads = fit(np.eye(2, dtype=np.float32)[CATEGORY])
    assert heads.type_votes is not None and heads.type_votes.asked is None
    silent = np.zeros(len(REQUEST_TYPES), dtype=np.float32)
    said = [heads.type_votes.spared.scores(silent, category) for category in np.eye(2)]
    assert [REQUEST_TYPES[int(scores.argmax())] for scores in said] == ["complaint", "report"]


def test_the_sentence_and_its_neighbours_vote_where_there_is_one() -> None:
    sentences = np.stack([CATEGORY, 1 - CATEGORY], axis=1).astype(np.float32)
    even = np.full((ROWS, 2), 0.5, dtype=np.float32)
    heads = fit(even, sentences)
    assert heads.type_votes is not None and heads.type_votes.asked is not None
    assert len(heads.type_votes.asked.weights) == 3 * len(REQUEST_TYPES) + 2


def test_borrowed_rows_have_no_vote() -> None:
    """A town's own categories, types from shipped rows: no category to learn the vote on."""
    assert fit(np.eye(2, dtype=np.float32)[CATEGORY][: ROWS // 2]).type_votes is None


def test_few_rows_have_no_vote() -> None:
    unjudged = np.full((ROWS, 2), np.nan, dtype=np.float32)
    unjudged[:100] = 0.5
    assert fit(unjudged).type_votes is None


def test_votes_survive_the_folder_and_are_asked(
    small_registry: ModelRegistry, tmp_path: Path
) -> None:
    folder = small_registry.current()
    assert folder is not None
    artefact = read_artefact(folder)
    n = len(REQUEST_TYPES) + len(artefact.taxonomy)
    bias = np.array([value == "praise" for value in REQUEST_TYPES], dtype=np.float32)
    vote = Vote(np.zeros((n, len(REQUEST_TYPES)), dtype=np.float32), bias)
    write_artefact(replace(artefact, type_votes=TypeVotes(vote, None)), tmp_path, "voted", {})
    model = load_model(tmp_path)
    assert model.artefact.type_votes is not None and model.artefact.type_votes.asked is None
    assert model.tag("路灯不亮").request_type == "praise"
    assert Model(artefact).tag("路灯不亮").request_type != "praise"


def fit(spared: np.ndarray, sentences: np.ndarray | None = None) -> FittedSideHeads:
    rows = [
        Example(f"{i}", "a", ("complaint", "report")[CATEGORY[i]], ("normal", "urgent")[i % 3 > 1])
        for i in range(ROWS)
    ]
    readings = [TextReading("", (), ()) for _ in rows]
    features = csr_matrix(np.ones((ROWS, 1), dtype=np.float32))
    trainer = SideTrainer.ask(
        FitQueue(TaskPool()), rows, readings, features, SETTINGS, sentences=sentences, before=None
    )
    if sentences is None:
        return trainer.combine(spared, None, None, TaskPool())
    near = NeighbourTrainer.ask(
        TaskPool(), sentences, rows, ["a"], (np.arange(ROWS) % 3).astype(np.int8),
        {"asked": 5, "sharpness": 20.0, "floor": 0.01, "most": ROWS},
        town=np.zeros(ROWS, dtype=np.bool_),
    )  # fmt: skip
    return trainer.combine(spared, spared, near, TaskPool())
