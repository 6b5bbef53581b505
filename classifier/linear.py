"""Fitting linear models. Training only: imports scikit-learn inside the functions.

fit_margins(X, labels, classes, C) -> Linear       one squared-hinge separator per class
fit_evidence(X, labels, classes, C, ...) -> Linear the same, features weighed by what they tell
fit_voters(X, labels, classes, ...) -> Linear      the sum of the two
fit_softmax(E, labels, classes, C) -> Linear       multinomial logistic regression, dense input
FitQueue(pool)                                     fits models, two at a time in a large pool
    .judge(fit, X, labels, classes, folds) -> Judging  .model(), .held_out(): (n, classes) scores
    .follow(progress)                              waits for all of them

``weights``: how much each row counts, 1 on average or not; None: all the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.task_pool import Task, TaskPool

_TOLERANCE = 1e-2  # a hundred times the default: same answers on real messages, a third less time
_COARSE = 0.5  # where features are scaled by evidence: the same answers in a quarter of the time
_STEPS = 40  # of the logistic regression; the next twenty change the third digit of a score
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Linear:
    """score = x @ weights + bias; weights (width, classes), bias (classes,)."""

    weights: FloatArray
    bias: FloatArray

    def scores(self, X: Any) -> FloatArray:
        """(n, classes) for rows X of shape (n, width), sparse or dense."""
        return np.asarray(X @ self.weights + self.bias, dtype=np.float32)


Fit = Callable[..., Linear]  # (X, labels, classes, weights=...)
Weights = npt.NDArray[np.float32] | None


def fit_margins(
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    *,
    C: float,
    balanced: bool,
    weights: Weights = None,
) -> Linear:
    """One-against-rest linear SVM, columns in the order of ``classes``.

    A class without a row scores -1 everywhere: it can be listed, never chosen. Two classes get
    two mirrored columns, so that callers need no special case.
    """
    from sklearn.svm import LinearSVC

    model = LinearSVC(
        C=C, class_weight="balanced" if balanced else None, random_state=0, tol=_TOLERANCE
    )
    model.fit(X, labels, sample_weight=weights)
    return _spread(model.coef_, model.intercept_, list(model.classes_), classes, missing=-1.0)


def fit_evidence(
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    *,
    C: float,
    mentions: float,
    weights: Weights = None,
) -> Linear:
    """Separators over features scaled by their log-count ratio for the class (NB-SVM).

    A term that is a hundred times commoner inside the class than outside says more than its idf
    knows. The ratios are multiplied into the weights, so that serving knows nothing of them.

    :param mentions: how often every term is taken to have been met inside and outside of each
        class before the first row
    """
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    found = np.zeros((X.shape[1], len(classes)), dtype=np.float32)
    bias = np.full(len(classes), -1.0, dtype=np.float32)
    mass = _mass(X, weights)
    smoothing = mentions * float(X.data.mean())
    for column, label in enumerate(classes):
        inside = labels == label
        if not inside.any():
            continue
        mine = _mass(X[inside], None if weights is None else weights[inside]) + smoothing
        others = mass - mine + 2 * smoothing
        ratio = np.log((mine / mine.sum()) / (others / others.sum())).astype(np.float32)
        told = X.data * ratio[X.indices]
        length = np.sqrt(np.dot(told, told) / X.shape[0])  # rows are about 1 long, as C expects
        scaled = csr_matrix((told / length, X.indices, X.indptr), shape=X.shape)
        model = LinearSVC(C=C, random_state=0, tol=_COARSE).fit(scaled, inside, weights)
        found[:, column] = model.coef_[0] * ratio / length
        bias[column] = model.intercept_[0]
    return Linear(found, bias)


def _mass(X: Any, weights: Weights) -> npt.NDArray[np.float64]:
    total = X.sum(axis=0) if weights is None else X.T @ weights
    return np.asarray(total, dtype=np.float64).ravel()


def fit_voters(
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    *,
    C: float,
    balanced: bool,
    evidence: Mapping[str, float],
    weights: Weights = None,
) -> Linear:
    """Margins and evidence, added: they err on different texts, and the sum is linear again.

    :param evidence: ``C`` and ``mentions`` of :func:`fit_evidence`
    """
    margins = fit_margins(X, labels, classes, C=C, balanced=balanced, weights=weights)
    told = fit_evidence(X, labels, classes, weights=weights, **evidence)
    return Linear(margins.weights + told.weights, margins.bias + told.bias)


def fit_softmax(
    E: FloatArray,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    *,
    C: float,
    weights: Weights = None,
) -> Linear:
    """Multinomial logistic regression on dense rows, columns in the order of ``classes``."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, max_iter=_STEPS)
    with warnings.catch_warnings():  # stopping early is meant, see _STEPS
        warnings.filterwarnings("ignore", message="lbfgs failed to converge")
        model.fit(E, labels, sample_weight=weights)
    return _spread(model.coef_, model.intercept_, list(model.classes_), classes, missing=-20.0)


