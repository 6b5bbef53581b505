"""How good a model is in each category, from the answers to rows it had not seen.

    measure_folder(folder, truth) -> dict[code, CategoryFigures]      of a model in the registry
    count_answers(held_out, codes, truth) -> matrix                   rows: truth, columns: answer

``truth``: text key -> category, of the rows the model was trained on; a model keeps its answers and
not their labels. Needs numpy only, and reads two small arrays of the folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.artefact import read_meta
from classifier.errors import ModelError

_MOST_NAMED = 3
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CategoryFigures:
    """``n`` rows of the category, ``right`` of them found, ``said`` answers that named it;
    ``mistaken``: what its other rows were taken for, (code, rows), commonest first."""

    n: int
    right: int
    said: int
    mistaken: tuple[tuple[str, int], ...]

    @property
    def recall(self) -> float | None:
        """Share of its rows that were found."""
        return self.right / self.n if self.n else None

    @property
    def precision(self) -> float | None:
        """Share of the answers naming it that were right."""
        return self.right / self.said if self.said else None


def measure_folder(folder: Path, truth: Mapping[str, str]) -> dict[str, CategoryFigures]:
    """:raises ModelError: when the folder cannot be read"""
    codes = [label[0] for label in read_meta(folder)["labels"]]
    try:
        with np.load(folder / "arrays.npz", allow_pickle=False) as archive:
            keys, predicted = archive["held_out_keys"], archive["held_out_predicted"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder}: holds no readable model; train again.") from error
    return describe(count_answers(keys, predicted, codes, truth), codes)


def count_answers(
    keys: npt.NDArray[np.uint64],
    predicted: npt.NDArray[np.int16],
    codes: Sequence[str],
    truth: Mapping[str, str],
) -> IntArray:
    """Rows whose truth is unknown, or no category of the model, are passed over."""
    place = {code: number for number, code in enumerate(codes)}
    matrix = np.zeros((len(codes), len(codes)), dtype=np.int64)
    for key, answer in zip(keys.tolist(), predicted.tolist(), strict=True):
        given = place.get(truth.get(f"{key:016x}", ""))
        if given is not None:
            matrix[given, answer] += 1
    return matrix


def describe(matrix: IntArray, codes: Sequence[str]) -> dict[str, CategoryFigures]:
    """The same in words that a page can show."""
    found = {}
    for number, code in enumerate(codes):
        others = matrix[number].copy()
        others[number] = 0
        order = np.argsort(-others, kind="stable")[:_MOST_NAMED].tolist()
        found[code] = CategoryFigures(
            n=int(matrix[number].sum()),
            right=int(matrix[number, number]),
            said=int(matrix[:, number].sum()),
            mistaken=tuple((codes[i], int(others[i])) for i in order if others[i]),
        )
    return found
