"""What the nearest labelled sentences are called.

    Neighbours.keep(vectors, labels, ...) -> Neighbours      rows of length 1, one byte a number
    neighbours.seek(vectors) -> Nearest                      for each vector, the nearest rows
    neighbours.tell(nearest, column, count) -> (n, count)    logarithms of their shares

A linear model of sentence vectors knows what a category is like on the whole; but a category is
many small matters, each of which comes again in other words (the card that does not arrive, the
lamp that burns by day). So the nearest rows are asked as well: the nearer one is, the more it
counts. Of a thousand real messages that nobody had read a linear model of the vectors has .77
right, their neighbours .82; beside the words, and both instead of the one, .875 instead of .859.

Neighbours see one by one what a linear model averages away, wrong labels included: they only vote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

CATEGORY, REQUEST_TYPE, URGENCY = range(3)  # columns of the labels
UNKNOWN = -1
_AT_ONCE = 256  # vectors compared with all rows together: 20 MB of likenesses
_STEPS = 127  # of a number kept as a byte
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


class Nearest(NamedTuple):
    """For each of n vectors its k nearest rows, the nearest first; both (n, k)."""

    places: IntArray
    likeness: FloatArray  # cosine


@dataclass(frozen=True)
class Neighbours:
    """``vectors`` times ``scales``: (rows, 384), of length 1; ``labels``: (rows, 3), the places of
    category, request type and urgency among their kind, :data:`UNKNOWN` where not labelled."""

    vectors: npt.NDArray[np.int8]
    scales: FloatArray
    labels: npt.NDArray[np.int16]
    asked: int  # so many rows are asked about a text
    sharpness: float  # how much more a nearer one counts: exp(sharpness * cosine)
    floor: float  # share of a label that nobody near has

    @classmethod
    def keep(
        cls, vectors: FloatArray, labels: npt.NDArray[np.int16], settings: Mapping[str, Any]
    ) -> Neighbours:
        """:param vectors: rows of length 1; ``settings``: section ``[neighbours]``"""
        scales = (np.abs(vectors).max(axis=1) / _STEPS + 1e-12).astype(np.float32)
        small = np.round(vectors / scales[:, None]).astype(np.int8)
        numbers = (int(settings["asked"]), float(settings["sharpness"]), float(settings["floor"]))
        return cls(small, scales, labels, *numbers)

    def among(self, chosen: npt.NDArray[Any]) -> Neighbours:
        """Some of the rows; ``chosen``: places, or one truth value a row."""
        return replace(
            self,
            vectors=self.vectors[chosen],
            scales=self.scales[chosen],
            labels=self.labels[chosen],
        )

    def seek(self, vectors: FloatArray) -> Nearest:
        """:param vectors: (n, 384), of length 1"""
        count = min(self.asked, len(self.vectors))
        places = np.empty((len(vectors), count), dtype=np.int64)
        likeness = np.empty((len(vectors), count), dtype=np.float32)
        for start in range(0, len(vectors), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            alike = vectors[part] @ self._rows.T
            near = np.argpartition(-alike, count - 1, axis=1)[:, :count]
            found = np.take_along_axis(alike, near, axis=1)
            order = np.argsort(-found, axis=1, kind="stable")
            places[part] = np.take_along_axis(near, order, axis=1)
            likeness[part] = np.take_along_axis(found, order, axis=1)
        return Nearest(places, likeness)

    def tell(self, nearest: Nearest, column: int, count: int) -> FloatArray:
        """Logarithm of the share that each of ``count`` labels has among the nearest rows."""
        labels = self.labels[nearest.places, column]
        weights = np.exp(self.sharpness * (nearest.likeness - nearest.likeness[:, :1]))
        weights[labels == UNKNOWN] = 0.0
        shares = np.zeros((len(labels), count), dtype=np.float32)
        rows = np.arange(len(labels))[:, None]
        np.add.at(shares, (rows, np.maximum(labels, 0)), weights)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
        return np.asarray(np.log(shares + np.float32(self.floor)), dtype=np.float32)

    @cached_property
    def _rows(self) -> FloatArray:
        return self.vectors * self.scales[:, None]