@dataclass(frozen=True)
class Judging:
    """A model being fitted on all rows, and others that judge the rows they did not see."""

    _model: Task[Linear]
    _folds: Sequence[tuple[npt.NDArray[np.bool_], Task[FloatArray]]]
    _scores: FloatArray

    def model(self) -> Linear:
        """The model of all rows; waits for it."""
        return self._model.result()

    def held_out(self) -> FloatArray:
        """(n, classes): for each row the scores of a model that saw neither it nor its group."""
        for rows, scores in self._folds:
            self._scores[rows] = scores.result()
        return self._scores


class FitQueue:
    """Fits in the order they were asked for.

    Waiting for one kind of model before asking for the next left a core idle.
    """

    def __init__(self, pool: TaskPool) -> None:
        self._pool = pool
        self._asked: list[Task[Any]] = []

    def judge(
        self,
        fit: Fit,
        X: Any,
        labels: npt.NDArray[np.str_],
        classes: Sequence[str],
        folds: npt.NDArray[np.int8],
        known: FloatArray | None = None,
        anew: Sequence[int] | None = None,
        weights: Weights = None,
    ) -> Judging:
        """Ask for a model of all rows, and for one per fold that judges the fold.

        :param fit: one of this module's, or a partial of it
        :param folds: 0..k-1 per row, or -1 for rows that are always trained on and never scored
            (their scores stay NaN)
        :param known: scores from before, kept for all folds but those in ``anew``
        """
        scores = np.full((X.shape[0], len(classes)), np.nan, dtype=np.float32)
        if known is not None:
            scores[:] = known
        whole = self._pool.ask(fit_weighed, fit, X, labels, classes, weights)
        self._asked.append(whole)
        numbers = range(int(folds.max()) + 1) if anew is None else anew
        judged = []
        for rows in (folds == number for number in numbers):
            if rows.any():
                task = self._pool.ask(judge_fold, fit, X, labels, classes, rows, weights)
                judged.append((rows, task))
                self._asked.append(judged[-1][1])
        return Judging(whole, judged, scores)

    def follow(self, progress: Callable[[float], None]) -> None:
        """Wait for everything asked for so far; ``progress`` hears the share that is done."""
        for done, task in enumerate(self._asked, start=1):
            task.result()
            progress(done / len(self._asked))


def judge_fold(
    fit: Fit,
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    held_out: npt.NDArray[np.bool_],
    weights: Weights = None,
) -> FloatArray:
    """Scores of the rows held out, by a model of the others."""
    kept = None if weights is None else weights[~held_out]
    return fit_weighed(fit, X[~held_out], labels[~held_out], classes, kept).scores(X[held_out])


def fit_weighed(
    fit: Fit, X: Any, labels: npt.NDArray[np.str_], classes: Sequence[str], weights: Weights
) -> Linear:
    """A model of all rows."""
    return fit(X, labels, classes) if weights is None else fit(X, labels, classes, weights=weights)


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
