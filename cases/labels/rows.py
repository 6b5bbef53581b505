"""A line of a file of labels: which column is what, and what the line says.

    find_label_columns(header) -> {field: position}      a first guess; a person may choose others
    check_columns(columns, header)                       raises InvalidData without a text
    reader = LabelRowReader(columns, codes=…, zone=…, now=…)
    reader.read(line, cells) -> LabelRow                 raises BadRow: one sentence
    category_codes(town) -> {code or name: code}         "" for one that was retired

A line without a category is a text to be labelled. Writers put an apostrophe before what a
spreadsheet would take for a formula; it is taken off again.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from cases.errors import InvalidData
from cases.imports.columns import text_column_names
from cases.imports.orders import BadRow
from cases.imports.times import read_time
from cases.labels.keys import clean_text, text_key
from cases.town import Town

FIELDS = ("text", "category", "request_type", "urgency", "group", "at")
#: What a spreadsheet would run, also with a Chinese keyboard in mind; the apostrophe itself, so
#: that taking it off is exact.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'", "＝", "＋", "－", "＠")
_LONGEST = 64
_EARLIEST = 1990
_AHEAD = timedelta(hours=24)
_QUOTED = 20


@dataclass(frozen=True, slots=True)
class LabelRow:
    """``text`` is clean; ``category`` "" where nobody has labelled it; ``at`` None: not told."""

    line: int
    key: str
    text: str
    category: str = ""
    request_type: str = ""
    urgency: str = ""
    group: str = ""
    at: datetime | None = None


def find_label_columns(header: Sequence[str]) -> dict[str, int]:
    """Of two columns with a name of one field the one whose name stands first in the list."""
    keys = [_plain(cell) for cell in header]
    names = {"text": text_column_names(), **_names()}
    found: dict[str, int] = {}
    # An export's own header names its columns as the code does: "text" before "body".
    for field in FIELDS:
        for name in (field, *names[field]):
            if _plain(name) in keys and keys.index(_plain(name)) not in found.values():
                found[field] = keys.index(_plain(name))
                break
    return found


def check_columns(columns: Mapping[str, int], header: Sequence[str]) -> None:
    """Raises ``InvalidData`` where a column is missing, or one is meant to be two things."""
    if "text" not in columns:
        raise InvalidData("请选择哪一列是要标注的文字。", field="text")
    if any(not 0 <= at < len(header) for at in columns.values()):
        raise InvalidData("选的列不在这个文件里，请重新选择。", field="text")
    if len(set(columns.values())) < len(columns):
        raise InvalidData("同一列被选了两次，请给每一项选不同的列。", field="text")


def choice_codes(field: str) -> dict[str, str]:
    """Of ``request_type`` or ``urgency``: code -> word; urgencies from the lowest up."""
    return dict(_table()["request_types" if field == "request_type" else "urgencies"])


@cache
def label_fields() -> dict[str, str]:
    """What the fields are called on a page."""
    return dict(_table()["labels"])


def category_codes(town: Town) -> dict[str, str]:
    """What a file may write for a category: code or name; a retired one by what replaced it."""
    counts = Counter(row.name for row in town.categories.values())
    known = {code: code for code in town.categories}
    known |= {row.name: code for code, row in town.categories.items() if counts[row.name] == 1}
    for code, row in town.retired.items():
        for written in (code, row.name):
            known.setdefault(written, town.current_code(code) or "")
    return known


class LabelRowReader:
    """Reads the lines of one file in their order; it remembers what they said. Masking takes half
    a millisecond a text: whoever only looks passes a cheaper ``clean``."""

    def __init__(
        self,
        columns: Mapping[str, int],
        *,
        codes: Mapping[str, str],
        zone: tzinfo,
        now: datetime,
        clean: Callable[[str], str] = clean_text,
    ) -> None:
        self._clean = clean
        self._columns = columns
        self._codes = codes
        self._zone = zone
        self._now = now
        self._seen: dict[str, tuple[int, str]] = {}

    def read(self, line: int, cells: Sequence[str]) -> LabelRow:
        """Raises ``BadRow``."""
        text = self._clean(self._cell("text", cells))
        if not text:
            raise BadRow("文字是空的，请补上或删去这一行。")
        row = LabelRow(
            line,
            text_key(text),
            text,
            self._category(cells),
            self._choice("request_type", "诉求类型", cells),
            self._choice("urgency", "紧急程度", cells),
            self._cell("group", cells)[:_LONGEST],
            self._time(cells),
        )
        earlier, category = self._seen.setdefault(row.key, (line, row.category))
        if category != row.category:
            raise BadRow(f"和第 {earlier} 行文字相同、类别不同，请改成一致或删去一行。")
        return row

    def _cell(self, field: str, cells: Sequence[str]) -> str:
        at = self._columns.get(field)
        cell = cells[at].strip() if at is not None and at < len(cells) else ""
        armed = cell.startswith("'") and cell[1:2] in FORMULA_STARTS
        return cell[1:].strip() if armed and cell[1:] else cell

    def _category(self, cells: Sequence[str]) -> str:
        written = self._cell("category", cells)
        if not written:
            return ""
        code = self._codes.get(written)
        if code is None:
            raise BadRow(
                f"类别“{written[:_QUOTED]}”不在本镇的类别里，请改成编码（如 zf.street）或全称。"
            )
        if not code:
            raise BadRow(f"类别“{written[:_QUOTED]}”已停用、要人重新判断，请改成现在的类别。")
        return code

    def _choice(self, field: str, name: str, cells: Sequence[str]) -> str:
        written = self._cell(field, cells)
        known = choice_codes(field)
        if not written or written in known:
            return written
        for code, word in known.items():
            if word == written:
                return code
        words = "、".join(known.values())
        raise BadRow(f"{name}“{written[:_QUOTED]}”不认识，请改成 {words} 之一，或留空。")

    def _time(self, cells: Sequence[str]) -> datetime | None:
        written = self._cell("at", cells)
        if not written:
            return None
        try:
            at = read_time(written, self._zone)
        except ValueError:
            raise BadRow(
                f"时间“{written[:_QUOTED]}”读不出来，请写成 2026-11-23 09:30，或留空。"
            ) from None
        if at.year < _EARLIEST or at > self._now + _AHEAD:
            raise BadRow(f"时间“{written[:_QUOTED]}”不对（太早或还没到），请改正或留空。")
        return at


@cache
def _table() -> dict[str, Any]:
    path = Path(__file__).parent / "columns.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _names() -> dict[str, list[str]]:
    return dict(_table()["names"])


def _plain(cell: str) -> str:
    narrow = unicodedata.normalize("NFKC", cell).lower()
    return re.sub(r"[\s_*\ufeff:：-]|[(\[【（].*?[)\]】）]", "", narrow)
