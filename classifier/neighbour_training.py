"""Neighbours while a model is trained: which rows are kept, and what they say of rows held out.

    NeighbourTrainer.ask(pool, vectors, rows, codes, folds, settings, ...) -> NeighbourTrainer
    trainer.neighbours                       those that will serve
    trainer.categories()                     (n, categories), NaN where nothing is held out
    trainer.types(), trainer.urgencies()     likewise, of rows judged anew

A row that is held out is asked about among the rows of the other folds, as it is for every other
voice: its own variants would know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.examples import Example
from classifier.neighbours import (
    CATEGORY,
    REQUEST_TYPE,
    UNKNOWN,
    URGENCY,
    FloatArray,
    IntArray,
    Nearest,
    Neighbours,
)
from classifier.tag import REQUEST_TYPES, URGENCIES
from classifier.task_pool import Task, TaskPool

_OF_SIDE_HEADS = (REQUEST_TYPES, URGENCIES)
Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Sought:
    """One fold under way: which rows are asked about, and among whom."""

    rows: IntArray
    among: Neighbours
    nearest: Task[Nearest]


@dataclass(frozen=True)
class NeighbourTrainer:
    """``known``: what the model before said of rows that are not judged anew."""

    neighbours: Neighbours
    codes: Sequence[str]
    known: FloatArray | None
    _sought: Sequence[_Sought]
    _count: int

    @classmethod
    def ask(
        cls,
        pool: TaskPool,
        vectors: FloatArray,
        rows: Sequence[Example],
        codes: Sequence[str],
        folds: npt.NDArray[np.int8],
        settings: dict[str, Any],
        *,
        town: Chosen,
        known: FloatArray | None = None,
        anew: Sequence[int] | None = None,
    ) -> NeighbourTrainer:
        """Begin to seek.

        :param vectors: centred, one per row; ``folds``: -1 for rows that are never judged
        :param town: rows that the town labelled, kept before others where there are too many
        :param known: (n, categories) from before, for all folds but those in ``anew``
        """
        everyone = Neighbours.keep(vectors, place_labels(rows, codes), settings)
        kept = choose_kept(rows, town, settings["most"])
        sought = []
        for number in range(int(folds.max()) + 1) if anew is None else anew:
            held_out = np.flatnonzero(folds == number)
            among = everyone.among(kept & (folds != number))
            if len(held_out) and len(among.vectors):
                nearest = pool.ask(seek, among, vectors[held_out])
                sought.append(_Sought(held_out, among, nearest))
        return cls(everyone.among(kept), codes, known, sought, len(rows))

    def categories(self) -> FloatArray:
        """What neighbours say of each row, (n, categories); NaN where nothing is held out."""
        told = self._tell(CATEGORY, len(self.codes))
        return told if self.known is None else np.where(np.isnan(told), self.known, told)

    def types(self) -> FloatArray:
        """Likewise of request types; only rows judged anew."""
        return self._tell(REQUEST_TYPE, len(REQUEST_TYPES))

    def urgencies(self) -> FloatArray:
        """Likewise of urgencies."""
        return self._tell(URGENCY, len(URGENCIES))

    def _tell(self, column: int, count: int) -> FloatArray:
        found = np.full((self._count, count), np.nan, dtype=np.float32)
        for own in self._sought:
            found[own.rows] = own.among.tell(own.nearest.result(), column, count)
        return found


def seek(among: Neighbours, vectors: FloatArray) -> Nearest:
    """For a process of its own."""
    return among.seek(vectors)


def choose_kept(rows: Sequence[Example], town: Chosen, most: int) -> Chosen:
    """At most so many rows, the town's first, else by the hash of their text: the same ones again
    after a few more rows."""
    order = sorted(range(len(rows)), key=lambda i: (not town[i], rows[i].key))
    kept = np.zeros(len(rows), dtype=np.bool_)
    kept[order[:most]] = True
    return kept


def place_labels(rows: Sequence[Example], codes: Sequence[str]) -> npt.NDArray[np.int16]:
    """(rows, 3), as :class:`classifier.neighbours.Neighbours` has them."""
    places = [{value: i for i, value in enumerate(kind)} for kind in (codes, *_OF_SIDE_HEADS)]
    found = [
        [
            place.get(label, UNKNOWN)
            for place, label in zip(
                places, (row.category, row.request_type, row.urgency), strict=True
            )
        ]
        for row in rows
    ]
    return np.array(found, dtype=np.int16).reshape(-1, len(places))
