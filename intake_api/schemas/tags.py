"""``POST /api/v1/classify`` and the tag inside every draft."""

from __future__ import annotations

from typing import Literal

from intake_api.schemas.common import Answer, Body, Text

RequestType = Literal["praise", "suggest", "consult", "report", "help", "complaint"]
Urgency = Literal["normal", "urgent", "critical"]


class ClassifyBody(Body):
    """The text to tag."""

    text: Text


class AlternativeAnswer(Answer):
    """A category that came second or third."""

    platform: str
    category: str
    confidence: float


class ReasonAnswer(Answer):
    """A term of the text that spoke for the category."""

    term: str
    weight: float


class TagAnswer(Answer):
    """What the machine understood; ``decision`` is auto, suggest or human."""

    platform: str
    platform_name: str
    category: str
    category_name: str
    confidence: float
    decision: Literal["auto", "suggest", "human"]
    alternatives: list[AlternativeAnswer]
    request_type: RequestType
    urgency: Urgency
    flags: list[str]
    reasons: list[ReasonAnswer]
    model: str
