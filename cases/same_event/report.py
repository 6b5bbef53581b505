"""What somebody reported, as far as judging needs it.

Report(text, place_text=…, category=…, …)       .features, read once and remembered
report_of(case) -> Report                       of anything with the columns of ``Case``
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.same_event.features import Features, read_features


@dataclass(frozen=True, slots=True)
class Report:
    """One report. ``place_code`` and ``grid`` are the address registry's, where it knew the place;
    ``people`` says who it was (``phone:138…``, ``contact:7``) and is compared, never shown."""

    text: str
    place_text: str | None = None
    category: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    place_code: str | None = None
    grid: str | None = None
    at: datetime | None = None
    people: frozenset[str] = frozenset()

    @property
    def features(self) -> Features:
        """What the words say."""
        return read_features(self.text, self.place_text or "")


def report_of(case: Any) -> Report:
    """The report behind a case or a draft of one. The registry's columns may not be there."""
    return Report(
        text=case.text,
        place_text=case.place_text,
        category=getattr(case, "category", None),
        latitude=case.latitude,
        longitude=case.longitude,
        place_code=getattr(case, "place_code", None),
        grid=getattr(case, "place_grid", None),
        at=getattr(case, "submitted_at", None) or getattr(case, "received_at", None),
        people=name_people(case.caller_phone, case.contact_id),
    )


def name_people(phone: str | None, contact_id: int | None) -> frozenset[str]:
    """Who reported, by what identifies them."""
    digits = "".join(c for c in phone or "" if c.isdigit())
    found = set()
    if len(digits) >= 7:
        found.add(f"phone:{digits[-11:]}")
    if contact_id is not None:
        found.add(f"contact:{contact_id}")
    return frozenset(found)
