"""Fitting separators again from the rows that held them up.

    fit_voters_again(X, labels, classes, *, C, balanced, evidence, near=None) -> Supported
    Supported(Linear): what fit_voters gives, and .near, where the next fit starts

A separator of one class against the rest stands on the rows near its border; without the others,
four fifths of all, it would stand where it stands. After a hundred new rows it stands on nearly
the same ones: only those and the new ones are fitted on, then every row is looked at, and where
some that were left out lie inside the border they join in and it is fitted again. The same
answers in a third of the time.

``near``: for each voter (margins, evidence) a table rows x classes, packed along the classes as
``numpy.packbits`` does, shape (voters, n, bytes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.linear import (
    EVIDENCE_TOLERANCE,
    MARGIN_TOLERANCE,
    FloatArray,
    Linear,
    Weights,
    fit_evidence,
    fit_margins,
    never_chosen,
    scale_columns,
    tell_evidence,
)

_SLACK = 0.05  # beyond the border, in margins: rows kept in case it moves
_STRAYS = 0.002  # share of a fit's rows that may have been left out wrongly …
_DEEP = 0.25  # … if they lie no further than this inside the border: a corrected label does
_ROUNDS = 4
Near = npt.NDArray[np.uint8]
Table = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Supported(Linear):
    """A linear model, and the rows near the border of each of its separators."""

    near: Near


def fit_voters_again(
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    *,
    C: float,
    balanced: bool,
    evidence: Mapping[str, float],
    near: Near | None = None,
    weights: Weights = None,
) -> Supported:
    """Margins and evidence, added; see :func:`classifier.linear.fit_voters`.

    :param near: of an earlier fit, brought into the order of these rows, new ones all ones;
        None: fitted on all rows from the start
    """
    margins = _fit_margins(
        X, labels, classes, C, balanced, None if near is None else near[:1], weights
    )
    if near is None:
        model = fit_evidence(X, labels, classes, weights=weights, **evidence)
        told = Supported(model.weights, model.bias, _find_near(model, X, labels, classes))
    else:
        table = _unpack(near[1:], classes)
        told = _refit_evidence(X, labels, classes, table, weights=weights, **evidence)
    return Supported(
        margins.weights + told.weights,
        margins.bias + told.bias,
        np.concatenate([margins.near, told.near]),
    )


def _fit_margins(
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    C: float,
    balanced: bool,
    near: Near | None,
    weights: Weights,
) -> Supported:
    if near is None or len(np.unique(labels)) < 3:  # two classes are one separator, weighed twice
        model = fit_margins(X, labels, classes, C=C, balanced=balanced, weights=weights)
        return Supported(model.weights, model.bias, _find_near(model, X, labels, classes))
    return _refit_margins(X, labels, classes, _unpack(near, classes), C, balanced, weights)


def _unpack(near: Near, classes: Sequence[str]) -> Table:
    """The first voter's table."""
    return np.unpackbits(near[0], axis=1, count=len(classes)).astype(np.bool_)


def _find_near(model: Linear, X: Any, labels: npt.NDArray[np.str_], classes: Sequence[str]) -> Near:
    scores = model.scores(X)
    inside = labels[:, None] == np.array(classes)[None, :]
    return np.packbits(np.where(inside, scores, -scores) < 1 + _SLACK, axis=1)[None]


def _refit_margins(
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    near: Table,
    C: float,
    balanced: bool,
    weights: Weights,
) -> Supported:
    counts = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=np.float64)
    known = len(np.unique(labels))
    found = never_chosen(X.shape[1], classes)
    for column, label in enumerate(classes):
        inside = labels == label
        if not inside.any():
            continue
        # As LinearSVC weighs one against the rest: the class by its size, the rest as it is.
        of_class = counts.sum() / (known * counts[inside].sum()) if balanced else 1.0
        each = np.where(inside, counts * of_class, counts)
        coef, found.bias[column], near[:, column] = _refit(
            X, None, inside, near[:, column], C, MARGIN_TOLERANCE, each
        )
        found.weights[:, column] = coef
    return Supported(found.weights, found.bias, np.packbits(near, axis=1)[None])


def _refit_evidence(
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    near: Table,
    *,
    C: float,
    mentions: float,
    weights: Weights,
) -> Supported:
    found = never_chosen(X.shape[1], classes)
    for column, inside, ratio in tell_evidence(X, labels, classes, mentions, weights):
        coef, found.bias[column], near[:, column] = _refit(
            X, ratio, inside, near[:, column], C, EVIDENCE_TOLERANCE, weights
        )
        found.weights[:, column] = coef
    return Supported(found.weights, found.bias, np.packbits(near, axis=1)[None])


def _refit(
    X: Any,
    ratio: FloatArray | None,
    inside: Table,
    near: Table,
    C: float,
    tolerance: float,
    weights: Weights,
) -> tuple[FloatArray, float, Table]:
    """Weights and bias of one separator of all rows, looked for among ``near`` ones; and which
    rows are near it.

    :param ratio: what each column is scaled by before the fit; multiplied into the weights
    """
    from sklearn.svm import LinearSVC

    side = np.where(inside, 1.0, -1.0)
    chosen = near | inside
    if not (chosen & ~inside).any():
        chosen = np.ones_like(inside)
    for _ in range(_ROUNDS):
        rows = np.flatnonzero(chosen)
        some = X[rows] if ratio is None else scale_columns(X[rows], ratio)
        model = LinearSVC(C=C, random_state=0, tol=tolerance)
        model.fit(some, inside[rows], None if weights is None else weights[rows])
        coef = model.coef_[0].astype(np.float32)
        if ratio is not None:
            coef *= ratio
        margin = side * (X @ coef + model.intercept_[0])
        strays = np.where(chosen, 1.0, margin)
        if strays.min() >= 1 - _DEEP and (strays < 1).sum() <= _STRAYS * len(rows):
            break
        chosen |= margin < 1 + _SLACK
    return coef, float(model.intercept_[0]), margin < 1 + _SLACK
