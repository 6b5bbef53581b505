"""``POST /api/v1/classify``: what the machine makes of a text; nothing is stored."""

from __future__ import annotations

import structlog
from aiohttp import web

from intake_api.accounts.keys import TAGGER
from intake_api.json_body import read_body
from intake_api.openapi import Operation
from intake_api.problem_json import Problem
from intake_api.schemas.tags import ClassifyBody, TagAnswer

log = structlog.get_logger("huying.tagging")


async def classify_text(request: web.Request) -> web.Response:
    """Tag a text; 503 when the classifier does not answer."""
    body, _ = await read_body(request, ClassifyBody)
    try:
        tag = await request.app[TAGGER].classify(body.text)
    except Exception as error:
        log.warning("classifier failed", error=type(error).__name__, texts=1)
        raise Problem("classifier_unavailable") from error
    return web.json_response(tag.to_dict())


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/classify",
        handler=classify_text,
        summary="Tag a text with platform, category, request type and urgency",
        tag="classification",
        body=ClassifyBody,
        answers=((200, TagAnswer),),
        problems=(503,),
    ),
)
