"""Cases of the same event over HTTP: what is like a case, and one more person who reports it."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.lifecycle import Role
from cases.same_event.report import report_of
from cases.use_cases.file_case import CaseDraft
from cases.use_cases.follow_report import follow_case
from cases.use_cases.same_event import find_similar
from intake_api.accounts.keys import DATABASE, TOWN, actor_of, now_of
from intake_api.calls.same_event import candidate_view, show_similar
from intake_api.case_store import get_visible
from intake_api.idempotency import write_once
from intake_api.json_body import read_body
from intake_api.openapi import Operation
from intake_api.routes.cases import FILING_ROLES
from intake_api.schemas.similar import FollowerAnswer, FollowerBody, SimilarAnswer
from intake_api.views import CENTRE_ROLES

_SHOWN = 10


async def list_similar(request: web.Request) -> web.Response:
    """Open and lately closed cases that are or may be the same event."""
    now, town = now_of(request), request.app[TOWN]()
    async with request.app[DATABASE].reading() as session:
        folder = await get_visible(session, request.match_info["number"], actor_of(request))
        similar = await find_similar(
            session,
            report_of(folder.case),
            town=town,
            now=now,
            besides=folder.case.id,
            shown=_SHOWN,
        )
    shown = [candidate_view(candidate) for candidate in show_similar(similar, town, now)]
    return web.json_response({"similar": shown})


async def add_follower(request: web.Request) -> web.Response:
    """Attach a report to the case instead of opening another."""
    body, raw = await read_body(request, FollowerBody)
    actor, now, town = actor_of(request), now_of(request), request.app[TOWN]()
    draft = CaseDraft(
        text=body.text,
        channel=body.channel,
        caller_name=body.caller_name,
        caller_phone=body.caller_phone,
        anonymous=body.anonymous,
        source_system=body.source_system,
        source_id=body.source_id,
    )

    async def work(session: AsyncSession) -> tuple[int, Any]:
        folder = await get_visible(session, request.match_info["number"], actor)
        followed = await follow_case(
            session, folder.case.number, draft, actor=actor, town=town, now=now
        )
        answer = {
            "number": followed.case.number,
            "kind": followed.kind,
            "reporters": followed.reporters,
        }
        return (201 if followed.kind == "follower" else 200), answer

    return await write_once(request, raw, work)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/v1/cases/{number}/similar",
        handler=list_similar,
        summary="Open and lately closed cases that may be the same event, best first",
        tag="cases",
        answers=((200, SimilarAnswer),),
        problems=(404,),
        roles=CENTRE_ROLES,
    ),
    Operation(
        method="POST",
        path="/api/v1/cases/{number}/followers",
        handler=add_follower,
        summary="Attach a report to the case it is about; its reporter hears of every answer",
        tag="cases",
        body=FollowerBody,
        answers=((201, FollowerAnswer), (200, FollowerAnswer)),
        problems=(404, 409),
        roles=FILING_ROLES - {Role.BOT},
        headers=("Idempotency-Key",),
    ),
)
