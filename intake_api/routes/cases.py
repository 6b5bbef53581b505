"""Cases over HTTP: open one, list, look at one and at its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.case_number import parse_number
from cases.classification import Tag
from cases.errors import InvalidData
from cases.history import read_history
from cases.lifecycle import Role, State, list_actions
from cases.models import Case
from cases.use_cases.file_case import CaseDraft, file_case, find_by_source
from cases.use_cases.queues import CaseFilter
from cases.use_cases.search import list_with_words
from intake_api.accounts.keys import DATABASE, TOWN, actor_of, now_of
from intake_api.case_store import coop_units, get_visible
from intake_api.idempotency import stored_reply, write_once
from intake_api.json_body import read_body, read_query
from intake_api.openapi import Operation
from intake_api.schemas.actions import ACTION_BODIES
from intake_api.schemas.cases import (
    CaseBody,
    CaseDetailAnswer,
    CaseFiledAnswer,
    CaseListAnswer,
    CaseQuery,
    HistoryAnswer,
)
from intake_api.tagging import tag_texts
from intake_api.views import (
    READER_ROLES,
    UNIT_ROLES,
    case_view,
    found_words,
    history_view,
    is_theirs,
    sees_identity,
)

FILING_ROLES = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN, Role.GRID, Role.BOT})


def detail_view(case: Case, units: Sequence[str], *, actor: Actor, now: datetime) -> dict[str, Any]:
    """``CaseDetailAnswer``: the case and the actions this actor may take now."""
    allowed = list_actions(State(case.state), actor.role)
    actions = dict.fromkeys(
        t.action.value
        for t in allowed
        if t.action in ACTION_BODIES and is_theirs(t.action, actor, case, units)
    )
    return {**case_view(case, units, actor=actor, now=now), "actions": list(actions)}


def filed_view(case: Case, units: Sequence[str], *, actor: Actor, now: datetime) -> dict[str, Any]:
    """``CaseFiledAnswer``: whoever files hands the tracking code to the citizen."""
    view = case_view(case, units, actor=actor, now=now)
    return {**view, "tracking_code": case.tracking_code}


async def filed_views(
    session: AsyncSession, filed: Sequence[Case], *, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """``CaseFiledAnswer`` of each case, in order."""
    units = await coop_units(session, [case.id for case in filed])
    return [filed_view(case, units[case.id], actor=actor, now=now) for case in filed]


async def file_one(request: web.Request) -> web.Response:
    """Open a case."""
    body, raw = await read_body(request, CaseBody)
    replay = await stored_reply(request, raw)  # before the classifier is asked in vain
    if replay is not None:
        return replay
    [tag] = await tag_texts(request.app, [body.text])
    town = request.app[TOWN]()
    actor, now = actor_of(request), now_of(request)
    draft = CaseDraft(
        text=body.text,
        channel=body.channel,
        tag=tag,
        caller_name=body.caller_name,
        caller_phone=body.caller_phone,
        place_text=body.place,
        latitude=body.latitude,
        longitude=body.longitude,
        source_system=body.source_system,
        source_id=body.source_id,
        received_at=body.received_at,
        anonymous=body.anonymous,
        confirmed=_confirmed(body, tag),
    )

    async def work(session: AsyncSession) -> tuple[int, Any]:
        if body.source_system and body.source_id:
            known = await find_by_source(session, body.source_system, body.source_id)
            if known:
                return 200, (await filed_views(session, known, actor=actor, now=now))[0]
        case = await file_case(session, draft, actor=actor, town=town, now=now)
        return 201, (await filed_views(session, [case], actor=actor, now=now))[0]

    return await write_once(request, raw, work)


def _confirmed(body: CaseBody, tag: Tag | None) -> dict[str, str] | None:
    """What the caller states wins over the machine; what is left open, the machine fills in."""
    category = body.category or (tag.category if tag else None)
    if category is None or not (body.category or body.request_type or body.urgency):
        return None
    return {
        "category": category,
        "request_type": body.request_type or (tag.request_type if tag else "complaint"),
        "urgency": body.urgency or (tag.urgency if tag else "normal"),
    }


async def list_newest(request: web.Request) -> web.Response:
    """One page of the list."""
    query = read_query(request, CaseQuery)
    actor, now = actor_of(request), now_of(request)
    public = request.app[TOWN]().public_numbers
    wanted = CaseFilter(
        state=query.state,
        platform=query.platform,
        category=query.category,
        unit=_unit_filter(actor, query.unit),
        overdue=query.overdue,
        text=query.text,
        shown_as=partial(found_words, actor=actor, public=public),
    )
    async with request.app[DATABASE].reading() as session:
        before = await _cursor_id(session, query.cursor)
        found = await list_with_words(session, wanted, now=now, limit=query.limit, before_id=before)
        units = await coop_units(session, [case.id for case in found])
    return web.json_response(
        {
            "cases": [
                case_view(case, units[case.id], actor=actor, now=now, shown="list")
                for case in found
            ],
            "next_cursor": found[-1].number if len(found) == query.limit else None,
        }
    )


def _unit_filter(actor: Actor, wanted: str | None) -> str | None:
    """Units list their own cases whatever they ask for."""
    return (actor.unit_code or "-") if actor.role in UNIT_ROLES else wanted


async def _cursor_id(session: AsyncSession, cursor: str | None) -> int | None:
    # The cursor is the last case's number: it tells nobody how many cases there are.
    if cursor is None:
        return None
    number = parse_number(cursor)
    found = await session.scalar(select(Case.id).where(Case.number == number)) if number else None
    if found is None:
        raise InvalidData(field="cursor")
    return found


async def get_case(request: web.Request) -> web.Response:
    """One case, its version as ETag."""
    actor = actor_of(request)
    async with request.app[DATABASE].reading() as session:
        folder = await get_visible(session, request.match_info["number"], actor)
    view = detail_view(folder.case, folder.coop_units, actor=actor, now=now_of(request))
    response = web.json_response(view)
    response.headers["ETag"] = f'"{folder.case.version}"'
    return response


async def get_history(request: web.Request) -> web.Response:
    """Every history line, oldest first."""
    actor, public = actor_of(request), request.app[TOWN]().public_numbers
    async with request.app[DATABASE].reading() as session:
        folder = await get_visible(session, request.match_info["number"], actor)
        entries = await read_history(session, folder.case.id)
    opened = sees_identity(actor, folder.case)
    lines = [history_view(entry, opened=opened, public=public) for entry in entries]
    return web.json_response({"history": lines})


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/v1/cases",
        handler=file_one,
        summary="Open a case; the text is tagged and, where that is certain, dispatched",
        tag="cases",
        body=CaseBody,
        answers=((201, CaseFiledAnswer), (200, CaseFiledAnswer)),
        roles=FILING_ROLES,
        headers=("Idempotency-Key",),
    ),
    Operation(
        method="GET",
        path="/api/v1/cases",
        handler=list_newest,
        summary="List cases, newest first",
        tag="cases",
        query=CaseQuery,
        answers=((200, CaseListAnswer),),
        problems=(422,),
        roles=READER_ROLES,
    ),
    Operation(
        method="GET",
        path="/api/v1/cases/{number}",
        handler=get_case,
        summary="One case and what may be done to it",
        tag="cases",
        answers=((200, CaseDetailAnswer),),
        problems=(404,),
        roles=READER_ROLES,
    ),
    Operation(
        method="GET",
        path="/api/v1/cases/{number}/history",
        handler=get_history,
        summary="Everything that happened to a case",
        tag="cases",
        answers=((200, HistoryAnswer),),
        problems=(404,),
        roles=READER_ROLES,
    ),
)
