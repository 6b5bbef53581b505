"""Files of orders, row by row: XLSX, CSV and JSONL, a piece at a time.

    with open_orders(path) as (header, rows): for row in rows: …    Row(line, cells, trouble)
    raises InvalidData where the file as a whole is no use

``line`` is the row number that a spreadsheet shows (for JSONL the line of the file). A row that
cannot be read has ``trouble``, one sentence, and the rest of the file goes on. Header and cells are
without what no database keeps. Blocking.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cases.errors import InvalidData
from intake_api.imports.order_files.json_lines import read_json_lines
from intake_api.imports.order_files.rows import (
    MOST_BYTES,
    MOST_ROWS,
    Row,
    clean_cell,
    too_many_rows,
)
from intake_api.imports.order_files.separated import read_separated
from intake_api.imports.order_files.workbook import read_workbook

__all__ = ["MOST_BYTES", "SUFFIXES", "Row", "clean_cell", "open_orders"]

SUFFIXES = (".csv", ".txt", ".xlsx", ".jsonl")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"


@contextmanager
def open_orders(path: Path) -> Iterator[tuple[Sequence[str], Iterator[Row]]]:
    """Header and rows; what the file was opened with is closed at the end of the block."""
    rows = _bounded(_read(path))
    try:
        header = next(rows, None)
        if header is None:
            raise InvalidData("文件里没有内容，请检查后再上传。", field="file")
        yield header.cells, rows
    finally:
        rows.close()


def _read(path: Path) -> Iterator[Row]:
    if not path.is_file():
        raise InvalidData(f"没有找到文件 {path.name}，请核对路径。", field="file")
    if path.stat().st_size > MOST_BYTES:
        raise InvalidData(
            f"文件超过 {MOST_BYTES // 2**20} MB，请按日期或编号分成几个文件。", field="file"
        )
    with path.open("rb") as file:
        start = file.read(4)
    if start == _OLD_EXCEL:
        raise InvalidData(
            "这是旧版 .xls 或加了密码的文件，请在表格软件里去掉密码，另存为 .xlsx 或 CSV。",
            field="file",
        )
    # What it is counts, not what it is called: a CSV is often sent around as .xls.
    if start == _ZIP:
        return read_workbook(path)
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
        return read_json_lines(path)
    if path.suffix.lower() == ".xlsx":
        raise InvalidData(
            "这个 .xlsx 文件已损坏，请用表格软件打开后重新保存，或者另存为 CSV。", field="file"
        )
    return read_separated(path)


def _bounded(rows: Iterator[Row]) -> Generator[Row]:
    for count, row in enumerate(rows):
        if count > MOST_ROWS:
            raise too_many_rows()
        yield Row(row.line, [clean_cell(cell) for cell in row.cells], row.trouble)
