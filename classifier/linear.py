"""Fitting linear models. Training only: imports scikit-learn inside the functions.

fit_margins(X, labels, classes, C) -> Linear       one squared-hinge separator per class
fit_softmax(E, labels, classes, C) -> Linear       multinomial logistic regression, dense input
fit_and_judge(fit, X, labels, classes, folds) -> (Linear, (n, classes) out-of-fold scores)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_TOLERANCE = 1e-2  # a hundred times the default: same answers on real messages, a third less time
_STEPS = 40  # of the logistic regression; the next twenty change the third digit of a score
FloatArray = npt.NDArray[np.float32]
THREADS = 2  # liblinear releases the interpreter lock; a town's machine has two cores


@dataclass(frozen=True)
class Linear:
    """score = x @ weights + bias; weights (width, classes), bias (classes,)."""

    weights: FloatArray
    bias: FloatArray

    def scores(self, X: Any) -> FloatArray:
        """(n, classes) for rows X of shape (n, width), sparse or dense."""
        return np.asarray(X @ self.weights + self.bias, dtype=np.float32)


Fit = Callable[[Any, "npt.NDArray[np.str_]", Sequence[str]], Linear]


def fit_margins(
    X: Any, labels: npt.NDArray[np.str_], classes: Sequence[str], *, C: float, balanced: bool
) -> Linear:
    """One-against-rest linear SVM, columns in the order of ``classes``.

    A class without a row scores -1 everywhere: it can be listed, never chosen. Two classes get
    two mirrored columns, so that callers need no special case.
    """
    from sklearn.svm import LinearSVC

    model = LinearSVC(
        C=C, class_weight="balanced" if balanced else None, random_state=0, tol=_TOLERANCE
    )
    model.fit(X, labels)
    return _spread(model.coef_, model.intercept_, list(model.classes_), classes, missing=-1.0)


def fit_softmax(
    E: FloatArray, labels: npt.NDArray[np.str_], classes: Sequence[str], *, C: float
) -> Linear:
    """Multinomial logistic regression on dense rows, columns in the order of ``classes``."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, max_iter=_STEPS)
    model.fit(E, labels)
    return _spread(model.coef_, model.intercept_, list(model.classes_), classes, missing=-20.0)


def fit_and_judge(
    fit: Fit,
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    folds: npt.NDArray[np.int8],
) -> tuple[Linear, FloatArray]:
    """The model on all rows, and for each row the scores of one that saw neither it nor its group.

    ``folds`` holds 0..k-1 per row, or -1 for rows that are always trained on and never scored
    (their scores stay NaN).
    """
    from threadpoolctl import threadpool_limits

    scores = np.full((X.shape[0], len(classes)), np.nan, dtype=np.float32)

    def one(fold: int) -> None:
        held_out = folds == fold
        model = fit(X[~held_out], labels[~held_out], classes)
        scores[held_out] = model.scores(X[held_out])

    # Two fits side by side, each on one core: letting the matrix library start threads of its
    # own besides made them wait for one another and took a third longer.
    with threadpool_limits(1), ThreadPoolExecutor(THREADS) as pool:
        whole = pool.submit(fit, X, labels, classes)
        list(pool.map(one, range(int(folds.max()) + 1)))
        return whole.result(), scores


def _spread(
    coef: npt.NDArray[Any],
    intercept: npt.NDArray[Any],
    known: list[str],
    classes: Sequence[str],
    *,
    missing: float,
) -> Linear:
    if len(known) == 2:  # scikit-learn keeps one column for two classes
        coef = np.vstack([-coef, coef])
        intercept = np.concatenate([-intercept, intercept])
    weights = np.zeros((coef.shape[1], len(classes)), dtype=np.float32)
    bias = np.full(len(classes), missing, dtype=np.float32)
    for row, label in enumerate(known):
        column = classes.index(label)
        weights[:, column] = coef[row]
        bias[column] = intercept[row]
    return Linear(weights, bias)
