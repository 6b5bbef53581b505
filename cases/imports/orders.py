"""One row of a file as an order, or what to do about it.

    reader = OrderReader(columns, units=…, zone=…, now=…)
    reader.read(line, cells) -> Order      raises BadRow: one sentence for whoever has the file

An order without a number of its own is known by what it says: the same row in tomorrow's file, or
in this one read a second time, is the same order.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cases.imports.columns import Columns, field_labels
from cases.imports.times import read_time

LONGEST = {"text": 20_000, "phone": 32, "name": 64, "place": 200, "id": 120, "unit": 64}
_EARLIEST = 1990
#: A clock may be a little fast.
_AHEAD = timedelta(hours=24)
_BROKEN = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)")


class BadRow(ValueError):
    """The row cannot be taken; the text says why and what to do."""


@dataclass(frozen=True)
class Order:
    """What one row says. ``source_id`` is its own number, or a digest of it; ``cells`` are
    the row as it came."""

    line: int
    text: str
    source_id: str
    received_at: datetime | None = None
    phone: str | None = None
    name: str | None = None
    place: str | None = None
    unit: str | None = None
    cells: tuple[str, ...] = ()


class OrderReader:
    """Reads the rows of one file in their order; it remembers their numbers."""

    def __init__(
        self, columns: Columns, *, units: Mapping[str, str], zone: tzinfo, now: datetime
    ) -> None:
        """``units``: code and name of each unit -> its code."""
        self._columns = columns
        self._units = units
        self._zone = zone
        self._now = now
        self.unknown_units: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._numbers: dict[str, tuple[int, str]] = {}

    def read(self, line: int, cells: Sequence[str]) -> Order:
        """Raises ``BadRow``."""
        values = {
            field: cells[at].replace("\x00", "").strip() if at < len(cells) else ""
            for field, at in self._columns.items()
        }
        for field, value in values.items():
            self._check(field, value)
        digest = hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()[:32]
        if values.get("id"):
            source_id = values["id"]
            first, said = self._numbers.setdefault(source_id, (line, digest))
            if said != digest:
                raise BadRow(f"编号“{source_id}”在第 {first} 行已用过，内容不同，请核对编号。")
        else:
            # Two citizens may say the same: the second such row of a file is a second order.
            self._seen[digest] += 1
            source_id = f"{digest}-{self._seen[digest]}"
        return Order(
            line,
            values["text"],
            source_id,
            received_at=self._time(values.get("time", "")),
            phone=values.get("phone") or None,
            name=values.get("name") or None,
            place=values.get("place") or None,
            unit=self._unit(values.get("unit", "")),
            cells=tuple(cells),
        )

    def _check(self, field: str, value: str) -> None:
        label = field_labels()[field]
        if _BROKEN.fullmatch(value):
            raise BadRow(f"“{label}”是公式错误 {value}，请在表格软件里改成文字。")
        if field == "text" and not value:
            raise BadRow(f"“{label}”是空的，请补上内容，或者删去这一行。")
        longest = LONGEST.get(field, 0)
        if field != "unit" and 0 < longest < len(value):
            raise BadRow(f"“{label}”有 {len(value)} 字，最多 {longest} 字，请改短或分成几行。")

    def _time(self, written: str) -> datetime | None:
        if not written:
            return None
        try:
            at = read_time(written, self._zone)
        except (ValueError, OverflowError):
            raise BadRow(f"时间“{written[:40]}”读不出来，请写成 2026-11-23 09:30 这样。") from None
        if at.year < _EARLIEST or at > self._now + _AHEAD:
            raise BadRow(f"时间“{written[:40]}”不在合理范围内，请核对。")
        return at

    def _unit(self, written: str) -> str | None:
        """Another system's units have names of their own: then the responsibility list decides."""
        if written and written not in self._units:
            self.unknown_units[written[: LONGEST["unit"]]] += 1
        return self._units.get(written)
