"""Files of labels in and out: what pages and commands share.

    look_at(path, columns, *, town, now) -> LabelPreview      writes nothing; None: columns guessed
    await import_file(path, columns, *, …) -> Counts          a batch at a time
    await export_file(path, database, town) -> int            .csv, .xlsx or .jsonl, by the suffix
    label_files_folder(data_dir) -> Path                      where uploaded files wait

Rows that cannot be taken are told with their line and the rest goes on. Texts are masked before
anything is stored. ``huying train --data`` reads each of the three formats.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import InvalidData
from cases.imports.orders import BadRow
from cases.labels.keys import clean_text
from cases.labels.rows import (
    LabelRow,
    LabelRowReader,
    category_codes,
    check_columns,
    find_label_columns,
)
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.label_files import EXPORTED, export_row, read_batch, store_rows
from cases.use_cases.label_votes import note_filled
from classifier.tables import write_table
from intake_api.imports.order_files import Row, open_orders

BATCH = 200
SHOWN_ROWS, KEPT_TROUBLES = 8, 300
FORMATS = (".csv", ".xlsx", ".jsonl")
Trouble = tuple[int, str]


@dataclass
class LabelPreview:
    """What a file holds: ``first`` rows are masked, ``troubles`` the first of ``refused``."""

    header: tuple[str, ...]
    columns: dict[str, int]
    rows: int = 0
    labelled: int = 0
    refused: int = 0
    first: list[LabelRow] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def unlabelled(self) -> int:
        """Texts that wait for somebody to label them."""
        return self.rows - self.labelled - self.refused


@dataclass
class Counts:
    """What became of a file so far."""

    rows: int = 0
    labelled: int = 0
    unlabelled: int = 0
    known: int = 0
    refused: int = 0
    troubles: list[Trouble] = field(default_factory=list)

    def refuse(self, line: int, sentence: str) -> None:
        """One more row that could not be taken; the first are kept word for word."""
        self.refused += 1
        if len(self.troubles) < KEPT_TROUBLES:
            self.troubles.append((line, sentence))


#: In the transaction of a batch; ``False``: somebody has stopped it, and the batch is not kept.
Keep = Callable[[AsyncSession, Counts], Awaitable[bool]]


def label_files_folder(data_dir: Path) -> Path:
    """Made when it is first needed."""
    folder = data_dir / "label_files"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def columns_of(header: Sequence[str], chosen: Mapping[str, int] | None) -> dict[str, int]:
    """Raises ``InvalidData`` where no text is among them."""
    columns = dict(chosen) if chosen is not None else find_label_columns(header)
    check_columns(columns, header)
    return columns


def look_at(
    path: Path, chosen: Mapping[str, int] | None, *, town: Town, now: datetime
) -> LabelPreview:
    """Read the whole file without masking it. Raises ``InvalidData``. Blocking."""
    with open_orders(path) as (header, rows):
        # A first look must show the file even where no column is called anything we know.
        columns = find_label_columns(header) if chosen is None else columns_of(header, chosen)
        preview = LabelPreview(tuple(header), columns)
        if "text" not in columns:
            preview.rows = sum(1 for _ in rows)
            return preview
        reader = _reader(columns, town, now, clean=str.strip)
        for item in _read(reader, rows):
            preview.rows += 1
            if isinstance(item, LabelRow):
                preview.labelled += bool(item.category)
                if len(preview.first) < SHOWN_ROWS:
                    preview.first.append(_masked(item))
            else:
                preview.refused += 1
                if len(preview.troubles) < KEPT_TROUBLES:
                    preview.troubles.append(item)
    if not preview.rows:
        raise InvalidData("文件里只有表头，没有要标注的文字。", field="file")
    return preview


async def import_file(
    path: Path,
    chosen: Mapping[str, int] | None,
    *,
    database: Database,
    town: Town,
    clock: Callable[[], datetime],
    by: str,
    replace: bool = False,
    keep: Keep | None = None,
) -> Counts | None:
    """``None``: stopped on the way. Raises ``InvalidData`` for a file that is no use."""
    counts = Counts()
    opened = open_orders(path)
    header, rows = await asyncio.to_thread(opened.__enter__)
    try:
        reader = _reader(columns_of(header, chosen), town, clock(), clean=clean_text)
        items = _read(reader, rows)
        while batch := await asyncio.to_thread(lambda: list(islice(items, BATCH))):
            good = [item for item in batch if isinstance(item, LabelRow)]
            async with database.transaction() as session:
                stored = await store_rows(session, good, by=by, replace=replace, now=clock())
                bad = [item for item in batch if not isinstance(item, LabelRow)]
                for line, sentence in sorted([*bad, *stored.troubles]):
                    counts.refuse(line, sentence)
                counts.rows += len(batch)
                counts.labelled += stored.labelled
                counts.unlabelled += stored.unlabelled
                counts.known += stored.known
                if keep is not None and not await keep(session, counts):
                    await session.rollback()  # rows that nobody counts are not kept either
                    return None
        async with database.transaction() as session:
            await note_filled(session, None)
    finally:
        await asyncio.to_thread(opened.__exit__, None, None, None)
    return counts


async def export_file(path: Path, database: Database, town: Town) -> int:
    """Every settled label; written beside the target and renamed at the end."""
    if path.suffix.lower() not in FORMATS:
        raise InvalidData("文件名要以 .csv、.xlsx 或 .jsonl 结尾。", field="file")
    rows: list[tuple[str, ...]] = []
    last = 0
    while True:
        async with database.reading() as session:
            batch = await read_batch(session, last)
        if not batch:
            break
        last = batch[-1].id
        rows += [export_row(text, town) for text in batch]
    await asyncio.to_thread(_write, path, rows)
    return len(rows)


def _write(path: Path, rows: Sequence[tuple[str, ...]]) -> None:
    partial = path.with_name(f".{path.stem}.part{path.suffix.lower()}")
    try:
        if path.suffix.lower() == ".jsonl":
            with partial.open("w", encoding="utf-8") as file:
                for row in rows:
                    named = dict(zip(EXPORTED, row, strict=True))
                    file.write(json.dumps(named, ensure_ascii=False) + "\n")
        else:
            write_table(partial, EXPORTED, rows)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _reader(
    columns: Mapping[str, int], town: Town, now: datetime, *, clean: Callable[[str], str]
) -> LabelRowReader:
    zone = town.calendar.zone
    return LabelRowReader(columns, codes=category_codes(town), zone=zone, now=now, clean=clean)


def _read(reader: LabelRowReader, rows: Iterator[Row]) -> Iterator[LabelRow | Trouble]:
    for row in rows:
        if row.trouble:
            yield row.line, row.trouble
            continue
        try:
            yield reader.read(row.line, row.cells)
        except BadRow as error:
            yield row.line, str(error)


def _masked(row: LabelRow) -> LabelRow:
    return dataclasses.replace(row, text=clean_text(row.text))
