"""Times as other systems write them.

    read_time(written, zone) -> datetime with zone       raises ValueError

"2026-11-23 09:30", "2026/11/23 9:30:00", "2026年11月23日9时30分", "20261123093000", ISO 8601 with a
zone, and the day count of a spreadsheet (45984.4).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, tzinfo

_WRITTEN = re.compile(
    r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})日?(?:[\sT]{0,3}(\d{1,2})\s?[:时点]\s?(\d{1,2})?"
    r"(?:\s?[:分]\s?(\d{1,2})?)?秒?(?:\.\d{1,9})?)?"
)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})[ T]?(?:(\d{2})(\d{2})(\d{2})?)?")
_DAYS = re.compile(r"\d{5}(?:\.\d{1,16})?")
#: Spreadsheets count days from here; the day that never was, 29 February 1900, is in it.
_EPOCH = datetime(1899, 12, 30)


def read_time(written: str, zone: tzinfo) -> datetime:
    """The moment; the town's zone where none is written."""
    plain = unicodedata.normalize("NFKC", written).strip()
    if _DAYS.fullmatch(plain):
        at = _EPOCH + timedelta(days=float(plain))
        return (at + timedelta(microseconds=500_000)).replace(microsecond=0, tzinfo=zone)
    found = _WRITTEN.fullmatch(plain) or _PACKED.fullmatch(plain)
    if found:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    at = datetime.fromisoformat(plain)
    return at if at.tzinfo else at.replace(tzinfo=zone)
