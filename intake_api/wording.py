"""Times in the words of the desk, from texts/labels.toml.

format_time(at, zone) -> "11-22 09:30"     format_day(at, zone) -> "2026-11-22"
field_words(name, value, town) -> str     a datum of the history as a person reads it
age_words(at, now) -> "5 分钟前"            due_words(at, now) -> "还剩 3 小时" | "超期 2 天"
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from cases.town import Town
from intake_api.texts import load_texts


def format_time(at: datetime | None, zone: tzinfo) -> str:
    """Month, day and time in the town's zone; a dash for nothing."""
    if at is None:
        return "—"
    return at.astimezone(zone).strftime("%m-%d %H:%M")


def format_day(at: datetime | date | None, zone: tzinfo) -> str:
    """A date; a dash for nothing."""
    if at is None:
        return "—"
    return (at.astimezone(zone) if isinstance(at, datetime) else at).strftime("%Y-%m-%d")


def age_words(at: datetime, now: datetime) -> str:
    """How long ago."""
    words = load_texts("labels")["time"]
    past = now - at
    if past < timedelta(minutes=1):
        return str(words["just_now"])
    return str(words["ago"]).format(span=_span(past))


def due_words(at: datetime | None, now: datetime) -> str:
    """How long there is left, or by how much it is late."""
    words = load_texts("labels")["time"]
    if at is None:
        return "—"
    if at < now:
        return str(words["over"]).format(span=_span(now - at))
    return str(words["left"]).format(span=_span(at - now))


def field_words(name: str, value: Any, town: Town) -> str:
    """Codes of units and categories, and fixed choices, by their names."""
    if isinstance(value, list):
        return "、".join(field_words(name, item, town) for item in value)
    if name in ("unit", "proposed_unit", "coop_units", "units"):
        return town.unit_name(str(value))
    if name == "category":
        return town.category_name(str(value))
    choices = load_texts("labels")["field_choices"].get(name)
    return str(load_texts("labels")[choices].get(str(value), value)) if choices else str(value)


def _span(length: timedelta) -> str:
    words = load_texts("labels")["time"]
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} {words['minutes']}"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} {words['hours']}"
    return f"{round(minutes / 60 / 24)} {words['days']}"
