"""Rows of ``case_transfer`` in JSONL, CSV and XLSX, by the file's suffix.

    with row_writer(path) as write: write(row)
    for number, row in read_rows(path): …            (line or row number, row)

CSV and XLSX hold one case a line: lists and objects as JSON in their cell. A cell that a
spreadsheet would take for a formula gets an apostrophe in front, taken off again on the way in.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from intake_api.case_transfer import COLUMNS, Row

SUFFIXES = (".jsonl", ".csv", ".xlsx")
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
        sheet = book.add_worksheet("cases")
        sheet.write_row(0, 0, COLUMNS)
        line = 0

        def write(row: Row) -> None:
            nonlocal line
            line += 1
            for position, name in enumerate(COLUMNS):
                sheet.write_string(line, position, _cell(row.get(name)))

        yield write


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
            for number, line in enumerate(_text_of(path).splitlines(), start=1):
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
    return iter(csv.reader(_text_of(path).splitlines(keepends=True)))


def _text_of(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _xlsx_lines(path: Path) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except CalamineError as error:
        raise BadFile(f"{path}: is not an XLSX file that can be read.") from error
    return (["" if cell is None else str(cell) for cell in row] for row in sheet.to_python())


def _check_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise BadFile(f"{path}: the name must end in {', '.join(SUFFIXES)}.")
