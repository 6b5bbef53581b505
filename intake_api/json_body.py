"""Reading what a client sent: the body, the query and three headers, none of them trusted.

    await read_body(request, Model) -> (Model, raw bytes)     Problem 400, 413, 415, 422
    read_query(request, Model) -> Model                       Problem 422
    idempotency_key(request) -> str | None                    Problem 400
    expected_version(request) -> int | None                   Problem 400

JSON goes through pydantic's own parser in strict mode: it bounds nesting (a million brackets
is an error, not a RecursionError) and takes no ``false`` for an ``int``.
"""

from __future__ import annotations

import re
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from intake_api.problem_json import Problem, validation_problem

Model = TypeVar("Model", bound=BaseModel)

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_VERSION = re.compile(r'(?:W/)?"?(\d{1,9})"?')


async def read_body(request: web.Request, model: type[Model]) -> tuple[Model, bytes]:
    """The body as ``model``, and its bytes for the idempotency check."""
    if request.content_type not in ("application/json", "application/octet-stream"):
        # octet-stream is aiohttp's word for "no Content-Type was sent".
        raise Problem("unsupported_media_type")
    raw = await request.read()  # beyond client_max_size aiohttp raises its 413
    if not raw.strip():
        raise Problem("empty_body")
    try:
        return model.model_validate_json(raw, strict=True), raw
    except ValidationError as error:
        raise validation_problem(error) from None


def read_query(request: web.Request, model: type[Model]) -> Model:
    """The query string as ``model``; a repeated name becomes a list."""
    query = request.query
    values: dict[str, str | list[str]] = {
        name: found if len(found := query.getall(name)) > 1 else found[0] for name in set(query)
    }
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise validation_problem(error, "query") from None


def idempotency_key(request: web.Request) -> str | None:
    """The header, if it came."""
    value = request.headers.get("Idempotency-Key")
    if value is not None and not _KEY.fullmatch(value):
        raise Problem("bad_header", header="Idempotency-Key")
    return value


def expected_version(request: web.Request) -> int | None:
    """The version of ``If-Match: "3"``; ``*`` and no header mean any."""
    value = request.headers.get("If-Match", "*").strip()
    if value == "*":
        return None
    match = _VERSION.fullmatch(value)
    if match is None:
        raise Problem("bad_header", header="If-Match")
    return int(match[1])
