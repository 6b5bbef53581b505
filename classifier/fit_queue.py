"""Fits beside one another, in the order they were asked for.

FitQueue(pool)                                     fits models, two at a time in a large pool
    .judge(fit, X, labels, classes, folds) -> Judging  .model(), .held_out(): (n, classes) scores
    .follow(progress)                              waits for all of them
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.linear import Fit, FloatArray, Linear, Weights
from classifier.refitting import Supported
from classifier.task_pool import Task, TaskPool


@dataclass(frozen=True)
class Judging:
    """A model being fitted on all rows, and others that judge the rows they did not see."""

    _model: Task[Linear]
    _folds: Sequence[tuple[int, npt.NDArray[np.bool_], Task[FoldJudged]]]
    _scores: FloatArray
    _near: npt.NDArray[np.uint8] | None
    _fold_count: int

    def model(self) -> Linear:
        """The model of all rows; waits for it."""
        return self._model.result()

    def held_out(self) -> FloatArray:
        """(n, classes): for each row the scores of a model that saw neither it nor its group."""
        for _, rows, task in self._folds:
            self._scores[rows] = task.result().scores
        return self._scores

    def near(self) -> npt.NDArray[np.uint8]:
        """Where the next training starts: (folds + 1, voters, n, bytes), the last of all rows.

        Ones where nothing is known; empty where the fit does not say, see
        :mod:`classifier.refitting`.
        """
        model = self.model()
        if not isinstance(model, Supported):
            return np.empty(0, np.uint8)
        found = np.full((self._fold_count + 1, *model.near.shape), 255, dtype=np.uint8)
        if self._near is not None and self._near.shape == found.shape:
            found[:] = self._near
        found[-1] = model.near
        for number, rows, task in self._folds:
            found[number][:, ~rows] = task.result().near
        return found


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
        near: npt.NDArray[np.uint8] | None = None,
        start: Linear | None = None,
    ) -> Judging:
        """Ask for a model of all rows, and for one per fold that judges the fold.

        :param fit: one of :mod:`classifier.linear` or :mod:`classifier.refitting`, or a partial
        :param folds: 0..k-1 per row, or -1 for rows that are always trained on and never scored
            (their scores stay NaN)
        :param known: scores from before, kept for all folds but those in ``anew``
        :param near: as :meth:`Judging.near` gave it, in the order of these rows
        :param start: an earlier model of all rows, which has seen every fold: for the model of
            all rows only
        """
        scores = np.full((X.shape[0], len(classes)), np.nan, dtype=np.float32)
        if known is not None:
            scores[:] = known
        whole_fit = fit if near is None else partial(fit, near=near[-1])
        if start is not None:
            whole_fit = partial(whole_fit, start=start)
        whole = self._pool.ask(fit_weighed, whole_fit, X, labels, classes, weights)
        self._asked.append(whole)
        count = int(folds.max()) + 1
        judged = []
        for number in range(count) if anew is None else anew:
            rows = folds == number
            if rows.any():
                fold_fit = fit if near is None else partial(fit, near=near[number][:, ~rows])
                task = self._pool.ask(judge_fold, fold_fit, X, labels, classes, rows, weights)
                judged.append((number, rows, task))
                self._asked.append(task)
        return Judging(whole, judged, scores, near, count)

    def follow(self, progress: Callable[[float], None]) -> None:
        """Wait for everything asked for so far; ``progress`` hears the share that is done."""
        for done, task in enumerate(self._asked, start=1):
            task.result()
            progress(done / len(self._asked))


class FoldJudged(NamedTuple):
    """Scores of the rows held out, and what the fit of the others says it stands on, if it does."""

    scores: FloatArray
    near: npt.NDArray[np.uint8] | None


def judge_fold(
    fit: Fit,
    X: Any,
    labels: npt.NDArray[np.str_],
    classes: Sequence[str],
    held_out: npt.NDArray[np.bool_],
    weights: Weights = None,
) -> FoldJudged:
    """The rows held out, judged by a model of the others."""
    kept = None if weights is None else weights[~held_out]
    model = fit_weighed(fit, X[~held_out], labels[~held_out], classes, kept)
    near = model.near if isinstance(model, Supported) else None
    return FoldJudged(model.scores(X[held_out]), near)


def fit_weighed(
    fit: Fit, X: Any, labels: npt.NDArray[np.str_], classes: Sequence[str], weights: Weights
) -> Linear:
    """A model of all rows."""
    return fit(X, labels, classes) if weights is None else fit(X, labels, classes, weights=weights)
