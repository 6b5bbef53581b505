"""Linear models: what evidence adds to margins."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.sparse import csr_matrix

from classifier.linear import fit_evidence, fit_margins, fit_voters

CLASSES = ("lamp", "noise", "unused")
# Columns: a word of lamps, a word of noise, a word of both.
ROWS = [[1, 0, 1], [1, 0, 0], [1, 0, 1], [0, 1, 1], [0, 1, 0], [0, 1, 1]]
LABELS = np.array(["lamp"] * 3 + ["noise"] * 3)


@pytest.fixture
def X() -> csr_matrix[np.float32]:
    return csr_matrix(np.array(ROWS, dtype=np.float32))


def test_a_word_of_both_tells_nothing(X: csr_matrix[np.float32]) -> None:
    model = fit_evidence(X, LABELS, CLASSES, C=1.0, mentions=1)
    assert model.weights[0, 0] > 0 > model.weights[1, 0]
    assert abs(model.weights[2, 0]) < 0.01 * model.weights[0, 0]


def test_a_class_without_rows_is_never_chosen(X: csr_matrix[np.float32]) -> None:
    for model in (
        fit_evidence(X, LABELS, CLASSES, C=1.0, mentions=1),
        fit_voters(X, LABELS, CLASSES, C=1.0, balanced=True, evidence={"C": 1.0, "mentions": 1}),
    ):
        answers = model.scores(X).argmax(axis=1)
        assert [CLASSES[i] for i in answers] == LABELS.tolist()


def test_more_mentions_taken_for_granted_make_rare_words_tell_less() -> None:
    # The first word is met once, the second three times, each with the first class alone.
    X = csr_matrix(np.array([[1, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], np.float32))
    labels = np.array(["a", "a", "a", "b", "b"])

    def share_of_rare_word(mentions: float) -> float:
        weights: npt.NDArray[np.float32] = fit_evidence(
            X, labels, ("a", "b"), C=1.0, mentions=mentions
        ).weights[:, 0]
        return float(weights[0] / weights[1])

    assert share_of_rare_word(10) < share_of_rare_word(0.1)


def test_two_voters_are_one_linear_model(X: csr_matrix[np.float32]) -> None:
    evidence = {"C": 0.5, "mentions": 3.0}
    both = fit_voters(X, LABELS, CLASSES, C=0.3, balanced=True, evidence=evidence).scores(X)
    margins = fit_margins(X, LABELS, CLASSES, C=0.3, balanced=True).scores(X)
    told = fit_evidence(X, LABELS, CLASSES, **evidence).scores(X)
    assert np.allclose(both, margins + told, atol=1e-5)
