"""Tags a whole file.

    classify_file(source, target, model_dir, *, text_column="text", progress=None) -> int
        CSV or XLSX in, CSV or XLSX out (by suffix); returns the number of rows
    tag_cells(model, texts) -> the added columns of each row
    write_tagged(target, header, lines) -> int

Adds the columns platform, category, confidence, decision, category_2, category_3, request_type,
urgency after those of the file; columns of these names are replaced. Cells that look like a
formula stay text. The target appears when it is complete. ``classifier.cluster.bulk`` does the
same on many machines.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.shards import Row, open_source
from classifier.tables import write_table
from classifier.tag import Tag

if TYPE_CHECKING:
    from classifier.model import Model

ADDED = (
    "platform",
    "category",
    "confidence",
    "decision",
    "category_2",
    "category_3",
    "request_type",
    "urgency",
)
_CHUNK = 64
Progress = Callable[[str, float], None]


def classify_file(
    source: str | Path,
    target: str | Path,
    model_dir: str | Path,
    *,
    text_column: str = "text",
    progress: Progress | None = None,
) -> int:
    """:raises BadExamples: the file or its column cannot be read
    :raises ModelError: the model cannot be used
    """
    from classifier.model import load_model

    table = open_source(source, text_column)
    model = load_model(model_dir)
    kept = kept_columns(table.header)

    def lines() -> Iterator[list[str]]:
        done = 0
        for shard in table.shards(_CHUNK):
            yield from join_cells(
                shard, kept, tag_cells(model, [row[text_column] for row in shard])
            )
            done += len(shard)
            if progress:
                progress("tagging", done / table.rows)

    return write_tagged(target, kept, lines())


def kept_columns(header: Sequence[str]) -> list[str]:
    """The columns of the file that stay."""
    return [name for name in header if name not in ADDED]


def join_cells(
    rows: Iterable[Row], kept: Sequence[str], cells: Iterable[Sequence[str]]
) -> Iterator[list[str]]:
    """Lines of the target."""
    for row, added in zip(rows, cells, strict=True):
        yield [*(row[name] for name in kept), *added]


def write_tagged(target: str | Path, kept: Sequence[str], lines: Iterable[list[str]]) -> int:
    """Write the target whole or not at all; returns the number of lines."""
    target = Path(target)
    partial = target.with_name(f".{os.getpid()}.{target.name}")
    written = 0

    def counted() -> Iterator[list[str]]:
        nonlocal written
        for line in lines:
            yield line
            written += 1

    try:
        write_table(partial, [*kept, *ADDED], counted())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return written


def tag_cells(model: Model, texts: Sequence[str]) -> list[list[str]]:
    """The added columns, in the order of :data:`ADDED`."""
    return [_cells(tag) for tag in model.tag_many(texts, reasons=False)]


def _cells(tag: Tag) -> list[str]:
    others = [other.category for other in tag.alternatives] + ["", ""]
    return [
        tag.platform,
        tag.category,
        f"{tag.confidence:.4f}",
        tag.decision,
        others[0],
        others[1],
        tag.request_type,
        tag.urgency,
    ]
