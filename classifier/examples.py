"""Labelled rows, and what is wrong with them.

    load_examples(paths, taxonomy, *, text_column, category_column) -> Examples(rows, warnings)
    load_shipped_examples(taxonomy) -> Examples
    taxonomy_examples(taxonomy) -> list[Example]      the taxonomy's own sentences

A file of labels is somebody's afternoon: an unknown label, an empty text or a missing column is
one sentence with file, row and remedy, and nothing is trained. Texts that occur twice are counted
once; where two rows disagree about the category, both are set aside and reported.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from classifier.errors import BadExamples
from classifier.tables import Table, read_table
from classifier.tag import REQUEST_TYPES, URGENCIES
from classifier.taxonomy import Taxonomy, shipped_folder

_READABLE = (".csv", ".xlsx", ".xls", ".ods", ".jsonl")
_HEADS = {"request_type": REQUEST_TYPES, "urgency": URGENCIES}
_MOST_NAMED = 5  # warnings name this many rows and count the rest


@dataclass(frozen=True)
class Example:
    """One labelled text. ``request_type`` and ``urgency`` are empty where not labelled."""

    text: str
    category: str
    request_type: str = ""
    urgency: str = ""
    group: str = ""  # rows that vary one story; empty: the row stands alone
    where: str = ""  # file and row, for messages

    @cached_property
    def key(self) -> str:
        """Name of the text, the same however it is spaced."""
        return text_key(self.text)


@dataclass(frozen=True)
class Examples:
    """Rows that passed every check, and what a person should know about the rest."""

    rows: tuple[Example, ...]
    warnings: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """16 hex digits over texts and labels, whatever the order of files."""
        lines = sorted(
            "\t".join((row.key, row.category, row.request_type, row.urgency)) for row in self.rows
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def text_key(text: str) -> str:
    """16 hex digits that name a text, spaces apart."""
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:16]


def load_shipped_examples(taxonomy: Taxonomy) -> Examples:
    """The rows in ``training_data/examples``."""
    return load_examples([shipped_folder() / "examples"], taxonomy)


def load_examples(
    paths: Sequence[str | Path],
    taxonomy: Taxonomy,
    *,
    text_column: str = "text",
    category_column: str = "category",
    clean: Callable[[str], str] | None = None,
) -> Examples:
    """Read files, or every table in a folder, and check each row.

    :param clean: takes personal data out of each text
    :raises BadExamples: for the first thing that cannot be used.
    """
    read: list[Example | None] = []
    for path in _files(paths):
        table = read_table(path)
        table.require(text_column, category_column)
        read += [
            _example(table, number, row, taxonomy, text_column, category_column)
            for number, row in table.rows
        ]
    usable = [row for row in read if row]
    if clean:
        usable = [replace(row, text=clean(row.text)) for row in usable]
    rows, warnings = _settle_duplicates(usable)
    if split := read.count(None):
        warnings.append(
            f"{split} rows have a retired category without one successor; label them anew."
        )
    _check_classes(rows, paths)
    return Examples(tuple(rows), tuple(warnings))


def taxonomy_examples(taxonomy: Taxonomy) -> list[Example]:
    """Names, definitions, vocabulary and example sentences as training text."""
    return [
        Example(text, label.code, group=f"taxonomy:{label.code}")
        for label in taxonomy
        for text in label.texts
    ]


def _files(paths: Sequence[str | Path]) -> Iterable[Path]:
    for given in paths:
        path = Path(given)
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in _READABLE)
        if not found:
            raise BadExamples(f"{path}: holds no CSV or XLSX file; put labelled rows there.")
        yield from found


def _example(
    table: Table,
    number: int,
    row: dict[str, str],
    taxonomy: Taxonomy,
    text_column: str,
    category_column: str,
) -> Example | None:
    """None for a row whose category was retired and not replaced by one other."""
    where = f"{table.path}, row {number}"
    text, category = row[text_column].strip(), row[category_column].strip()
    if not text:
        raise BadExamples(f"{where}: the text is empty; fill it in or remove the row.")
    settled = taxonomy.settle(category)
    if settled is None and category in taxonomy.successors:
        return None
    if settled is None:
        raise BadExamples(
            f"{where}: the category “{category}” is not in the taxonomy; "
            "correct it or add it to the taxonomy."
        )
    heads = {name: row.get(name, "").strip() for name in _HEADS}
    for name, value in heads.items():
        if value and value not in _HEADS[name]:
            raise BadExamples(
                f"{where}: the {name} “{value}” is unknown; use one of {', '.join(_HEADS[name])}."
            )
    return Example(text, settled, **heads, group=row.get("group", "").strip(), where=where)


def _settle_duplicates(rows: list[Example]) -> tuple[list[Example], list[str]]:
    by_key: dict[str, list[Example]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    kept, conflicts, repeats = [], [], 0
    for same in by_key.values():
        if len({row.category for row in same}) > 1:
            conflicts.append(same)
        else:
            kept.append(same[0])
            repeats += len(same) - 1
    warnings = [
        f"{same[1].where}: the same text as {same[0].where} has another category "
        f"({same[1].category} and {same[0].category}); both are set aside, correct one of them."
        for same in conflicts[:_MOST_NAMED]
    ]
    if len(conflicts) > _MOST_NAMED:
        warnings.append(f"{len(conflicts) - _MOST_NAMED} more texts have two categories.")
    if repeats:
        warnings.append(f"{repeats} rows repeat a text with the same category; each counts once.")
    return kept, warnings


def _check_classes(rows: Sequence[Example], paths: Sequence[str | Path]) -> None:
    source = ", ".join(str(path) for path in paths)
    sizes = Counter(row.category for row in rows)
    if not sizes:
        raise BadExamples(f"{source}: holds no usable row; add labelled rows.")
    if len(sizes) == 1:
        raise BadExamples(
            f"{source}: every row has the category “{next(iter(sizes))}”; "
            "add rows of at least one other category."
        )
    if max(sizes.values()) < 3:
        raise BadExamples(
            f"{source}: no category has more than {max(sizes.values())} rows; "
            "add rows until at least one has 3 (30 or more each work well)."
        )
