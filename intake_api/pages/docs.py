"""``/docs``: the API document as a plain page, without any script."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from intake_api.rendering import render
from intake_api.routes.service import api_document


async def show_docs(request: web.Request) -> web.Response:
    """Operations by tag, then the models."""
    document = api_document()
    groups: dict[str, list[dict[str, object]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            row = {"path": path, "method": method.upper(), **operation}
            groups.setdefault(operation["tags"][0], []).append(row)
    return render(
        request,
        "docs.html",
        {
            "document": document,
            "groups": groups,
            "schemas": document["components"]["schemas"],
            "type_words": type_words,
        },
    )


def type_words(schema: dict[str, Any]) -> str:
    """A JSON Schema in a few words: ``string ≤ 64 | null``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(type_words(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    words = str(schema.get("format") or schema.get("type", "any"))
    if schema.get("type") == "array":
        return f"[{type_words(schema.get('items', {}))}]"
    if "maxLength" in schema:
        words += f" ≤ {schema['maxLength']}"
    if "minimum" in schema or "maximum" in schema:
        words += f" {schema.get('minimum', '')}…{schema.get('maximum', '')}"
    return words


def add_routes(app: web.Application) -> None:
    """Register the page."""
    app.router.add_get("/docs", show_docs)
