"""JSONL: one object a line; the names of the first lines are the header."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from cases.errors import InvalidData
from intake_api.imports.order_files.rows import LONGEST_CELL, MOST_COLUMNS, Row, long_cell
from intake_api.imports.order_files.separated import encoding_of

_LOOKED_AT = 200
_LONGEST_LINE = 4 * LONGEST_CELL


def read_json_lines(path: Path) -> Iterator[Row]:
    """First the header, then the rows."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding) as file:
        names: dict[str, None] = {}
        for line in islice(file, _LOOKED_AT):
            value = _parse(line[:_LONGEST_LINE])
            if isinstance(value, dict):
                names |= dict.fromkeys(str(name) for name in value)
        if not names:
            raise InvalidData("文件里没有一行是 JSON 对象，请检查格式。", field="file")
    header = list(names)[:MOST_COLUMNS]
    yield Row(0, header)
    with path.open(encoding=encoding) as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
                    pass
                yield Row(number, (), long_cell(LONGEST_CELL))
            elif line.replace("\ufeff", "").strip():
                yield _row(number, header, _parse(line))


def _row(number: int, header: list[str], value: Any) -> Row:
    if not isinstance(value, dict):
        return Row(number, (), "不是完整的 JSON 对象，请检查括号和引号。")
    cells = [_cell(value.get(name)) for name in header]
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return Row(number, (), long_cell(LONGEST_CELL))
    return Row(number, cells)


def _parse(line: str) -> Any:
    try:
        return json.loads(line.replace("\ufeff", ""))
    except (ValueError, RecursionError):
        return None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
