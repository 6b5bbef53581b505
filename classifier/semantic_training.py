"""Adding a sentence encoder to a lexical model.

    SentenceVectors(encoder identity, rows)
    SemanticTrainer(...).fit(vectors, held_out, lexical) -> (SemanticPart, probabilities)

The encoder gets a model of its own, and the two vote with fitted weights. Put side by side in one
linear model the dense columns drown the sparse ones (three points lower on real messages), and
there would be no lexical answer to fall back on where the encoder need not be asked.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.artefact import SemanticPart
from classifier.calibration import Mixture, fit_mixture
from classifier.linear import fit_and_judge, fit_softmax

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SentenceVectors:
    """One vector per training row, shape (n, 384), and who made them."""

    encoder: str
    rows: FloatArray


@dataclass(frozen=True)
class SemanticTrainer:
    """What the lexical run knows about the rows; ``folds`` is -1 where a row is not judged."""

    classes: Sequence[str]
    labels: npt.NDArray[np.str_]
    truth: npt.NDArray[np.int64]
    folds: npt.NDArray[np.int8]
    settings: dict[str, Any]

    def fit(
        self, vectors: SentenceVectors, held_out: FloatArray, lexical: Mixture
    ) -> tuple[SemanticPart, FloatArray]:
        """Train, weigh and find where the encoder can be spared.

        :param held_out: out-of-fold lexical scores; ``lexical``: their mixture as it will serve
        :returns: the part, and the cascade's out-of-fold probabilities of the judged rows
        """
        mean = vectors.rows.mean(axis=0)
        centred = vectors.rows - mean
        centred /= np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
        fit = partial(fit_softmax, C=self.settings["encoder"]["C"])
        with warnings.catch_warnings():  # stopping early is meant, see linear.py
            warnings.filterwarnings("ignore", message="lbfgs failed to converge")
            model, encoded = fit_and_judge(fit, centred, self.labels, self.classes, self.folds)
        judged = self.folds >= 0
        truth = self.truth[judged]
        tables = (held_out[judged], encoded[judged])
        fitted = fit_mixture(tables, truth)
        served = fitted.humbled(**self.settings["calibration"])
        alone, both = lexical.probabilities(tables[0]), served.probabilities(*tables)
        allowed_loss = self.settings["cascade"]["allowed_loss"]
        ask_below = cheapest_bound(alone, both, truth, allowed_loss)
        part = SemanticPart(vectors.encoder, mean, model.weights, model.bias, served, ask_below)
        spared = (alone.max(axis=1) >= ask_below)[:, None]
        return part, np.where(spared, alone, both)


def cheapest_bound(
    alone: FloatArray, both: FloatArray, truth: npt.NDArray[np.int64], allowed_loss: float
) -> float:
    """The lowest lexical confidence from which the encoder can be spared.

    :param alone: lexical probabilities, ``both``: with the encoder; (n, classes)
    :param allowed_loss: share of all answers that may turn from right to wrong
    """
    confidence = alone.max(axis=1)
    gain = (both.argmax(axis=1) == truth).astype(int) - (alone.argmax(axis=1) == truth)
    order = np.argsort(-confidence)
    lost = np.cumsum(gain[order])  # answers lost by sparing the encoder down to here
    good = np.flatnonzero(lost <= allowed_loss * len(truth))
    return float(confidence[order[good[-1]]]) if len(good) else 1.01
