"""XLSX as a stream: the first sheet, row by row, never more in memory than is bounded here.

A workbook is a ZIP of XML. A few kilobytes of it can stand for gigabytes, a cell may lie in column
16,384 of row 1,048,576, and one long text may be named by a million cells; a reader that builds the
sheet first has lost by then. Formulas are never computed: their kept value is read.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

from cases.errors import InvalidData
from intake_api.imports.order_files.rows import (
    LONGEST_CELL,
    MOST_COLUMNS,
    Row,
    long_cell,
    too_wide,
)
from intake_api.imports.order_files.sheet import SheetHandler, StringsHandler

MOST_UNPACKED = 256 * 2**20
_PIECE = 64 * 1024
_BROKEN = "这个 .xlsx 文件已损坏，请用表格软件打开后重新保存，或者另存为 CSV。"
_TOO_LARGE = "这个 .xlsx 解开后太大，请删去空白的行列和多余的工作表，或者另存为 CSV。"


def read_workbook(path: Path) -> Iterator[Row]:
    """First the header, then the rows; empty ones are counted and left out."""
    try:
        with zipfile.ZipFile(path) as book:
            room = _Room(MOST_UNPACKED)
            strings = _read_strings(book, room)
            sheet = SheetHandler(strings)
            yield from _headed(_parse(book, _first_sheet(book, room), sheet, room, sheet.take))
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, EOFError) as error:
        raise InvalidData(_BROKEN, field="file") from error
    except (NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise InvalidData(_BROKEN, field="file") from error


class _Room:
    """What may still be unpacked of the whole workbook."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, file: IO[bytes]) -> bytes:
        """The next piece; what the ZIP says of its size is not believed."""
        piece = file.read(_PIECE)
        self._left -= len(piece)
        if self._left < 0:
            raise InvalidData(_TOO_LARGE, field="file")
        return piece


def _parse(
    book: zipfile.ZipFile,
    name: str,
    handler: SheetHandler | StringsHandler,
    room: _Room,
    take: Callable[[], list[Row]],
) -> Iterator[Row]:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    # No workbook needs one, and entities are how a small XML becomes a large one.
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with book.open(name) as file:
        while piece := room.take(file):
            parser.Parse(piece)
            yield from take()
        parser.Parse(b"", True)
        yield from take()


def _refuse_doctype(*_: object) -> None:
    raise InvalidData(_BROKEN, field="file")


def _read_strings(book: zipfile.ZipFile, room: _Room) -> list[str]:
    name = "xl/sharedStrings.xml"
    if name not in book.namelist():
        return []
    handler = StringsHandler()
    for _ in _parse(book, name, handler, room, list):
        pass
    return handler.strings


def _first_sheet(book: zipfile.ZipFile, room: _Room) -> str:
    """The part of the first sheet of the workbook, by its relation."""
    workbook = _small(book, "xl/workbook.xml", room)
    relations = _small(book, "xl/_rels/workbook.xml.rels", room)
    sheet = re.search(r"<(?:\w+:)?sheet\s[^>]*?\b\w+:id=\"([^\"]+)\"", workbook)
    if sheet:
        for relation in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", relations):
            if f'Id="{sheet[1]}"' in relation and (
                part := re.search(r'Target="([^"]+)"', relation)
            ):
                target = part[1].removeprefix("/")
                return target if target.startswith("xl/") else f"xl/{target}"
    return "xl/worksheets/sheet1.xml"


def _small(book: zipfile.ZipFile, name: str, room: _Room) -> str:
    with book.open(name) as file:
        return room.take(file).decode("utf-8", "replace")


def _headed(rows: Iterator[Row]) -> Iterator[Row]:
    width = 0
    for row in rows:
        cells = list(row.cells)
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells and not row.trouble:
            continue
        if not width:
            if row.trouble or len(cells) > MOST_COLUMNS:
                raise InvalidData(
                    f"表头超过 {MOST_COLUMNS} 列或有一格太长，请只留下要导入的列。", field="file"
                )
            width = len(cells)
            yield Row(row.line, cells)
        elif row.trouble:
            yield row
        elif len(cells) > width:
            yield Row(row.line, cells, too_wide(len(cells), width))
        elif any(len(cell) >= LONGEST_CELL for cell in cells):
            yield Row(row.line, cells, long_cell(LONGEST_CELL))
        else:
            yield Row(row.line, cells)
