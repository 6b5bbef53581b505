"""From scores to probabilities that mean what they say.

    fit_mixture(tables, truth, counts) -> Mixture         weights of one or two score tables
    fit_offsets(mixture, tables, truth, ...) -> Mixture   and what is added to each class
    Mixture.probabilities(*scores) -> (n, classes)
    expected_calibration_error(confidence, right) -> float

One number per score table, fitted by least log-loss on out-of-fold scores: probability =
softmax(a * lexical + b * encoder). Two numbers cannot overfit 12,000 rows, keep the order of the
labels within a table, and a third table would be one more number. Where the rows are a town's own,
their mix is the town's, and each class may get an offset too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
_SEARCH_STEPS = 40
_FLATTENING = 0.25  # the doubtful guess still prefers the likely labels
_CLOSE_ENOUGH = 1e-6  # of offsets: relative change of the loss


@dataclass(frozen=True)
class Mixture:
    """How much each score table counts; also the (inverse) temperature."""

    weights: tuple[float, ...]
    doubt: float = 0.0  # share of the probability that goes to a much flatter guess
    offsets: tuple[float, ...] = ()  # one per class, or none

    def logits(self, *scores: FloatArray) -> FloatArray:
        """Weighted sum of score tables, each (n, classes), in the order they were fitted."""
        total = scores[0] * np.float32(self.weights[0])
        for weight, table in zip(self.weights[1:], scores[1:], strict=True):
            total = total + table * np.float32(weight)
        return total + np.array(self.offsets, dtype=np.float32) if self.offsets else total

    def probabilities(self, *scores: FloatArray) -> FloatArray:
        """Rows that sum to one."""
        logits = self.logits(*scores)
        sharp = softmax(logits)
        if not self.doubt:
            return sharp
        flat = softmax(logits * np.float32(_FLATTENING))
        return np.asarray(sharp + np.float32(self.doubt) * (flat - sharp), dtype=np.float32)

    def humbled(self, factor: float, doubt: float) -> Mixture:
        """The same order of labels, promising less: for texts stranger than those fitted on."""
        return replace(self.sharpened(factor), doubt=doubt)

    def sharpened(self, factor: float) -> Mixture:
        """The same order of labels, all logits multiplied."""
        weights, offsets = (tuple(x * factor for x in own) for own in (self.weights, self.offsets))
        return replace(self, weights=weights, offsets=offsets)


def softmax(logits: FloatArray) -> FloatArray:
    """Along the last axis, safe for large scores."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def fit_mixture(
    tables: Sequence[FloatArray],
    truth: npt.NDArray[np.int64],
    counts: npt.NDArray[np.float32] | None = None,
) -> Mixture:
    """The weights with the least log-loss.

    :param tables: score tables of shape (n, classes), out of fold
    :param truth: index of the right class per row, shape (n,)
    :param counts: how much each row counts, shape (n,); None: all the same

    Coordinate descent with a golden-section search over each weight's logarithm: the loss is
    convex in the weights, smooth, and one evaluation costs milliseconds.
    """
    weights = [1.0] * len(tables)

    def loss(candidate: Sequence[float]) -> float:
        logits = Mixture(tuple(candidate)).logits(*tables)
        peak = logits.max(axis=1)
        log_sum = np.log(np.exp(logits - peak[:, None]).sum(axis=1)) + peak
        losses = log_sum - logits[np.arange(len(truth)), truth]
        return float(np.average(losses, weights=counts))

    for _ in range(3 if len(tables) > 1 else 1):
        for position in range(len(tables)):

            def at(log_weight: float, position: int = position) -> float:
                trial = list(weights)
                trial[position] = float(np.exp(log_weight))
                return loss(trial)

            weights[position] = float(np.exp(_golden_section(at, np.log(0.02), np.log(50.0))))
    return Mixture(tuple(weights))


def fit_offsets(
    mixture: Mixture,
    tables: Sequence[FloatArray],
    truth: npt.NDArray[np.int64],
    *,
    rarity: float,
    spread: float,
) -> Mixture:
    """The mixture with an offset for each class, sharp as before where that was right.

    One-against-rest separators are not on one scale: each class has its own, and a rare one is
    mostly too modest. The offsets are those of least log-loss, rows of rare classes counting more,
    and an offset is taken for small until many rows say otherwise.

    :param rarity: a row counts as its class's share of all rows to this power, inverted; 0: all
        the same, 1: every class the same
    :param spread: standard deviation that offsets are expected to have, as logits
    """
    from scipy.optimize import minimize

    logits = mixture.logits(*tables)
    n, classes = logits.shape
    rows = np.arange(n)
    weights = (1 / np.maximum(np.bincount(truth, minlength=classes), 1))[truth] ** rarity
    weights = (weights / weights.mean()).astype(np.float32)

    def loss(offsets: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        missed = softmax(logits + offsets.astype(np.float32))
        of_truth = np.maximum(missed[rows, truth], np.finfo(np.float32).tiny)
        missed[rows, truth] -= 1
        small = offsets / spread**2
        total = -float(np.dot(weights, np.log(of_truth))) + float(offsets @ small) / 2
        return total, (weights @ missed).astype(np.float64) + small

    # Numbers of single precision: a finer tolerance only looks for what is not there.
    found = minimize(loss, np.zeros(classes), jac=True, method="L-BFGS-B", tol=_CLOSE_ENOUGH)
    moved = replace(mixture, offsets=tuple(found.x.tolist()))
    return moved.sharpened(fit_mixture([moved.logits(*tables)], truth).weights[0])


def expected_calibration_error(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: int = 10
) -> float:
    """Mean distance between what was promised and what came true, over equal-width bins."""
    edges = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = 0.0
    for b in range(bins):
        inside = edges == b
        if inside.any():
            gap += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(gap)


def _golden_section(function: Callable[[float], float], low: float, high: float) -> float:
    ratio = (5**0.5 - 1) / 2
    a, b = low, high
    c, d = b - ratio * (b - a), a + ratio * (b - a)
    at_c, at_d = function(c), function(d)
    for _ in range(_SEARCH_STEPS):
        if at_c < at_d:
            b, d, at_d = d, c, at_c
            c = b - ratio * (b - a)
            at_c = function(c)
        else:
            a, c, at_c = c, d, at_d
            d = a + ratio * (b - a)
            at_d = function(d)
        if b - a < 1e-3:
            break
    return (a + b) / 2
