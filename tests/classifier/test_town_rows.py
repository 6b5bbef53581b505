"""Rows that the town labelled count more where it helps, and nowhere else."""

from __future__ import annotations

import tomllib
from functools import partial

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from classifier.calibration import fit_mixture
from classifier.fit_queue import FitQueue
from classifier.linear import Fit, fit_evidence, fit_margins, fit_softmax
from classifier.task_pool import TaskPool
from classifier.training_settings import SETTINGS, calibration_for

CLASSES = ("lamp", "noise")
LABELS = np.array(["lamp", "lamp", "noise", "noise", "noise"])
ROWS = np.array(
    [[1, 0, 0.5], [0.8, 0.1, 0], [0, 1, 0.5], [0.2, 0.9, 0], [0.6, 0.5, 0]], dtype=np.float32
)
TWICE = np.array([1, 1, 1, 1, 2], dtype=np.float32)
FITS = (
    partial(fit_margins, C=0.3, balanced=False),
    partial(fit_evidence, C=0.5, mentions=1.0),
    partial(fit_softmax, C=4.0),
)


@pytest.mark.parametrize("fit", FITS, ids=lambda fit: fit.func.__name__)
def test_a_row_that_counts_twice_is_as_good_as_two(fit: Fit):
    dense = getattr(fit, "func", None) is fit_softmax
    wrap = (lambda rows: rows) if dense else csr_matrix
    weighed = fit(wrap(ROWS), LABELS, CLASSES, weights=TWICE)
    doubled = fit(wrap(np.vstack([ROWS, ROWS[-1:]])), np.append(LABELS, "noise"), CLASSES)
    once = fit(wrap(ROWS), LABELS, CLASSES)

    def margin(model):
        scores = model.scores(wrap(ROWS))
        return scores[-1, 1] - scores[-1, 0]

    assert margin(weighed) == pytest.approx(margin(doubled), abs=0.15)
    assert margin(weighed) > margin(once)


def test_a_fold_is_judged_with_the_weights_of_the_others():
    folds = np.array([0, 0, 0, 0, -1], dtype=np.int8)
    fit = partial(fit_softmax, C=4.0)
    rows, labels = np.vstack([ROWS] * 2), np.concatenate([LABELS] * 2)
    folds = np.array([0] * 5 + [-1] * 5, dtype=np.int8)
    weights = np.concatenate([np.full(5, 9.0), TWICE]).astype(np.float32)
    with TaskPool() as pool:
        judged = FitQueue(pool).judge(fit, rows, labels, CLASSES, folds, weights=weights)
        found = judged.held_out()[:5]
    expected = fit(ROWS, LABELS, CLASSES, weights=TWICE).scores(ROWS)
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_mixture_listens_to_the_rows_that_count():
    # The first table is right on the shipped rows, the second on the town's.
    truth = np.array([0, 1] * 20)
    right = np.eye(2, dtype=np.float32)[truth] * 3
    town = np.arange(40) >= 36
    words = np.where(town[:, None], 3 - right, right).astype(np.float32)
    sentences = np.where(town[:, None], right, 3 - right).astype(np.float32)
    equal = fit_mixture([words, sentences], truth)
    counted = fit_mixture([words, sentences], truth, np.where(town, 100, 1).astype(np.float32))
    assert equal.weights[0] > equal.weights[1]
    assert counted.weights[0] < counted.weights[1]
    repeated = fit_mixture(
        [np.vstack([t, *[t[town]] * 2]) for t in (words, sentences)],
        np.concatenate([truth, *[truth[town]] * 2]),
    )
    thrice = fit_mixture([words, sentences], truth, np.where(town, 3, 1).astype(np.float32))
    assert thrice.weights == pytest.approx(repeated.weights, rel=0.02)


def test_doubt_shrinks_with_the_towns_rows_and_no_further():
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    enough = settings["town"]["enough"]
    doubts = [calibration_for(rows, settings)["doubt"] for rows in (0, enough // 2, enough, 10**6)]
    assert doubts[0] == settings["calibration"]["doubt"]
    assert doubts[0] > doubts[1] > doubts[2]
    assert doubts[2] == doubts[3] == pytest.approx(settings["town"]["doubt"])
