"""Models of the shipped rows and a town's own, as the training room would make them.

read_town(path)                                 a file of a town's own labels
train_beside(rows, strength, folder, cache)     the model's folder
ask_apart(messages, count, strength, cache)     tags of models that did not see the message
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.unread.messages import Message
from classifier.folds import assign_folds
from classifier.input_training import train_inputs
from classifier.model import load_model
from classifier.registry import write_model
from classifier.retraining.inputs import LabelledRow, labelled_row, write_inputs
from classifier.tables import read_table
from classifier.tag import Tag
from classifier.taxonomy import shipped_folder

_FOLDS = 5


def read_town(path: Path) -> list[LabelledRow]:
    """``text``, ``category`` and, where they are there, ``request_type`` and ``urgency``."""
    return [_as_row(row["text"], row) for _, row in read_table(path).rows]


def train_beside(rows: Sequence[LabelledRow], strength: str, folder: Path, cache: Path) -> Path:
    """Shipped rows and these; ``cache`` keeps texts read and sentences encoded."""
    with tempfile.TemporaryDirectory() as place:
        inputs = write_inputs(
            Path(place) / "inputs",
            rows,
            (),
            taxonomy=shipped_folder() / "taxonomy.csv",
            settings={"strength": strength, "tokenizer": None, "with_shipped": True},
        )
        trained = train_inputs(inputs, cache=cache)
    write_model(trained.artefact, trained.metrics, folder)
    return folder


def ask_apart(messages: Sequence[Message], count: int, strength: str, cache: Path) -> list[Tag]:
    """Each message is asked about beside shipped rows and ``count`` messages of other folds."""
    folds = assign_folds(
        [one.labels["category"] for one in messages], [one.text for one in messages], _FOLDS
    )
    tags: dict[int, Tag] = {}
    for fold in range(_FOLDS):
        others = np.random.default_rng(fold).permutation(np.flatnonzero(folds != fold))
        asked = np.flatnonzero(folds == fold).tolist()
        with tempfile.TemporaryDirectory() as place:
            chosen = [messages[i] for i in others[:count].tolist()]
            rows = [_as_row(one.text, one.labels) for one in chosen]
            model = load_model(train_beside(rows, strength, Path(place) / "model", cache))
            told = model.tag_many([messages[i].text for i in asked], reasons=False)
        tags |= dict(zip(asked, told, strict=True))
    return [tags[i] for i in range(len(messages))]


def _as_row(text: str, told: Mapping[str, str]) -> LabelledRow:
    """As if the desk had labelled it."""
    return labelled_row(
        text,
        told["category"],
        request_type=told.get("request_type", ""),
        urgency=told.get("urgency", ""),
        source="desk",
    )
