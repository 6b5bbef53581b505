"""Small types that all bodies share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MAX_TEXT = 20_000
MAX_TRANSCRIPT = 200_000


def _drop_nul(text: str) -> str:
    # PostgreSQL cannot store U+0000, and nobody types it on purpose.
    return text.replace("\x00", "")


def _text(limit: int) -> Any:
    return Annotated[
        str,
        StringConstraints(min_length=1, max_length=limit, pattern=r"[^\s\x00]"),
        AfterValidator(_drop_nul),
    ]


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_drop_nul)]
Search = Annotated[str, StringConstraints(max_length=100), AfterValidator(_drop_nul)]
Name = Annotated[str, StringConstraints(max_length=64), AfterValidator(_drop_nul)]
Phone = Annotated[str, StringConstraints(max_length=32), AfterValidator(_drop_nul)]
Text = _text(MAX_TEXT)
Transcript = _text(MAX_TRANSCRIPT)
#: A town's own scheme may have no codes but its names.
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9一-鿿][A-Za-z0-9一-鿿._-]{0,63}$")]
#: Beyond these years no clock can be turned to another zone, and no citizen called.
Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC)),
]
SourceId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
SourceSystem = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]


class Body(BaseModel):
    """A request body: unknown fields are an error, so a typing mistake is not swallowed."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class Answer(BaseModel):
    """A reply; documents what is sent."""

    model_config = ConfigDict(extra="allow")


class FieldProblem(Answer):
    """What is wrong with one field; the value itself is not repeated."""

    field: str
    code: str
    message: str


class ProblemBody(Answer):
    """RFC 9457; ``code`` is stable, ``detail`` is a Chinese sentence for a person."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    errors: list[FieldProblem] | None = None
    allowed: list[str] | None = Field(None, description="actions that are possible now")
