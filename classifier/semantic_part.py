"""What sentences' vectors say, in a model that serves.

SemanticPart.judge(vectors) -> Said         on categories, request types and urgencies
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.calibration import Mixture
from classifier.neighbours import CATEGORY, REQUEST_TYPE, URGENCY, Neighbours
from classifier.tag import REQUEST_TYPES, URGENCIES

FloatArray = npt.NDArray[np.float32]


class Said(NamedTuple):
    """What sentences' vectors say: tables to weigh or vote, one row a sentence in each."""

    categories: tuple[FloatArray, ...]
    types: tuple[FloatArray, ...]
    urgencies: FloatArray | None = None


@dataclass(frozen=True)
class SemanticPart:
    """The encoder's say: ``(vector - mean) scaled to length 1 @ weights + bias``, and what the
    nearest training rows are called."""

    encoder: str
    mean: FloatArray
    weights: FloatArray
    bias: FloatArray
    mixture: Mixture  # weights of the scores: lexical, and the tables of :meth:`judge`
    ask_below: float  # lexical confidence from which the encoder is spared
    ask_below_type: float  # and likewise how sure the request type must be without it
    type_weights: FloatArray  # (384, request types), without columns where nothing was learnt
    type_bias: FloatArray

    neighbours: Neighbours | None = None  # a model of an older program has none

    def judge(self, vectors: FloatArray) -> Said:
        """:param vectors: (n, 384), as the encoder gave them"""
        centred = self._centre(vectors)
        categories = centred @ self.weights + self.bias
        types = centred @ self.type_weights + self.type_bias
        if self.neighbours is None:
            return Said((categories,), (types,))
        nearest = self.neighbours.seek(centred)
        called = self.neighbours.tell(nearest, CATEGORY, len(self.bias))
        meant = self.neighbours.tell(nearest, REQUEST_TYPE, len(REQUEST_TYPES))
        hurried = self.neighbours.tell(nearest, URGENCY, len(URGENCIES))
        return Said((categories, called), (types, meant), hurried)

    def _centre(self, vectors: FloatArray) -> FloatArray:
        centred = vectors - self.mean
        centred /= np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
        return np.asarray(centred, dtype=np.float32)
