"""One matter of a call, read and tagged: what the page shows and what the API answers.

ReadDraft(matter, tag, places)
    .text .summary .place .time_words .demand .options(town) .to_dict()
quote(field) -> dict | None
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cases.addresses.matching import PlaceMatches
from cases.classification import Tag
from cases.summary import summarise
from cases.town import Town
from cases.transcript import Field, Matter


@dataclass(frozen=True, slots=True)
class Option:
    """A category to choose, with the machine's confidence."""

    code: str
    name: str
    platform_name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """One matter of the call and its tag (None: the classifier did not answer)."""

    matter: Matter
    tag: Tag | None
    #: What the registry says to the place; None where it was not asked.
    places: PlaceMatches | None = None

    @property
    def text(self) -> str:
        """The citizen's words about this matter."""
        return self.matter.body

    @property
    def span(self) -> tuple[int, int]:
        """Where the matter lies in the call."""
        return self.matter.start, self.matter.end

    @property
    def summary(self) -> str:
        """One line for lists."""
        return summarise(self.matter.gist)

    @property
    def place(self) -> str:
        """The place in the words of the call, or nothing."""
        return self.matter.place.text if self.matter.place else ""

    @property
    def time_words(self) -> str:
        """The time as said, and the moment it means."""
        found = self.matter.time
        if found is None:
            return ""
        return f"{found.text}（{found.at:%m-%d %H:%M}）" if found.at else found.text

    @property
    def demand(self) -> str:
        """What the caller wants done, or nothing."""
        return self.matter.demand.text if self.matter.demand else ""

    @property
    def cause(self) -> str:
        """The reason that was given, or nothing."""
        return self.matter.cause.text if self.matter.cause else ""

    @property
    def flags(self) -> tuple[str, ...]:
        """What the machine noticed: repeat, group, vulnerable …"""
        return self.tag.flags if self.tag else ()

    def options(self, town: Town) -> list[Option]:
        """The machine's first three, best first."""
        if self.tag is None:
            return []
        ranked = [(self.tag.category, self.tag.confidence)]
        ranked += [(other.category, other.confidence) for other in self.tag.alternatives]
        known = [
            Option(code, row.name, row.platform_name, confidence)
            for code, confidence in ranked
            if (row := town.categories.get(code)) is not None
        ]
        return known[:3]

    def to_dict(self) -> dict[str, Any]:
        """A draft as ``huying transcript --json`` prints it."""
        place = quote(self.matter.place)
        sure = self.places.sure if self.places else None
        return {
            "span": list(self.span),
            "summary": self.summary,
            "place": place and {**place, "code": sure and sure.code},
            "time": quote(self.matter.time),
            "demand": quote(self.matter.demand),
            "cause": quote(self.matter.cause),
            "history": [field.to_dict() for field in self.matter.history],
            "reply": [field.to_dict() for field in self.matter.reply],
            "parts": [
                {"kind": part.kind, "span": [part.start, part.end]} for part in self.matter.parts
            ],
            **(self.tag.to_dict() if self.tag else UNTAGGED),
        }


UNTAGGED: dict[str, Any] = {
    "platform": None,
    "platform_name": None,
    "category": None,
    "category_name": None,
    "confidence": None,
    "decision": "human",
    "alternatives": [],
    "request_type": None,
    "urgency": "normal",
    "flags": [],
    "reasons": [],
    "model": "",
}


def quote(field: Field | None) -> dict[str, Any] | None:
    """The exact words and their span, or nothing."""
    return field.to_dict() if field is not None else None
