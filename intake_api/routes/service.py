"""For machines that watch: alive, ready, measured, described."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib import metadata
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from intake_api.accounts.keys import DATABASE, DRAINING, METRICS, TAGGER
from intake_api.openapi import Operation, build_document

READY_SECONDS = 5


def package_version() -> str:
    """The installed version."""
    try:
        return metadata.version("huying")
    except metadata.PackageNotFoundError:  # run from a checkout
        return "0.0.0"


async def alive(_: web.Request) -> web.Response:
    """Always 200 while the process runs."""
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """200 when the database answers and the model tags; 503 names what does not."""
    checks = {"database": _check_database(request), "classifier": _check_classifier(request)}
    results = await asyncio.gather(*checks.values())
    state = dict(zip(checks, results, strict=True))
    healthy = all(found == "ok" for found in results) and not request.app[DRAINING]
    body = {"status": "ok" if healthy else "unavailable", **state}
    return web.json_response(body, status=200 if healthy else 503)


async def _check_database(request: web.Request) -> str:
    try:
        async with asyncio.timeout(READY_SECONDS), request.app[DATABASE].reading() as session:
            await session.execute(text("SELECT 1"))
    except Exception as error:
        return type(error).__name__
    return "ok"


async def _check_classifier(request: web.Request) -> str:
    try:
        async with asyncio.timeout(READY_SECONDS):
            await request.app[TAGGER].classify("路灯不亮")
    except Exception as error:
        return type(error).__name__
    return "ok"


async def measurements(request: web.Request) -> web.Response:
    """Counters and histograms in the text format."""
    body = generate_latest(request.app[METRICS])
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


@cache
def api_document() -> dict[str, Any]:
    """The document of this installation's API."""
    from intake_api.routes import all_operations

    return build_document(all_operations(), version=package_version())


async def describe_api(_: web.Request) -> web.Response:
    """The OpenAPI document."""
    return web.json_response(api_document())


OPERATIONS = (
    Operation(
        method="GET",
        path="/healthz",
        handler=alive,
        summary="The process answers",
        tag="service",
        answers=((200, "application/json"),),
        roles=None,
    ),
    Operation(
        method="GET",
        path="/readyz",
        handler=ready,
        summary="Database and classifier answer",
        tag="service",
        answers=((200, "application/json"), (503, "application/json")),
        roles=None,
    ),
    Operation(
        method="GET",
        path="/metrics",
        handler=measurements,
        summary="Prometheus measurements",
        tag="service",
        answers=((200, "text/plain"),),
        roles=None,
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        handler=describe_api,
        summary="This document",
        tag="service",
        answers=((200, "application/json"),),
        roles=None,
    ),
)
