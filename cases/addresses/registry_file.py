"""A registry file row by row: CSV in UTF-8 (with or without BOM) or GB18030.

    read_registry(path) -> (line, {column: cell}) of every row, in order
    check_registry(path)    before what was there is given up for it

Raises ``TownDataError`` where the file as a whole cannot be used. Headings may be the English
or the Chinese ones of ``words.toml``; other columns are left alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from cases.addresses.words import headings
from cases.errors import TownDataError
from cases.file_encoding import find_encoding

#: Of the named parts a file has to have at least one.
NAMED = ("district", "street", "community", "estate", "road")
COLUMNS = ("code", *NAMED[:3], "group", "grid", *NAMED[3:], "number", "building", "unit", "room")
#: How a spreadsheet is made to keep the zeros of a code; it holds text, nothing is computed.
_TEXT_FORMULA = re.compile(r'="([^"]*)"')


def read_registry(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Cells without blanks around them; a column the file does not have is missing."""
    if path.suffix.lower() not in (".csv", ".txt"):
        raise TownDataError(f"{path.name}：地址库请用 CSV 文件，在表格软件里“另存为 CSV”即可。")
    if not path.is_file():
        raise TownDataError(f"没有找到文件 {path.name}，请核对路径。")
    encoding = _encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        lines = csv.reader(file)
        try:
            columns = _columns_of(path, next(lines, []))
            for cells in lines:
                if any(cells):
                    yield lines.line_num, _named(columns, cells)
        except csv.Error as error:
            where = f"{path.name} 第 {lines.line_num} 行"
            raise TownDataError(f"{where}：不是完整的 CSV 行，请检查引号是否成对。") from error


def check_registry(path: Path) -> None:
    """Whether it is a registry with at least one row."""
    if next(read_registry(path), None) is None:
        raise TownDataError(f"{path.name} 里一条地址也没有，请检查文件。")


def _encoding_of(path: Path) -> str:
    encoding = find_encoding(path)
    if encoding is None:
        raise TownDataError(
            f"{path.name}：既不是 UTF-8 也不是 GB18030 文本，请另存为 UTF-8 的 CSV。"
        )
    return encoding


def _columns_of(path: Path, first: list[str]) -> list[str | None]:
    known = headings()
    columns = [known.get(cell.strip()) or known.get(cell.strip().lower()) for cell in first]
    if "code" not in columns:
        raise TownDataError(f"{path.name} 第 1 行：没有 code（编码）一列，请在表头写明。")
    if not set(NAMED) & set(columns):
        raise TownDataError(
            f"{path.name} 第 1 行：没有 estate（小区）、road（道路）、community（社区）等列，"
            "请在表头写明至少一列。"
        )
    twice = {c for c in columns if c and columns.count(c) > 1}
    if twice:
        raise TownDataError(f"{path.name} 第 1 行：列 {'、'.join(sorted(twice))} 出现了两次。")
    return columns


def _named(columns: list[str | None], cells: list[str]) -> dict[str, str]:
    row = dict(zip(columns, map(str.strip, cells), strict=False))
    row.pop(None, None)
    for column, text in row.items():
        if text[:2] == '="' and (literal := _TEXT_FORMULA.fullmatch(text)):
            row[column] = literal[1].strip()
    return cast("dict[str, str]", row)
