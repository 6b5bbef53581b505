"""Tags a whole file.

    classify_file(source, target, model_dir, *, text_column="text", progress=None) -> int
        CSV or XLSX in, CSV or XLSX out (by suffix); returns the number of rows

Adds the columns platform, category, confidence, decision, category_2, category_3, request_type,
urgency after those of the file; columns of these names are replaced. Cells that look like a
formula stay text. The target appears when it is complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from classifier.tables import read_table, write_table
from classifier.tag import Tag

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


def classify_file(
    source: str | Path,
    target: str | Path,
    model_dir: str | Path,
    *,
    text_column: str = "text",
    progress: Callable[[str, float], None] | None = None,
) -> int:
    """:raises BadExamples: the file or its column cannot be read
    :raises ModelError: the model cannot be used
    """
    from classifier.model import load_model

    table = read_table(source)
    table.require(text_column)
    model = load_model(model_dir)
    kept = [name for name in table.header if name not in ADDED]
    texts = [row[text_column] for _, row in table.rows]
    lines: list[list[str]] = []
    for start in range(0, len(texts), _CHUNK):
        for tag in model.tag_many(texts[start : start + _CHUNK]):
            row = table.rows[len(lines)][1]
            lines.append([row[name] for name in kept] + _cells(tag))
        if progress:
            progress("tagging", len(lines) / len(texts))
    target = Path(target)
    partial = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        write_table(partial, [*kept, *ADDED], lines)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return len(lines)


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
