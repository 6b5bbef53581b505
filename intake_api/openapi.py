"""The API as a table of operations, and the OpenAPI 3.1 document drawn from it.

    Operation(method, path, handler, summary, …)     one row
    add_operations(app, operations)                  registers each behind its guard
    build_document(operations, *, version) -> dict   passes openapi-spec-validator

One table for both, so a route that is served is documented with the very models that check it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from cases.lifecycle import Role
from intake_api.accounts.auth import authenticate
from intake_api.accounts.keys import actor_of
from intake_api.problem_json import MEDIA_TYPE, Problem
from intake_api.schemas.common import ProblemBody

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REF = "#/components/schemas/{model}"

HEADERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "description": "The same key with the same request gets the first answer again.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
    },
    "If-Match": {
        "description": "Version of the case that was read; 412 when it has changed since.",
        "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    },
}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route. ``roles`` None: no token asked; empty: any valid token."""

    method: str
    path: str
    handler: Handler
    summary: str
    tag: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answers: tuple[tuple[int, type[BaseModel] | str], ...] = ()
    problems: tuple[int, ...] = ()
    roles: frozenset[Role] | None = frozenset()
    headers: tuple[str, ...] = ()
    operation_id: str = ""


def add_operations(app: web.Application, operations: Iterable[Operation]) -> None:
    """Register each operation behind its guard."""
    for operation in operations:
        app.router.add_route(operation.method, operation.path, guard(operation))


def guard(operation: Operation) -> Handler:
    """The handler behind its door: token first, then role."""
    if operation.roles is None:
        return operation.handler
    roles = operation.roles

    async def guarded(request: web.Request) -> web.StreamResponse:
        await authenticate(request)
        if roles and actor_of(request).role not in roles:
            raise Problem("permission_denied")
        return await operation.handler(request)

    return guarded


def build_document(operations: Sequence[Operation], *, version: str) -> dict[str, Any]:
    """OpenAPI 3.1; JSON Schema 2020-12 is pydantic's own dialect, nothing is converted."""
    models: set[type[BaseModel]] = {ProblemBody}
    for operation in operations:
        models |= {model for _, model in operation.answers if not isinstance(model, str)}
        models |= {model for model in (operation.body,) if model is not None}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(m, "validation") for m in ordered], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        entry = paths.setdefault(operation.path, {})
        entry[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Huying 呼应",
            "version": version,
            "summary": "Complaint intake for Chinese towns",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in sorted({op.tag for op in operations})],
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _describe(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.operation_id or operation.handler.__name__,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation),
    }
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(operation.body)}},
        }
    if operation.roles is not None:
        described["security"] = [{"token": []}]
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "{number}" in operation.path:
        schema = {"type": "string", "minLength": 1, "maxLength": 40}
        found.append({"name": "number", "in": "path", "required": True, "schema": schema})
    if operation.query is not None:
        properties = operation.query.model_json_schema(ref_template=REF)
        for name, schema in properties["properties"].items():
            found.append({"name": name, "in": "query", "schema": _inline(schema, properties)})
    found += [{"name": name, "in": "header", **HEADERS[name]} for name in operation.headers]
    return found


def _inline(schema: Any, root: dict[str, Any]) -> Any:
    """Query schemas stand alone: what they point to in ``$defs`` is put in place."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inline(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
        return {key: _inline(value, root) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inline(item, root) for item in schema]
    return schema


def _responses(operation: Operation) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, model in operation.answers:
        if isinstance(model, str):
            content: dict[str, Any] = {model: {"schema": {"type": "string"}}}
            if model == "application/json":
                content = {model: {"schema": {"type": "object"}}}
        else:
            content = {"application/json": {"schema": _reference(model)}}
        answers[str(status)] = {"description": "Done", "content": content}
    problems = {MEDIA_TYPE: {"schema": _reference(ProblemBody)}}
    statuses = set(operation.problems)
    if operation.roles is not None:
        statuses |= {401, 403}
    if operation.body is not None:
        statuses |= {400, 413, 415, 422}
    if operation.headers:
        statuses |= {400}
    for status in sorted(statuses):
        answers[str(status)] = {"description": "Refused, see `code`", "content": problems}
    return answers


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF.format(model=model.__name__)}
