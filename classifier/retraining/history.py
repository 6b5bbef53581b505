"""How the models of a town grew with its labels, all asked today's exam.

    ask_earlier(registry, frozen, taxonomy, encoder, leaks=(), *, but="") -> list[Point]
    ask(model, labels, frozen, taxonomy, leaks=()) -> Point
    Point: model, labels, n, accuracy; .to_dict()

A learning curve from the models that were really made: where it is still steep, labelling goes on
being worth it. Every one answers the same frozen rows; where one of them learnt such a row, its
out-of-fold answer counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from classifier.artefact import read_artefact
from classifier.encoder import Encoder
from classifier.errors import ClassifierError
from classifier.examples import Example
from classifier.model import Model
from classifier.registry import ModelRegistry
from classifier.retraining.comparison import without_phrases
from classifier.retraining.figures import load_bounds
from classifier.retraining.inputs import read_meta
from classifier.retraining.record import FOLDER
from classifier.retraining.witness import Witness
from classifier.taxonomy import Taxonomy

_MOST = 8  # earlier models that are asked, the latest
_LEAST = 20  # frozen rows; with fewer the curve is noise


@dataclass(frozen=True)
class Point:
    """``accuracy`` on ``n`` frozen rows of a model that learnt ``labels`` rows of the town."""

    model: str
    labels: int
    n: int
    accuracy: float

    def to_dict(self) -> dict[str, Any]:
        """For ``comparison.json``."""
        return asdict(self)


def ask_earlier(
    registry: ModelRegistry,
    frozen: Sequence[Example],
    taxonomy: Taxonomy,
    encoder: Encoder | None,
    leaks: Sequence[str] = (),
    *,
    but: str = "",
) -> list[Point]:
    """The registered models that can be asked, oldest first; [] where there is no exam to speak of.

    :param but: id of a model that is left out
    :param encoder: one that remembers what it encoded, as the comparison uses it
    """
    if len(frozen) < _LEAST:
        return []
    points = []
    for entry in reversed(registry.list()[:_MOST]):
        if entry.id == but:
            continue
        folder = registry.path(entry.id)
        try:
            model = Model(read_artefact(folder), encoder)
            labels = count_labels(folder)
        except ClassifierError:
            continue  # of an older program, or with another encoder
        points.append(ask(model, labels, frozen, taxonomy, leaks))
    return points


def ask(
    model: Model,
    labels: int,
    frozen: Sequence[Example],
    taxonomy: Taxonomy,
    leaks: Sequence[str] = (),
) -> Point:
    """One model's answers to the exam."""
    rows = sorted(frozen, key=lambda row: row.key)[: load_bounds()["frozen_most"]]
    rows = [replace(row, text=without_phrases(row.text, leaks)) for row in rows]
    tags = Witness(model, taxonomy).tags(rows)
    right = sum(tag.category == row.category for tag, row in zip(tags, rows, strict=True))
    return Point(model.id, labels, len(rows), round(right / len(rows), 4))


def count_labels(folder: Path) -> int:
    """Rows of the town that a model learnt.

    :raises InputsError: when it keeps no inputs
    """
    return int(read_meta(folder / FOLDER)["counts"]["rows"])
