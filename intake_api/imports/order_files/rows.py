"""A row of a file of orders, and what bounds one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.errors import InvalidData

MOST_BYTES = 64 * 2**20
MOST_ROWS = 200_000
MOST_COLUMNS = 256
#: Far beyond what an order may have: the rest of such a cell is not even read.
LONGEST_CELL = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """``trouble``: why the row cannot be taken and what to do, or empty."""

    line: int
    cells: Sequence[str]
    trouble: str = ""


def clean_cell(cell: str) -> str:
    """Without what no database keeps: NUL, and the half of a character that JSON can write."""
    if "\x00" in cell:
        cell = cell.replace("\x00", "")
    try:
        cell.encode()
    except UnicodeEncodeError:
        return cell.encode(errors="ignore").decode()
    return cell


def too_many_rows() -> InvalidData:
    """The sentence for a file that does not end."""
    return InvalidData(f"一个文件最多 {MOST_ROWS} 行，请分成几个文件。", field="file")


def long_cell(size: int) -> str:
    """The sentence for a cell nobody wrote by hand."""
    return f"有一格超过 {size} 字，请检查这一行，改短后再导入。"


def too_wide(cells: int, columns: int) -> str:
    """The sentence for more cells than the header has names."""
    return (
        f"有 {cells} 格，表头只有 {columns} 列：多半是内容里的逗号或引号没有成对，"
        "请在表格软件里核对这一行。"
    )
