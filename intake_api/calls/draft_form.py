"""The page of drafts as a form: what was read, what the agent made of it, what is filed.

Edits(given).value(name, read)      what stands in a field: typed, or else read
Edits(given).chosen(name, value, read)      whether a choice is taken
list_chosen(form) -> [index, …]     the ticked drafts
case_draft(form, index, tag) -> CaseDraft
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cases.classification import Tag
from cases.use_cases.file_case import CaseDraft
from intake_api.accounts.csrf import Form

MAX_DRAFTS = 50


@dataclass(frozen=True, slots=True)
class Edits:
    """A form that comes back (refused, or kept) wins over what is read anew."""

    given: Mapping[str, str] | None = None

    def value(self, name: str, read: str) -> str:
        """The words of a field."""
        return read if self.given is None else self.given.get(name, "")

    def chosen(self, name: str, value: str, read: bool) -> bool:
        """Whether a radio button, a tick or an option is taken."""
        return read if self.given is None else self.given.get(name) == value


def text_mark(text: str) -> str:
    """Tells whether a text is still the one that was read."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def list_chosen(form: Form) -> list[int]:
    """The drafts to file."""
    return [index for index in range(MAX_DRAFTS) if form.get(f"d{index}-file") == "1"]


def chosen_category(form: Form, index: int) -> str:
    """A choice in the long list wins over the three suggestions."""
    return form.get(f"d{index}-other", "") or form.get(f"d{index}-category", "")


def case_draft(form: Form, index: int, tag: Tag | None) -> CaseDraft:
    """One draft as the agent left it."""
    return CaseDraft(
        text=form.get(f"d{index}-text", ""),
        channel="phone",
        tag=tag,
        caller_name=form.get("caller_name", "").strip()[:64] or None,
        caller_phone=form.get("caller_phone", "").strip()[:32] or None,
        anonymous=form.get("anonymous") == "1",
        place_text=form.get(f"d{index}-place", "").strip()[:200] or None,
        place_code=_place_code(form, index),
        summary=_summary(form, index),
        source_index=index,
        confirmed={
            "category": chosen_category(form, index),
            "request_type": form.get(f"d{index}-request_type", "complaint"),
            "urgency": form.get(f"d{index}-urgency", "normal"),
        },
    )


def _summary(form: Form, index: int) -> str | None:
    """The line that was read stands for the words that were read, not for others."""
    if form.get(f"d{index}-mark", "") != text_mark(form.get(f"d{index}-text", "")):
        return None
    return form.get(f"d{index}-summary", "").strip()[:200] or None


def _place_code(form: Form, index: int) -> str | None:
    """The chosen place of the registry, if it was offered for the words that now stand there."""
    if form.get(f"d{index}-place", "").strip() != form.get(f"d{index}-place_read", "").strip():
        return None
    return form.get(f"d{index}-place_code", "")[:40] or None
