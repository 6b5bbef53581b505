"""A call read into drafts and tagged: what the desk and ``POST /transcripts`` have in common.

    await read_call(app, text, received_at) -> ReadCall

``cases.transcript`` finds the matters, the classifier tags each. A text in which no matter was
found becomes one draft as a whole: nothing that somebody sent falls under the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from cases.classification import Tag
from cases.summary import summarise
from cases.town import Town
from cases.transcript import Field, Matter, Transcript, read_transcript
from intake_api.keys import TOWN
from intake_api.tagging import tag_texts

MAX_TAGGED = 20_000


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
        return summarise(self.matter.body)

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
    def flags(self) -> tuple[str, ...]:
        """What the machine noticed: repeat, group, vulnerable …"""
        return self.tag.flags if self.tag else ()

    def options(self, town: Town) -> list[Option]:
        """The machine's first three, best first."""
        if self.tag is None:
            return []
        ranked = [(self.tag.category, self.tag.confidence)]
        ranked += [(other.category, other.confidence) for other in self.tag.alternatives]
        return [
            Option(code, row.name, row.platform_name, confidence)
            for code, confidence in ranked[:3]
            if (row := town.categories.get(code)) is not None
        ]

    def to_dict(self) -> dict[str, Any]:
        """A draft as ``huying transcript --json`` prints it."""
        place = _quote(self.matter.place)
        return {
            "span": list(self.span),
            "summary": self.summary,
            "place": place and {**place, "code": None},
            "time": _quote(self.matter.time),
            "demand": _quote(self.matter.demand),
            "history": [field.to_dict() for field in self.matter.history],
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


@dataclass(frozen=True, slots=True)
class ReadCall:
    """The whole call; every span refers to ``text``."""

    text: str
    transcript: Transcript
    drafts: tuple[ReadDraft, ...]

    @property
    def caller_name(self) -> str:
        """What the caller called themself, or nothing."""
        return self.transcript.caller_name.text if self.transcript.caller_name else ""

    @property
    def caller_phone(self) -> str:
        """The first phone number of the call, or nothing."""
        return self.transcript.caller_phone.text if self.transcript.caller_phone else ""

    def spans(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """(kind, span) of every field that was found, for colouring."""
        found: list[tuple[str, Field | None]] = [
            ("caller", self.transcript.caller_name),
            ("caller", self.transcript.caller_phone),
        ]
        for draft in self.drafts:
            found += [("history", field) for field in draft.matter.history]
            found += [
                ("place", draft.matter.place),
                ("time", draft.matter.time),
                ("demand", draft.matter.demand),
            ]
        for kind, field in found:
            if field is not None:
                yield kind, (field.start, field.end)

    def to_dict(self) -> dict[str, Any]:
        """``{"caller", "drafts"}`` of architecture.md §3."""
        return {
            "caller": {
                "name": _quote(self.transcript.caller_name),
                "phone": _quote(self.transcript.caller_phone),
            },
            "drafts": [draft.to_dict() for draft in self.drafts],
        }


async def read_call(app: web.Application, text: str, received_at: datetime) -> ReadCall:
    """Read and tag; never raises for what the text says."""
    zone = app[TOWN]().calendar.zone
    transcript, matters = find_matters(text, received_at.astimezone(zone))
    tags = await tag_texts(app, [matter.body[:MAX_TAGGED] for matter in matters])
    return assemble(transcript, matters, tags)


def find_matters(text: str, received_at: datetime) -> tuple[Transcript, tuple[Matter, ...]]:
    """The call as read, and its matters or else the whole text as one. ``received_at`` is local:
    "昨天晚上" is counted from the caller's day."""
    transcript = read_transcript(text, received_at=received_at)
    return transcript, transcript.matters or _whole(text)


def assemble(
    transcript: Transcript, matters: Sequence[Matter], tags: Sequence[Tag | None]
) -> ReadCall:
    """Matters and their tags, side by side."""
    drafts = tuple(ReadDraft(m, tag) for m, tag in zip(matters, tags, strict=True))
    return ReadCall(transcript.text, transcript, drafts)


def _whole(text: str) -> tuple[Matter, ...]:
    body = text.strip()
    if not body:
        return ()
    start = text.index(body)
    return (Matter(start, start + len(body), body, None, None, None, ()),)


def _quote(field: Field | None) -> dict[str, Any] | None:
    return field.to_dict() if field is not None else None
