"""``POST /api/v1/transcripts``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from intake_api.schemas.cases import CaseAnswer
from intake_api.schemas.common import (
    Answer,
    Body,
    Moment,
    Name,
    Phone,
    SourceId,
    SourceSystem,
    Text,
    Transcript,
)


class Turn(Body):
    """One thing said; ``speaker`` as the hotline's system names it."""

    speaker: Name = ""
    text: Text


class Caller(Body):
    """Who called, as the hotline's own system knows it."""

    name: Name | None = None
    phone: Phone | None = None


class TranscriptBody(Body):
    """Exactly one of ``text`` and ``turns``. ``source_system`` and ``source_id`` come together."""

    text: Transcript | None = None
    turns: Annotated[list[Turn], Field(min_length=1, max_length=2000)] | None = None
    source_system: SourceSystem | None = None
    source_id: SourceId | None = None
    caller: Caller | None = None
    received_at: Moment | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.text is None) == (self.turns is None):
            raise ValueError("text or turns")
        if (self.source_system is None) != (self.source_id is None):
            raise ValueError("source_system and source_id")
        return self


class Quote(Answer):
    """The exact words and where they stand: ``text[span[0]:span[1]]``."""

    text: str
    span: list[int]


class PlaceQuote(Quote):
    """The place in the caller's words; ``code`` where the registry has one and no other near it."""

    code: str | None


class Part(Answer):
    """What a piece of the matter is: complaint, history, reply, demand."""

    kind: str
    span: list[int]


class CallerAnswer(Answer):
    """Who called, in the words of the call."""

    name: Quote | None
    phone: Quote | None


class DraftAnswer(Answer):
    """A draft case: its place in the transcript, what was read from it, and its tag."""

    span: list[int]
    summary: str
    place: PlaceQuote | None
    time: Quote | None
    demand: Quote | None
    cause: Quote | None
    history: list[Quote]
    reply: list[Quote]
    parts: list[Part]
    platform: str | None
    category: str | None
    confidence: float | None
    decision: Literal["auto", "suggest", "human"]


class TranscriptAnswer(Answer):
    """The drafts read and the cases filed from them."""

    caller: CallerAnswer
    cases: list[CaseAnswer]
    drafts: list[DraftAnswer]
    #: What the spans refer to, where turns or an export were sent.
    text: str | None = None
