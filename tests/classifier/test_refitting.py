"""Fitting again from the rows near the border: the same separators, whatever it starts from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.sparse import csr_matrix

from classifier import linear, refitting
from classifier.linear import fit_voters
from classifier.refitting import Near, Supported, fit_voters_again

CLASSES = ("lamp", "noise", "water", "unused")
SETTINGS: dict[str, Any] = {"C": 0.3, "balanced": True, "evidence": {"C": 0.5, "mentions": 3.0}}
OLD, NEW = 600, 30
Rows = tuple[csr_matrix, npt.NDArray[np.str_]]


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Texts of a dozen words: some of their class, some of another one, most of all classes."""
    rng = np.random.default_rng(3)
    labels = rng.choice(3, OLD + NEW, p=[0.6, 0.3, 0.1])
    counts = rng.poisson(0.03, (OLD + NEW, 120)).astype(np.float32)
    for row, label in enumerate(labels):
        counts[row, label * 20 + rng.integers(0, 20, 4)] += 1
        counts[row, rng.integers(0, 60, 1)] += 1
    counts /= np.linalg.norm(counts, axis=1, keepdims=True) + 1e-9
    return csr_matrix(counts), np.array(CLASSES)[labels]


def refit(rows: Rows, near: Near, **options: Any) -> Supported:
    return fit_voters_again(*rows, CLASSES, near=near, **SETTINGS, **options)


def old_and_new(rows: Rows) -> tuple[Supported, Near]:
    """The model of the old rows, and what a fit of all may start from."""
    X, labels = rows
    before = fit_voters_again(X[:OLD], labels[:OLD], CLASSES, **SETTINGS)
    near = np.full((2, OLD + NEW, before.near.shape[2]), 255, dtype=np.uint8)
    near[:, :OLD] = before.near
    return before, near


def test_without_an_earlier_fit_it_is_the_sum_of_the_voters(rows: Rows) -> None:
    served = fit_voters_again(*rows, CLASSES, **SETTINGS)
    voters = fit_voters(*rows, CLASSES, **SETTINGS)
    assert np.array_equal(served.weights, voters.weights)
    assert np.array_equal(served.bias, voters.bias)


def test_rows_far_from_a_border_are_left_out(rows: Rows) -> None:
    before, _ = old_and_new(rows)
    near = np.unpackbits(before.near, axis=2, count=len(CLASSES))
    assert 0.05 < near[:, :, :3].mean() < 0.8


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 1.5, OLD + NEW)])
def test_started_from_the_old_rows_it_says_the_same(
    rows: Rows, weights: npt.NDArray[np.float64] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fitted to the end, for the coarse fits of a training differ by as much as they are coarse."""
    for module in (linear, refitting):
        monkeypatch.setattr(module, "EVIDENCE_TOLERANCE", 1e-4)
        monkeypatch.setattr(module, "MARGIN_TOLERANCE", 1e-4)
    _, near = old_and_new(rows)
    warm = refit(rows, near, weights=weights).scores(rows[0])
    cold = fit_voters_again(*rows, CLASSES, weights=weights, **SETTINGS).scores(rows[0])
    assert (warm.argmax(axis=1) == cold.argmax(axis=1)).all()
    assert np.abs(warm - cold).max() < 0.02


def test_started_from_nothing_known_it_finds_its_rows(rows: Rows) -> None:
    """Rows wrongly left out lie inside the border and join in."""
    _, near = old_and_new(rows)
    lost = refit(rows, np.zeros_like(near)).scores(rows[0])
    cold = fit_voters_again(*rows, CLASSES, **SETTINGS).scores(rows[0])
    assert (lost.argmax(axis=1) == cold.argmax(axis=1)).mean() > 0.99


def test_a_corrected_label_is_seen(rows: Rows) -> None:
    """The row was far on the right side of the border, and is now as far on the wrong one."""
    X, labels = rows
    before = fit_voters_again(X, labels, CLASSES, **SETTINGS)
    scores = before.scores(X)
    surest = int(np.where(labels == "lamp", scores[:, 0], -np.inf).argmax())
    labels = labels.copy()
    labels[surest] = "water"
    again = refit((X, labels), before.near).scores(X)
    cold = fit_voters_again(X, labels, CLASSES, **SETTINGS).scores(X)
    assert again[surest, 0] == pytest.approx(cold[surest, 0], abs=0.3)


def test_two_classes_are_fitted_as_ever() -> None:
    X = csr_matrix(np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]], dtype=np.float32))
    labels = np.array(["lamp", "lamp", "noise", "noise"])
    two = fit_voters_again(X, labels, CLASSES[:2], **SETTINGS)
    again = fit_voters_again(X, labels, CLASSES[:2], near=two.near, **SETTINGS)
    assert np.array_equal(two.weights, again.weights)
