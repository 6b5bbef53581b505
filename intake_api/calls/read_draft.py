"""One matter of a call, read and tagged: what the page shows and what the API answers.

ReadDraft(matter, tag, places)
    .text .summary .place .said_place .time_words .demand .options(town) .to_dict()
quote(field) -> dict | None
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cases.addresses.matching import PlaceMatches
from cases.calls.formats import notice_sentences
from cases.calls.references import Reference
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
    #: The place of an earlier matter, where this one's words point at it.
    reference: Reference | None = None

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
        """The place in the words of the call, or nothing; where they point at an earlier matter's,
        that and they."""
        if self.reference is not None:
            return self.reference.text
        return self.matter.place.text if self.matter.place else ""

    @property
    def said_place(self) -> str:
        """What may be filed without anybody looking: of a doubtful reference its own words."""
        if self.reference is not None and not self.reference.sure:
            return self.reference.words.text
        return self.place

    @property
    def place_words(self) -> Field | None:
        """The words of this matter that say where."""
        return self.reference.words if self.reference is not None else self.matter.place

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
        """What the machine noticed: repeat, group, vulnerable … and where the place is from."""
        flags = self.tag.flags if self.tag else ()
        if self.reference is None:
            return flags
        key = "place_taken_over" if self.reference.sure else "place_to_confirm"
        return (*flags, *notice_sentences((key,)))

    def placed(self, found: PlaceMatches) -> ReadDraft:
        """With the registry's word; for a doubtful reference it only offers."""
        if found.verdict == "sure" and self.reference is not None and not self.reference.sure:
            found = replace(found, verdict="choose")
        return replace(self, places=found)

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
        place = quote(self.place_words)
        if place and self.reference is not None:
            # "of": the earlier matter's words; together they are the place.
            place |= {"of": quote(self.reference.of), "unsure": not self.reference.sure}
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
