"""What happens to a tagged message before any person has seen it.

``auto`` cases go straight to the unit that the responsibility list names. Everything else,
and everything critical or outside the catalogue, waits for a person, who is told why.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.classification import Tag
from cases.town import ResponsibilityRow, Town


@dataclass(frozen=True)
class Triage:
    """``dispatch_to`` names the list's line where no person is needed; ``why`` is the reason
    where one is (a key: ``untagged``, ``critical``, ``off_catalogue``, ``unsure``, ``no_list``)."""

    dispatch_to: ResponsibilityRow | None
    why: str | None


def triage(tag: Tag | None, town: Town) -> Triage:
    """Decide on a fresh message."""
    if tag is None:
        return Triage(None, "untagged")
    if tag.urgency == "critical":
        return Triage(None, "critical")
    if tag.decision != "auto":
        category = town.categories.get(tag.category)
        off = category is None or not category.dispatchable
        return Triage(None, "off_catalogue" if off else "unsure")
    return triage_category(tag.category, town)


def triage_category(category: str, town: Town) -> Triage:
    """Decide where the category itself is no longer in question."""
    row = town.categories.get(category)
    if row is None or not row.dispatchable:
        return Triage(None, "off_catalogue")
    listed = town.responsibilities.get(category)
    return Triage(listed, None) if listed else Triage(None, "no_list")
