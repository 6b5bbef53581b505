"""From scores to probabilities that mean what they say.

    fit_temperature(scores_list, truth, ...) -> Mixture   weights of one or two score tables
    Mixture.probabilities(*scores) -> (n, classes)
    expected_calibration_error(confidence, right) -> float

One number per score table, fitted by least log-loss on out-of-fold scores: probability =
softmax(a * lexical + b * encoder). Two numbers cannot overfit 12,000 rows, keep the order of the
labels within a table, and a third table would be one more number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
_SEARCH_STEPS = 40
_FLATTENING = 0.25  # the doubtful guess still prefers the likely labels


@dataclass(frozen=True)
class Mixture:
    """How much each score table counts; also the (inverse) temperature."""

    weights: tuple[float, ...]
    doubt: float = 0.0  # share of the probability that goes to a much flatter guess

    def logits(self, *scores: FloatArray) -> FloatArray:
        """Weighted sum of score tables, each (n, classes), in the order they were fitted."""
        total = scores[0] * np.float32(self.weights[0])
        for weight, table in zip(self.weights[1:], scores[1:], strict=True):
            total = total + table * np.float32(weight)
        return total

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
        return Mixture(tuple(weight * factor for weight in self.weights), doubt)


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
