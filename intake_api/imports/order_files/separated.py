"""CSV as offices write it: UTF-8 or GB18030, commas, tabs or semicolons, quotes that do not match.

A quote that is never closed would swallow the rest of the file. Such a row is given up, with its
sentence, and reading goes on with the line after it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from cases.errors import InvalidData
from cases.file_encoding import find_encoding
from intake_api.imports.order_files.rows import LONGEST_CELL, MOST_COLUMNS, Row, long_cell, too_wide

_MOST_LINES = 400
_SEPARATORS = ",\t;|"
_OPEN_QUOTE = "引号没有成对，后面的内容读不出来，请在表格软件里核对这一行。"


class _TooLong(Exception):
    """A row does not end."""


class _Lines:
    """The lines of a file; those of the present row can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._back: deque[str] = deque()
        self.row: list[str] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.row) >= _MOST_LINES or sum(map(len, self.row[-2:])) > 2 * LONGEST_CELL:
            raise _TooLong
        line = self._back.popleft() if self._back else self._file.readline(2 * LONGEST_CELL)
        if not line:
            self.ended = True
            raise StopIteration
        # Files joined with others keep the others' marks in the middle.
        line = line.replace("\ufeff", "")
        self.row.append(line)
        return line

    def begin(self) -> None:
        """The next line is the first of a row."""
        self.row = []

    def give_back(self) -> None:
        """All but the first line of the row are read again."""
        self._back.extendleft(reversed(self.row[1:]))
        self.ended = False


def encoding_of(path: Path) -> str:
    """Raises ``InvalidData`` for what is no text."""
    encoding = find_encoding(path)
    if encoding is None:
        raise InvalidData(
            "文件既不是 UTF-8 也不是 GB18030 文本，请另存为 UTF-8 的 CSV 或 .xlsx。", field="file"
        )
    return encoding


def read_separated(path: Path) -> Iterator[Row]:
    """First the header, then the rows; empty ones are counted and left out."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(LONGEST_CELL)
        separator = max(_SEPARATORS, key=first.count)
        file.seek(0)
        csv.field_size_limit(max(csv.field_size_limit(), 10 * LONGEST_CELL))
        yield from _rows(_Lines(file), separator)


def _rows(lines: _Lines, separator: str) -> Iterator[Row]:
    width = 0
    number = 0
    while True:
        lines.begin()
        number += 1
        try:
            cells = next(csv.reader(lines, delimiter=separator), None)
        except (_TooLong, csv.Error):
            lines.give_back()
            trouble = _OPEN_QUOTE if len(lines.row) > 1 else long_cell(LONGEST_CELL)
            yield Row(number, _as_it_is(lines), trouble)
            continue
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if not width:
            width = _width_of(cells)
            yield Row(number, cells[:width])
            continue
        trouble = _trouble_of(cells, width, lines)
        if trouble and len(lines.row) > 1:
            lines.give_back()
            cells = _as_it_is(lines)
        yield Row(number, cells, trouble)


def _as_it_is(lines: _Lines) -> list[str]:
    """The line that could not be cut into cells, for whoever has to mend it."""
    return [lines.row[0].rstrip("\r\n")[:LONGEST_CELL]] if lines.row else []


def _width_of(header: list[str]) -> int:
    while header and not header[-1].strip():
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise InvalidData(
            f"表头有 {len(header)} 列，最多 {MOST_COLUMNS} 列，请只留下要导入的列。", field="file"
        )
    return len(header)


def _trouble_of(cells: list[str], width: int, lines: _Lines) -> str:
    if any(cell.strip() for cell in cells[width:]):
        return too_wide(len(cells), width)
    if len(lines.row) > 1 and lines.ended and "".join(lines.row).count('"') % 2:
        return _OPEN_QUOTE
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return long_cell(LONGEST_CELL)
    return ""
