"""Rows of a town for the tests of retraining: authored ones that the small model did not see."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.registry import ModelRegistry
from classifier.retraining.inputs import LabelledRow, labelled_row, write_inputs
from classifier.retraining.run import Outcome, retrain
from classifier.taxonomy import shipped_folder
from tests.classifier.conftest import CATEGORIES, ROWS_EACH


def town_rows(start: int = ROWS_EACH, stop: int = 100) -> list[LabelledRow]:
    """The same number of rows of each of the eight categories, said one a day."""
    rows = []
    for code in CATEGORIES:
        path = shipped_folder() / "examples" / f"{code}.csv"
        with path.open(encoding="utf-8") as file:
            for number, row in enumerate(list(csv.DictReader(file))[start:stop]):
                rows.append(
                    labelled_row(
                        row["text"],
                        code,
                        request_type=row["request_type"],
                        urgency=row["urgency"],
                        group=row["group"],
                        at=f"2026-10-{1 + number % 28:02}T09:00:00+08:00",
                        source="desk",
                    )
                )
    return rows


def relabelled(row: LabelledRow, category: str) -> LabelledRow:
    return replace(row, category=category)


def every(rows: Sequence[LabelledRow], step: int) -> tuple[list[LabelledRow], list[LabelledRow]]:
    """(the others, every ``step``-th one)"""
    held = rows[::step]
    keys = {row.key for row in held}
    return [row for row in rows if row.key not in keys], list(held)


def run(
    folder: Path,
    registry: ModelRegistry,
    taxonomy: Path,
    rows: Iterable[LabelledRow],
    frozen: Iterable[LabelledRow] = (),
    *,
    settings: dict[str, Any] | None = None,
    **options: Any,
) -> Outcome:
    """Retrain on these rows alone (no shipped ones: quicker), with words only."""
    write_inputs(
        folder / "in",
        rows,
        frozen,
        taxonomy=taxonomy,
        settings={"strength": "lexical", "with_shipped": False, **(settings or {})},
    )
    return retrain(folder / "in", registry, folder / "report", **options)
