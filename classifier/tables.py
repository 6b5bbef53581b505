"""CSV, XLSX and JSONL files as rows of text.

    read_table(path) -> Table(path, header, rows)       rows: (row number as a reader counts, dict)
    write_table(path, header, rows) -> None             by suffix; never a live formula

Every way a file can be broken is one :class:`classifier.errors.BadExamples` sentence.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import BadExamples

ENCODINGS = ("utf-8-sig", "gb18030")
_EXCEL = {".xlsx", ".xls", ".xlsm", ".ods"}
# Spreadsheet programs run a cell that starts with one of these, even from a CSV file.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
csv.field_size_limit(10_000_000)  # a pasted call transcript can pass the default of 128 kB


@dataclass(frozen=True)
class Table:
    """A file as read; row numbers are those a spreadsheet shows."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]

    def require(self, *columns: str) -> None:
        """:raises BadExamples: when a column is missing."""
        for column in columns:
            if column not in self.header:
                raise BadExamples(
                    f"{self.path}, row 1: there is no column “{column}”, only "
                    f"{', '.join(self.header) or 'nothing'}; rename it or say which column to use."
                )


def read_table(path: str | Path) -> Table:
    """Read a CSV (UTF-8, with or without BOM, or GB18030), a spreadsheet's first sheet, or JSONL.

    :raises BadExamples: when it cannot be read.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    grid = (
        _read_sheet(path)
        if suffix in _EXCEL
        else _read_json_lines(path)
        if suffix == ".jsonl"
        else _read_csv(path)
    )
    if not grid:
        raise BadExamples(f"{path}: is empty; it needs a header row and at least one row below.")
    header = tuple(cell.strip() for cell in grid[0])
    rows = []
    for number, cells in enumerate(grid[1:], start=2):
        padded = [*cells, *[""] * (len(header) - len(cells))]
        row = dict(zip(header, padded, strict=False))
        if any(value.strip() for value in row.values()):
            rows.append((number, row))
    return Table(path, header, tuple(rows))


def write_table(path: str | Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write CSV (UTF-8 with BOM, which Excel needs) or XLSX.

    A cell that looks like a formula stays text: as a string cell in XLSX, behind an apostrophe
    in CSV.
    """
    path = Path(path)
    if path.suffix.lower() == ".xlsx":
        import xlsxwriter

        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        with xlsxwriter.Workbook(str(path), options) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([header, *rows]):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell[:32_767])  # Excel's longest cell
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([_disarm(cell) for cell in row] for row in rows)


def _disarm(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA_STARTS) else cell


def _read_csv(path: Path) -> list[list[str]]:
    text = _read_text(path)
    return list(csv.reader(io.StringIO(text, newline="")))


def _read_json_lines(path: Path) -> list[list[str]]:
    """The names of the first object are the header; an empty line stays one, for the count."""
    objects: list[dict[str, Any]] = []
    for number, line in enumerate(_read_text(path).split("\n"), start=1):
        try:
            found = json.loads(line) if line.strip() else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise BadExamples(f"{path}, line {number}: is no JSON object; correct or remove it.")
        objects.append(found)
    header = list(next(filter(None, objects), {}))
    rows = [[_as_text(own.get(name) or "") for name in header] for own in objects]
    return [header, *rows] if header else []


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadExamples(f"{path}: cannot be read ({error.strerror}); check the path.") from error
    for encoding in ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise BadExamples(f"{path}: is neither UTF-8 nor GB18030 text; save it as CSV (UTF-8).")


def _read_sheet(path: Path) -> list[list[str]]:
    from python_calamine import CalamineWorkbook

    if not path.exists():
        raise BadExamples(f"{path}: cannot be read (No such file or directory); check the path.")
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        grid = sheet.to_python()
    except Exception as error:  # calamine has an error class per format and lets some panics out
        raise BadExamples(
            f"{path}: is not a readable spreadsheet; open and save it again as XLSX or CSV."
        ) from error
    return [[_as_text(cell) for cell in row] for row in grid]


def _as_text(cell: Any) -> str:
    # Spreadsheets keep whole numbers as floats: 13800138000.0
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
