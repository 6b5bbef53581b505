"""``POST /api/v1/transcripts``: a call in, its cases out; once, however often it is sent."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import Case
from cases.transcript import join_turns
from cases.use_cases.file_case import file_case, find_by_source
from intake_api.accounts.keys import TOWN, actor_of, now_of
from intake_api.calls.call_reading import read_call
from intake_api.idempotency import stored_reply, write_once
from intake_api.json_body import read_body
from intake_api.openapi import Operation
from intake_api.routes.cases import FILING_ROLES, filed_views
from intake_api.schemas.transcripts import TranscriptAnswer, TranscriptBody

CHANNEL = "phone"


async def submit_transcript(request: web.Request) -> web.Response:
    """Read a call and, unless it is a dry run, file every matter in one transaction."""
    body, raw = await read_body(request, TranscriptBody)
    replay = await stored_reply(request, raw)
    if replay is not None:
        return replay
    now = now_of(request)
    text = body.text if body.text is not None else _joined(body)
    call = await read_call(request.app, text, body.received_at or now)
    answer = call.to_dict()
    if body.turns is not None or call.export.segments:
        answer["text"] = call.text  # the spans refer to the turns or the export as one text
    if body.dry_run:
        return web.json_response({**answer, "cases": []})
    town = request.app[TOWN]()
    actor = actor_of(request)
    given = body.caller
    drafts = call.case_drafts(
        channel=CHANNEL,
        name=given.name if given else None,
        phone=given.phone if given else None,
        source_system=body.source_system,
        source_id=body.source_id,
        received_at=body.received_at,
    )

    async def work(session: AsyncSession) -> tuple[int, Any]:
        filed: list[Case] = []
        if body.source_system and body.source_id:
            filed = await find_by_source(session, body.source_system, body.source_id)
        status = 200 if filed else 201
        if not filed:
            for draft in drafts:
                filed.append(await file_case(session, draft, actor=actor, town=town, now=now))
        views = await filed_views(session, filed, actor=actor, now=now)
        return status, {**answer, "cases": views}

    return await write_once(request, raw, work)


def _joined(body: TranscriptBody) -> str:
    return join_turns([turn.model_dump() for turn in body.turns or ()])


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/transcripts",
        handler=submit_transcript,
        summary="Read a hotline call into cases; the same source ids give the same cases again",
        tag="transcripts",
        body=TranscriptBody,
        answers=((201, TranscriptAnswer), (200, TranscriptAnswer)),
        roles=FILING_ROLES,
        headers=("Idempotency-Key",),
    ),
)
