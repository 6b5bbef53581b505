"""A table of texts in pieces, so that a million rows need no more memory than a thousand.

    open_source(path, text_column="text") -> Source    header, number of rows; all of it is checked
    source.shards(size=SHARD) -> lists of rows, in order

CSV is read line by line, twice: once to see that it can be read and how long it is. A spreadsheet
is opened whole, as its format wants.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from classifier.errors import BadExamples
from classifier.tables import ENCODINGS, Table, read_table

# A multiple of the model's batch: texts that share a call of the encoder must be the same ones
# however a file is cut, or the last digit of a confidence differs.
SHARD = 1_024
_CSV = (".csv", ".tsv", ".txt", "")
Row = dict[str, str]


@dataclass(frozen=True)
class Source:
    """``rows``: how many there are below the header; empty lines are none."""

    path: Path
    header: tuple[str, ...]
    rows: int
    _encoding: str
    _table: Table | None

    def shards(self, size: int = SHARD) -> Iterator[list[Row]]:
        """Lists of ``size`` rows, the last one shorter."""
        rows = self._rows()
        while piece := list(islice(rows, size)):
            yield piece

    def _rows(self) -> Iterator[Row]:
        if self._table is not None:
            yield from (row for _, row in self._table.rows)
            return
        with self.path.open(encoding=self._encoding, newline="") as lines:
            cells = csv.reader(lines)
            next(cells)
            yield from (row for row in map(self._row, cells) if row)

    def _row(self, cells: list[str]) -> Row | None:
        return row_of(self.header, cells)


def row_of(header: tuple[str, ...], cells: list[str]) -> Row | None:
    """Cells by column; None where all are empty."""
    if not any(map(str.strip, cells)):
        return None
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return dict(zip(header, padded, strict=False))


def open_source(path: str | Path, text_column: str = "text") -> Source:
    """:raises BadExamples: the file or its column cannot be read"""
    path = Path(path)
    if path.suffix.lower() not in _CSV:
        table = read_table(path)
        table.require(text_column)
        return Source(path, table.header, len(table.rows), "", table)
    for encoding in ENCODINGS:
        try:
            header, rows = _survey(path, encoding)
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise BadExamples(
                f"{path}: cannot be read ({error.strerror}); check the path."
            ) from error
        except csv.Error:
            break
        Table(path, header, ()).require(text_column)
        return Source(path, header, rows, encoding, None)
    raise BadExamples(f"{path}: is neither UTF-8 nor GB18030 text; save it as CSV (UTF-8).")


def _survey(path: Path, encoding: str) -> tuple[tuple[str, ...], int]:
    with path.open(encoding=encoding, newline="") as lines:
        reader = csv.reader(map(_checked, lines))
        first = next(reader, None)
        if first is None:
            raise BadExamples(
                f"{path}: is empty; it needs a header row and at least one row below."
            )
        header = tuple(cell.strip() for cell in first)
        return header, sum(any(map(str.strip, cells)) for cells in reader)


def _checked(line: str) -> str:
    if "\0" in line:  # UTF-16 or no text at all, read as something it is not
        raise csv.Error("a zero byte")
    return line
