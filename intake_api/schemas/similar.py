"""``/api/v1/cases/{number}/similar`` and ``…/followers``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cases.lifecycle import State
from intake_api.schemas.common import Answer, Body, Name, Phone, SourceId, SourceSystem, Text


class SimilarCase(Answer):
    """A case that is, or may be, the same event; ``reporters`` counts who reported it."""

    number: str
    verdict: Literal["same", "unsure"]
    same_person: bool
    score: float
    reporters: int
    state: State
    state_name: str
    summary: str
    place: str | None
    category: str | None
    reasons: list[str]


class SimilarAnswer(Answer):
    """Best first; empty where nothing is like it."""

    similar: list[SimilarCase]


class FollowerBody(Body):
    """Somebody who reports what this case is about; the same source ids count once."""

    text: Text
    channel: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")] = "phone"
    caller_name: Name | None = None
    caller_phone: Phone | None = None
    anonymous: bool = False
    source_system: SourceSystem | None = None
    source_id: SourceId | None = None


class FollowerAnswer(Answer):
    """``kind``: follower (one more person), urge (the same person again), known (sent before).
    ``number`` is the case that answers: another one where this was merged."""

    number: str
    kind: Literal["follower", "urge", "known"]
    reporters: int
