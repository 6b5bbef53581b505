"""Rows of ``case_transfer`` in JSONL, CSV and XLSX, by the file's suffix.

    with row_writer(path) as write: write(row)
    for number, row in read_rows(path): …            (line or row number, row)

CSV and XLSX hold one case a line: lists and objects as JSON in their cell. A cell that a
spreadsheet would take for a formula gets an apostrophe in front, taken off again on the way in.
A cell of XLSX has room for 32,767 characters: the rest stands on the second sheet, one piece a row
(line on the first sheet, column, piece), and is put together again on the way in.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from intake_api.case_transfer import COLUMNS, Row

SUFFIXES = (".jsonl", ".csv", ".xlsx")
#: What a spreadsheet counts are UTF-16 units; half as many characters have room whatever they are.
CELL_UNITS = 32_767
_PIECE = CELL_UNITS // 2
_SHEET, _REST = "cases", "rest"
_REST_HEAD = ("line", "column", "piece")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


class BadFile(ValueError):
    """The file cannot be read or written; the text says why."""


@contextmanager
def row_writer(path: Path) -> Iterator[Callable[[Row], None]]:
    """Writes beside the target and renames at the end: no half a file is left."""
    _check_suffix(path)
    partial = path.with_name(f".{path.name}.part")
    try:
        if path.suffix == ".xlsx":
            with _xlsx_writer(partial) as write:
                yield write
        else:
            with partial.open("w", encoding="utf-8-sig", newline="") as file:
                yield _jsonl_writer(file) if path.suffix == ".jsonl" else _csv_writer(file)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _jsonl_writer(file: Any) -> Callable[[Row], None]:
    return lambda row: file.write(json.dumps(row, ensure_ascii=False) + "\n") and None


def _csv_writer(file: Any) -> Callable[[Row], None]:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    return lambda row: writer.writerow([_cell(row.get(name)) for name in COLUMNS]) and None


@contextmanager
def _xlsx_writer(path: Path) -> Iterator[Callable[[Row], None]]:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet, rest = book.add_worksheet(_SHEET), book.add_worksheet(_REST)
        sheet.write_row(0, 0, COLUMNS)
        rest.write_row(0, 0, _REST_HEAD)
        line = rest_line = 0

        def write(row: Row) -> None:
            nonlocal line, rest_line
            line += 1
            for position, name in enumerate(COLUMNS):
                first, *others = _pieces(_cell(row.get(name)))
                sheet.write_string(line, position, first)
                for piece in others:
                    rest_line += 1
                    for place, value in enumerate((str(line + 1), name, piece)):
                        rest.write_string(rest_line, place, value)

        yield write


def _pieces(text: str) -> list[str]:
    if len(text) + sum(character > "\uffff" for character in text) <= CELL_UNITS:
        return [text]
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


def _cell(value: Any) -> str:
    """Strings as they are, everything else as JSON; None is empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "'" + value if value.startswith(FORMULA_STARTS) else value
    return "\u200b" + json.dumps(value, ensure_ascii=False)


def _uncell(text: str) -> Any:
    if not text:
        return None
    # The invisible mark tells the number 5 from the text "5".
    if text.startswith("\u200b"):
        return json.loads(text[1:])
    return text[1:] if text.startswith("'") else text


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Rows with their place in the file. Raises ``BadFile``."""
    _check_suffix(path)
    try:
        if path.suffix == ".jsonl":
            # Not splitlines(): a complaint may hold the line ends of Unicode.
            for number, line in enumerate(_text_of(path).split("\n"), start=1):
                if line.strip():
                    yield number, json.loads(line)
            return
        lines = _xlsx_lines(path) if path.suffix == ".xlsx" else _csv_lines(path)
        header = next(lines, [])
        for number, cells in enumerate(lines, start=2):
            named = zip(header, cells, strict=False)
            yield number, {name: _uncell(cell) for name, cell in named}
    except (json.JSONDecodeError, csv.Error) as error:
        raise BadFile(f"{path}: cannot be read ({error}).") from error


def _csv_lines(path: Path) -> Iterator[list[str]]:
    csv.field_size_limit(50_000_000)
    return iter(csv.reader(io.StringIO(_text_of(path), newline="")))


def _text_of(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _xlsx_lines(path: Path) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_index(0).to_python()
        rest = book.get_sheet_by_name(_REST).to_python() if _REST in book.sheet_names else []
    except CalamineError as error:
        raise BadFile(f"{path}: is not an XLSX file that can be read.") from error
    pieces: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line, name, piece in ([str(cell) for cell in row[:3]] for row in rest[1:] if len(row) > 2):
        pieces[line, name].append(piece)
    header = [str(cell) for cell in sheet[0]] if sheet else []
    for number, row in enumerate(sheet, start=1):
        cells = ["" if cell is None else str(cell) for cell in row]
        yield [
            "".join((cell, *pieces.get((str(number), name), ())))
            for name, cell in zip(header, cells, strict=False)
        ]


def _check_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise BadFile(f"{path}: the name must end in {', '.join(SUFFIXES)}.")
