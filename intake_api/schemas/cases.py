"""Cases as the API shows them, and what it takes to open one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from cases.lifecycle import State
from intake_api.schemas.common import (
    Answer,
    Body,
    Code,
    Line,
    Moment,
    Name,
    Phone,
    Search,
    SourceId,
    SourceSystem,
    Text,
)
from intake_api.schemas.tags import RequestType, Urgency


class CaseBody(Body):
    """``category``, ``request_type`` and ``urgency`` overrule the classifier where given."""

    text: Text
    channel: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")] = "api"
    category: Code | None = None
    request_type: RequestType | None = None
    urgency: Urgency | None = None
    place: Line | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    caller_name: Name | None = None
    caller_phone: Phone | None = None
    anonymous: bool = False
    source_system: SourceSystem | None = None
    source_id: SourceId | None = None
    received_at: Moment | None = None


class CaseQuery(Body):
    """Filters of the list; all of them together."""

    state: State | None = None
    platform: Code | None = None
    category: Code | None = None
    unit: Code | None = None
    overdue: bool | None = None
    text: Search | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=200)] | None = None


class CaseAnswer(Answer):
    """A case. Identity of the caller is null where the asker may not see it."""

    number: str
    version: int
    state: State
    state_name: str
    channel: str
    text: str
    summary: str
    place: str | None
    place_code: str | None
    grid: str | None
    platform: str | None
    category: str | None
    request_type: str | None
    urgency: str
    flags: list[str]
    decision: str
    confidence: float | None
    lead_unit: str | None
    coop_units: list[str]
    overdue: bool
    due_at: datetime | None
    submitted_at: datetime
    updated_at: datetime
    outcome: str | None
    reply: str | None
    satisfaction: int | None
    caller_name: str | None
    caller_phone: str | None
    source_system: str | None
    source_id: str | None


class CaseDetailAnswer(CaseAnswer):
    """One case with what may be done to it by this token."""

    actions: list[str]


class CaseFiledAnswer(CaseAnswer):
    """Also the code with which the citizen opens ``/track``."""

    tracking_code: str


class CaseListAnswer(Answer):
    """A page of cases; ``next_cursor`` null: the last one."""

    cases: list[CaseAnswer]
    next_cursor: str | None


class HistoryLine(Answer):
    """One step; ``citizen_text`` is what the citizen was told."""

    seq: int
    at: datetime
    action: str
    from_state: str | None
    to_state: str
    actor_role: str
    actor_name: str
    unit: str | None
    data: dict[str, Any]
    citizen_text: str | None


class HistoryAnswer(Answer):
    """Every step, oldest first."""

    history: list[HistoryLine]
