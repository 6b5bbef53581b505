"""One id, one log line and two measurements for each request.

A log line has the route's template, never the path: a path may hold a case number, a query a
citizen's words. No address, no header, no body.
"""

from __future__ import annotations

import secrets
import time

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter, Histogram

from intake_api.accounts.keys import REQUEST_ID

log = structlog.get_logger("huying.http")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30)


def route_template(request: web.Request) -> str:
    """``/api/v1/cases/{number}``; "unmatched" where no route took the request."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unmatched"


def build_access(registry: CollectorRegistry) -> Middleware:
    """The middleware, its measurements in ``registry``."""
    labels = ("method", "route", "status")
    requests = Counter("huying_http_requests", "Requests answered", labels, registry=registry)
    seconds = Histogram(
        "huying_http_request_seconds",
        "Time to the answer",
        ("method", "route"),
        registry=registry,
        buckets=BUCKETS,
    )

    @web.middleware
    async def access(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[REQUEST_ID] = secrets.token_hex(8)
        started = time.perf_counter()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            elapsed = time.perf_counter() - started
            route = route_template(request)
            # A client may invent any method; only known words become labels.
            method = request.method if request.method in hdrs.METH_ALL else "OTHER"
            requests.labels(method, route, str(status)).inc()
            seconds.labels(method, route).observe(elapsed)
            log.info(
                "request",
                id=request[REQUEST_ID],
                method=method,
                route=route,
                status=status,
                ms=round(elapsed * 1000, 1),
            )

    return access
