"""Fitting linear models. Training only: imports scikit-learn inside the functions.

fit_margins(X, labels, classes, C) -> Linear       one squared-hinge separator per class
fit_evidence(X, labels, classes, C, ...) -> Linear the same, features weighed by what they tell
fit_voters(X, labels, classes, ...) -> Linear      the sum of the two
fit_softmax(E, labels, classes, C) -> Linear       multinomial logistic regression, dense input

:mod:`classifier.fit_queue` runs them beside one another, :mod:`classifier.refitting` fits the
separators of a model again after a few rows. ``weights``: how much each row counts, 1 on average
or not; None: all the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MARGIN_TOLERANCE = (
    1e-2  # a hundred times the default: same answers on real messages, a third less time
)
EVIDENCE_TOLERANCE = (
    0.5  # where features are scaled by evidence: the same answers in a quarter of the time
)
_STEPS = 40  # of the logistic regression; the next twenty change the third digit of a score
_STEPS_AGAIN = 10  # from an earlier model; as near to the end as forty from nothing
_NEVER = -20.0  # bias of a class without rows
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
        C=C, class_weight="balanced" if balanced else None, random_state=0, tol=MARGIN_TOLERANCE
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
    from sklearn.svm import LinearSVC

    found = never_chosen(X.shape[1], classes)
    for column, inside, ratio in tell_evidence(X, labels, classes, mentions, weights):
        model = LinearSVC(C=C, random_state=0, tol=EVIDENCE_TOLERANCE)
        model.fit(scale_columns(X, ratio), inside, weights)
        found.weights[:, column] = model.coef_[0] * ratio
        found.bias[column] = model.intercept_[0]
    return found


def never_chosen(width: int, classes: Sequence[str]) -> Linear:
    """What a class without rows gets, to be written over where there are some."""
    weights = np.zeros((width, len(classes)), dtype=np.float32)
    return Linear(weights, np.full(len(classes), -1.0, dtype=np.float32))


def tell_evidence(
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    mentions: float,
    weights: Weights = None,
) -> Iterator[tuple[int, npt.NDArray[np.bool_], FloatArray]]:
    """For each class with rows: its column, its rows, and by what each feature is scaled."""
    mass = _mass(X, weights)
    squares = _mass(X.multiply(X), None)
    smoothing = mentions * float(X.data.mean())
    for column, label in enumerate(classes):
        inside = labels == label
        if not inside.any():
            continue
        mine = _mass(X[inside], None if weights is None else weights[inside]) + smoothing
        others = mass - mine + 2 * smoothing
        ratio = np.log((mine / mine.sum()) / (others / others.sum()))
        length = np.sqrt(np.dot(ratio * ratio, squares) / X.shape[0])
        # Rows are about 1 long, as C expects.
        yield column, inside, (ratio / length).astype(np.float32)


def scale_columns(X: Any, ratio: FloatArray) -> Any:
    """Each column of a sparse matrix times its ratio."""
    from scipy.sparse import csr_matrix

    return csr_matrix((X.data * ratio[X.indices], X.indices, X.indptr), shape=X.shape)


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
    start: Linear | None = None,
) -> Linear:
    """Multinomial logistic regression on dense rows, columns in the order of ``classes``.

    :param start: an earlier model of nearly the same rows: a quarter of the steps do
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, max_iter=_STEPS)
    known = [classes.index(label) for label in np.unique(labels).tolist()]
    if start is not None and len(known) > 2:  # two classes share one column
        model.set_params(max_iter=_STEPS_AGAIN, warm_start=True)
        model.coef_ = start.weights[:, known].T.copy()
        model.intercept_ = start.bias[known].copy()
    with warnings.catch_warnings():  # stopping early is meant, see _STEPS
        warnings.filterwarnings("ignore", message="lbfgs failed to converge")
        model.fit(E, labels, sample_weight=weights)
    return _spread(model.coef_, model.intercept_, list(model.classes_), classes, missing=_NEVER)


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
