"""From the labels in the database to the inputs of one training, written down once.

    await write_job_inputs(database, folder, wish, now) -> counts
        ``{"case": 120, "import": 40, "held_out": 32, …}``: labels by source
    await store_suspects(database, report, model_id, now)       what the training doubts
    Wish                                                        what somebody asked for

Runs in the training process: a hundred thousand labels take seconds to read, and the server's
loop has citizens to answer.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cases.storage.database import Database
from cases.town import load_town
from cases.use_cases.categories import write_taxonomy
from cases.use_cases.labels import (
    StoredLabel,
    gather_labels,
    mark_held_out,
    record_suspects,
    training_rows,
)
from classifier.artefact import read_meta
from classifier.registry import ModelRegistry
from classifier.retraining.frozen_set import freeze_rows
from classifier.retraining.inputs import ROWS, LabelledRow, decode_rows, write_inputs
from classifier.tokenizer import default_tokenizer
from intake_api.retraining.folders import inputs_of

#: A transaction that writes holds up the others of SQLite: a few hundred rows are a moment.
_SLICE = 500
_REST = 0.05  # seconds after each hundred labels, in which others write


@dataclass(frozen=True)
class Wish:
    """``strength``: empty for that of the serving model; ``fallback``: where none serves."""

    strength: str
    fallback: str | None = None


async def write_job_inputs(
    database: Database, folder: Path, registry: ModelRegistry, wish: Wish, now: datetime
) -> dict[str, int]:
    """Everything the training needs, so that it never looks at the database again.

    What was decided about the frozen rows is in the database before the inputs are there: killed
    in between, the next run finds the same rows frozen.
    """
    await gather_labels(database, now, pause=_REST)
    taxonomy = folder / "town_taxonomy.csv"
    async with database.reading() as session:
        labels = await training_rows(session)
        await write_taxonomy(session, taxonomy)
    rows = [as_row(label) for label in labels]
    known = {label.key for label in labels if label.held_out}
    held = freeze_rows(rows, known, decided=_learnt(registry))
    await _mark(database, sorted(held - known), now)
    trained = [row for row in rows if row.key not in held]
    frozen = [row for row in rows if row.key in held]
    write_inputs(
        inputs_of(folder), trained, frozen, taxonomy=taxonomy, settings=_settings(registry, wish)
    )
    return {**Counter(row.source for row in rows), "held_out": len(frozen)}


def _learnt(registry: ModelRegistry) -> set[str]:
    """Keys that the serving model was trained on: to test it on them would flatter it."""
    serving = registry.current()
    path = serving / "inputs" / ROWS if serving else None
    if path is None or not path.is_file():
        return set()
    return {row.key for row in decode_rows(path.read_bytes())}


def as_row(label: StoredLabel) -> LabelledRow:
    """The same label in the classifier's words; its text is masked already."""
    return LabelledRow(
        key=label.key,
        text=label.text,
        category=label.category,
        request_type=label.request_type,
        urgency=label.urgency,
        group=label.group,
        at=label.at.isoformat(),
        source=label.source,
    )


async def _mark(database: Database, keys: Sequence[str], now: datetime) -> None:
    for start in range(0, len(keys), _SLICE):
        async with database.transaction() as session:
            await mark_held_out(session, keys[start : start + _SLICE], now)


def _settings(registry: ModelRegistry, wish: Wish) -> Mapping[str, Any]:
    """Settled now and written down: on another day other things may be installed or serve."""
    serving = registry.current()
    meta = read_meta(serving) if serving else None
    return {
        "strength": wish.strength or (meta["strength"] if meta else wish.fallback or ""),
        "tokenizer": default_tokenizer(),
        "base": meta["id"] if meta else "",
    }


async def store_suspects(database: Database, report: Path, model_id: str, now: datetime) -> None:
    """Labels that the model's own held-out answers contradict, for the desk of suspects."""
    path = report / "suspects.jsonl"
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    suspects = [json.loads(line) for line in lines if line]
    async with database.transaction() as session:
        town = await load_town(session)
        await record_suspects(session, suspects, model_id, town, now)
