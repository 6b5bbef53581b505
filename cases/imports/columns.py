"""Which column of a file is which.

    find_columns(header) -> Columns      {field: position}; raises InvalidData without a text
    field_labels() -> {field: Chinese name}
    text_column_names() -> what a column of texts may be called

``columns.toml`` lists what other systems call them; a column it does not know is left alone.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from cases.errors import InvalidData

Columns = Mapping[str, int]
FIELDS = ("text", "time", "phone", "name", "place", "id", "unit")
_NAMED = 12  # columns quoted in a refusal


def find_columns(header: Sequence[str]) -> Columns:
    """Of two columns with a name of one field the one whose name stands first in the list."""
    keys = [_key(cell) for cell in header]
    columns: dict[str, int] = {}
    for field in FIELDS:
        for name in _names()[field]:
            if name in keys:
                columns[field] = keys.index(name)
                break
    if "text" not in columns:
        there = "、".join(cell.strip()[:20] for cell in header[:_NAMED] if cell.strip())
        raise InvalidData(
            f"第 1 行要写明哪一列是诉求内容，请把那一列的表头改成“诉求内容”"
            f"（现有的列：{there or '没有'}）。",
            field="file",
        )
    return columns


@cache
def field_labels() -> dict[str, str]:
    """What the fields are called on a page."""
    return dict(_rows()["labels"])


def text_column_names() -> list[str]:
    """The first is the one shown."""
    return list(_rows()["names"]["text"])


@cache
def _names() -> dict[str, list[str]]:
    return {field: [_key(name) for name in _rows()["names"][field]] for field in FIELDS}


@cache
def _rows() -> dict[str, Any]:
    path = Path(__file__).parent / "columns.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _key(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell).lower()
    return re.sub(r"[\s_*\ufeff:：-]|[(\[【（].*?[)\]】）]", "", plain)
