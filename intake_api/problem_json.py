"""The only translator from errors to RFC 9457 ``application/problem+json``.

    Problem(code, detail=None, **extra)      raise it anywhere below a route
    translate(error) -> Problem              cases.errors, classifier.errors, aiohttp's own
    validation_problem(error) -> Problem     pydantic's, without the input
    problem_response(problem, request_id)    the answer

The body has ``type title status detail code`` (+ ``request_id``, ``errors``, ``allowed`` …). The
table of codes is ``texts/problems.toml``. What was sent is never repeated in the answer.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from cases.errors import CaseError
from classifier.errors import ClassifierError
from intake_api.texts import load_texts

MEDIA_TYPE = "application/problem+json"
MAX_FIELD_ERRORS = 20

_BY_STATUS = {
    400: "bad_request",
    401: "unauthorized",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}
# Data of a domain error that an API client may see; everything else stays inside.
_SHOWN_FIELDS = ("missing", "field", "allowed", "action", "state")


class Problem(Exception):
    """A refusal with a stable code; status, title and sentence come from the table."""

    def __init__(self, code: str, detail: str | None = None, **extra: Any) -> None:
        row = load_texts("problems")[code]
        self.code = code
        self.status: int = row["status"]
        self.title: str = row["title"]
        self.detail: str = detail or row["detail"]
        self.extra = extra
        self.headers: dict[str, str] = {}
        super().__init__(f"{self.status} {code}")

    def to_dict(self) -> dict[str, Any]:
        """The members of RFC 9457 and our own."""
        return {
            "type": f"urn:huying:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.extra,
        }


def translate(error: Exception) -> Problem:
    """The problem that stands for ``error``; ``internal_error`` for what nobody foresaw."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, CaseError):
        return _case_problem(error)
    if isinstance(error, ValidationError):
        return validation_problem(error)
    if isinstance(error, ClassifierError):
        return Problem("classifier_unavailable")
    if isinstance(error, TimeoutError):
        return Problem("timeout")
    if isinstance(error, web.HTTPException) and error.status >= 400:
        problem = Problem(_BY_STATUS.get(error.status, "bad_request"))
        if isinstance(error, web.HTTPMethodNotAllowed):
            problem.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return problem
    return Problem("internal_error")


def _case_problem(error: CaseError) -> Problem:
    code = error.code if error.code in load_texts("problems") else CaseError.code
    shown = {name: _plain(error.fields[name]) for name in _SHOWN_FIELDS if name in error.fields}
    return Problem(code, error.sentence, **shown)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value if isinstance(value, int) else str(value)


def validation_problem(error: ValidationError, where: str = "") -> Problem:
    """Field by field, in Chinese; neither the input nor pydantic's own wording is shown."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if any(item["type"] == "json_invalid" for item in found):
        return Problem("invalid_json")
    words = load_texts("field_errors")
    errors = [
        {
            "field": _field_name(item["loc"], item["type"], where),
            "code": item["type"],
            "message": words.get(item["type"], words["other"]),
        }
        for item in found[:MAX_FIELD_ERRORS]
    ]
    return Problem("invalid_request", errors=errors)


def _field_name(loc: tuple[int | str, ...], kind: str, where: str) -> str:
    # The name of an unknown field is input as well: it is not repeated.
    parts = loc[:-1] if kind == "extra_forbidden" else loc
    name = ".".join(str(part) for part in parts)
    return ".".join(part for part in (where, name) if part) or "body"


def problem_response(problem: Problem, request_id: str | None = None) -> web.Response:
    """The answer, with the request's id for whoever reads the log."""
    body = problem.to_dict()
    if request_id:
        body["request_id"] = request_id
    return web.Response(
        status=problem.status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        content_type=MEDIA_TYPE,
        headers=problem.headers,
    )
