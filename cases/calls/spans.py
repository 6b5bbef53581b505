"""Exact pieces of a text.

Field(text, start, end, at=None)     text[start:end] of the source is Field.text
cut(source, start, end) -> Field     without the blanks and commas around it
trim(source, start, end) -> Span
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Span = tuple[int, int]
_AROUND = " \t\r\n\u3000，,、：:；;"


@dataclass(frozen=True)
class Field:
    """An exact piece of the call. ``at`` is set where it is a time made absolute."""

    text: str
    start: int
    end: int
    at: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """``{"text", "span"}`` and, for a time, ``at``."""
        data: dict[str, Any] = {"text": self.text, "span": [self.start, self.end]}
        if self.at is not None:
            data["at"] = self.at.isoformat(timespec="minutes")
        return data


def cut(source: str, start: int, end: int, at: datetime | None = None) -> Field:
    """The piece without the blanks and commas around it."""
    start, end = trim(source, start, end)
    return Field(source[start:end], start, end, at)


def trim(source: str, start: int, end: int) -> Span:
    """The span without the blanks and commas around it; empty spans stay where they began."""
    while start < end and source[start] in _AROUND:
        start += 1
    while end > start and source[end - 1] in _AROUND:
        end -= 1
    return start, end
