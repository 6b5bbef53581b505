"""From an exception to an answer: problem+json for programs, a page for people."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from intake_api.accounts.keys import REQUEST_ID, SETTINGS
from intake_api.problem_json import Problem, problem_response, translate
from intake_api.rendering import render

log = structlog.get_logger("huying.http")
API_PREFIXES = ("/api/", "/open311/", "/channels/", "/healthz", "/readyz", "/metrics", "/openapi")


def wants_json(request: web.Request) -> bool:
    """Programs get problem+json: everything below the API's paths, or who asks for JSON."""
    if request.path.startswith(API_PREFIXES):
        return True
    accept = request.headers.get("Accept", "")
    return "json" in accept and "text/html" not in accept


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Nothing that is raised leaves as a traceback; what nobody foresaw is logged by type."""
    try:
        return await _within_limit(request, handler)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        problem = translate(error)
    except (asyncio.CancelledError, ConnectionResetError):
        raise
    except Exception as error:
        problem = translate(error)
        if problem.status == 500:
            _log_unforeseen(request, error)
    return _answer(request, problem)


async def _within_limit(request: web.Request, handler: Handler) -> web.StreamResponse:
    if "text/event-stream" in request.headers.get("Accept", ""):
        return await handler(request)  # a stream is meant to stay open
    async with asyncio.timeout(request.app[SETTINGS].request_timeout):
        return await handler(request)


def _answer(request: web.Request, problem: Problem) -> web.StreamResponse:
    if wants_json(request):
        return problem_response(problem, request.get(REQUEST_ID))
    response = render(request, "error.html", {"problem": problem}, status=problem.status)
    response.headers.update(problem.headers)
    return response


def _log_unforeseen(request: web.Request, error: Exception) -> None:
    # Of a message only the type is certain to hold nobody's words: SQLAlchemy's errors quote
    # the row, a ValueError its value. The frames say where.
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    log.error(
        "unforeseen", id=request.get(REQUEST_ID), error=type(error).__name__, frames=frames[-12:]
    )
