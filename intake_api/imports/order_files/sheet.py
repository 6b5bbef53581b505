"""What the XML of a sheet says, element by element.

StringsHandler().strings           the texts that cells name by their number
SheetHandler(strings).take()       the rows that are complete so far
"""

from __future__ import annotations

from cases.errors import InvalidData
from intake_api.imports.order_files.rows import LONGEST_CELL, MOST_COLUMNS, Row, too_wide

#: All different texts of a workbook together.
_MOST_CHARACTERS = 128 * 2**20
_LAST_COLUMN = 16_384


class StringsHandler:
    """``<si><t>…</t></si>``; how a word is to be pronounced (``rPh``) is no part of it."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._parts: list[str] = []
        self._size = self._all = 0
        self._inside = self._spoken = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        """An element begins."""
        name = name.rpartition(":")[2]
        if name == "si":
            self._parts, self._size = [], 0
        self._spoken = self._spoken or name == "rPh"
        self._inside = name == "t" and not self._spoken

    def text(self, data: str) -> None:
        """Characters inside it."""
        if self._inside and self._size < LONGEST_CELL:
            self._parts.append(data)
            self._size += len(data)

    def end(self, name: str) -> None:
        """It ends."""
        name = name.rpartition(":")[2]
        self._inside = False
        if name == "rPh":
            self._spoken = False
        elif name == "si":
            self.strings.append("".join(self._parts)[:LONGEST_CELL])
            self._all += self._size + 64
            if self._all > _MOST_CHARACTERS:
                raise InvalidData(
                    "这个 .xlsx 里的文字太多，请分成几个文件，或者另存为 CSV。", field="file"
                )


class SheetHandler:
    """``<row r="2"><c r="A2" t="s"><v>0</v></c>…``; cells that are not written are empty."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._done: list[Row] = []
        self._line = 0
        self._cells: dict[int, str] = {}
        self._column = self._beyond = 0
        self._kind = ""
        self._parts: dict[str, list[str]] = {}
        self._size = 0
        self._inside = ""

    def take(self) -> list[Row]:
        """Rows that ended since the last time."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = name.rpartition(":")[2]
        if name == "row":
            given = attributes.get("r", "")
            self._line = int(given) if given.isdecimal() else self._line + 1
            self._cells, self._column, self._beyond = {}, 0, 0
        elif name == "c":
            self._column = _column_of(attributes.get("r", "")) or self._column + 1
            self._kind = attributes.get("t", "n")
            self._parts, self._size = {"v": [], "f": [], "t": []}, 0
        elif name in ("v", "f", "t") and self._parts:
            self._inside = name

    def text(self, data: str) -> None:
        """Characters inside it."""
        if self._inside and self._size < LONGEST_CELL:
            self._parts[self._inside].append(data)
            self._size += len(data)

    def end(self, name: str) -> None:
        """It ends."""
        name = name.rpartition(":")[2]
        if name in ("v", "f", "t"):
            self._inside = ""
        elif name == "c":
            value = self._value()
            if self._column <= MOST_COLUMNS:
                self._cells[self._column] = value
            elif value.strip():
                self._beyond = min(self._column, _LAST_COLUMN)
            self._parts = {}
        elif name == "row":
            self._end_row()

    def _end_row(self) -> None:
        if self._beyond:
            self._done.append(Row(self._line, (), too_wide(self._beyond, MOST_COLUMNS)))
            return
        width = max((at for at, value in self._cells.items() if value), default=0)
        cells = [self._cells.get(column, "") for column in range(1, width + 1)]
        self._done.append(Row(self._line, cells))

    def _value(self) -> str:
        shown = "".join(self._parts["v"])
        if self._kind == "s":
            at = int(shown) if shown.strip().isdecimal() else -1
            return self._strings[at] if 0 <= at < len(self._strings) else ""
        if self._kind == "inlineStr":
            return "".join(self._parts["t"])
        if not shown and self._parts["f"]:
            return "=" + "".join(self._parts["f"])  # never computed, so there is nothing else
        return _number(shown) if self._kind == "n" else shown


def _column_of(reference: str) -> int:
    """C5 -> 3; 0 where none is given."""
    column = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        column = column * 26 + ord(letter) - 64
        if column > _LAST_COLUMN:
            return _LAST_COLUMN
    return column


def _number(shown: str) -> str:
    """A telephone number kept as 1.3800138E10 is thirteen billion and something."""
    if "E" not in shown and "e" not in shown and not shown.endswith(".0"):
        return shown
    try:
        value = float(shown)
    except ValueError:
        return shown
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else shown
