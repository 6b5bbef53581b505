"""Adding a sentence encoder to a lexical model.

    SentenceVectors(encoder identity, rows)
    centre(vectors) -> (mean, rows of length 1)         what the encoder's model is fitted on
    SemanticTrainer(...).combine(...) -> (SemanticPart, probabilities)

The encoder gets a model of its own, the nearest rows are asked as well
(:mod:`classifier.neighbours`), and both vote with the words, by fitted weights. Put side by side
in one linear model the dense columns drown the sparse ones (three points lower on real messages),
and there would be no lexical answer to fall back on where the encoder need not be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.calibration import Mixture
from classifier.fit_queue import Judging
from classifier.linear import Linear
from classifier.neighbour_training import NeighbourTrainer
from classifier.semantic_part import SemanticPart

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SentenceVectors:
    """One vector per training row, shape (n, 384), and who made them."""

    encoder: str
    rows: FloatArray


def centre(vectors: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The vectors' mean, and each vector without it, scaled to length 1."""
    mean = vectors.mean(axis=0)
    centred = vectors - mean
    centred /= np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
    return mean, centred


@dataclass(frozen=True)
class SemanticTrainer:
    """``encoder``: whose vectors, ``mean``: theirs; ``encoded``: the model under way."""

    encoder: str
    mean: FloatArray
    encoded: Judging
    neighbours: NeighbourTrainer
    settings: dict[str, Any]

    def held_out(self) -> tuple[FloatArray, FloatArray]:
        """What sentences and neighbours say of each row out of fold, (n, categories) each."""
        return self.encoded.held_out(), self.neighbours.categories()

    def combine(
        self,
        judged: npt.NDArray[np.bool_],
        truth: npt.NDArray[np.int64],
        held_out: FloatArray,
        lexical: Mixture,
        types: Linear | None,
        weigh: Callable[[Sequence[FloatArray]], Mixture],
    ) -> tuple[SemanticPart, FloatArray]:
        """Weigh words, sentences and neighbours, and find where the encoder can be spared.

        :param judged: which rows were scored out of fold; ``truth``: category of every row
        :param held_out: out-of-fold lexical scores; ``lexical``: their mixture as it will serve
        :param types: what the vectors say of the request type, None where nothing was learnt
        :param weigh: finds the mixture of score tables of the judged rows, as it will serve
        :returns: the part, and the cascade's out-of-fold probabilities of the judged rows
        """
        truth = truth[judged]
        tables = [table[judged] for table in (held_out, *self.held_out())]
        served = weigh(tables)
        alone, both = lexical.probabilities(tables[0]), served.probabilities(*tables)
        allowed_loss = self.settings["cascade"]["allowed_loss"]
        ask_below = cheapest_bound(alone, both, truth, allowed_loss)
        model = self.encoded.model()
        nothing = Linear(np.empty((len(self.mean), 0), np.float32), np.empty(0, np.float32))
        types = types or nothing
        part = SemanticPart(
            encoder=self.encoder,
            mean=self.mean,
            weights=model.weights,
            bias=model.bias,
            mixture=served,
            ask_below=ask_below,
            ask_below_type=self.settings["cascade"]["type"],
            type_weights=types.weights,
            type_bias=types.bias,
            neighbours=self.neighbours.neighbours,
        )
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
