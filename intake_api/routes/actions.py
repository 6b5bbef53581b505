"""``POST /api/v1/cases/{number}/{action}``: one route for each action of the lifecycle."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import VersionConflict
from cases.lifecycle import Action
from cases.use_cases.act import act
from intake_api.accounts.keys import TOWN, actor_of, now_of
from intake_api.case_store import coop_units, get_visible
from intake_api.idempotency import write_once
from intake_api.json_body import expected_version, read_body
from intake_api.openapi import Handler, Operation
from intake_api.problem_json import Problem
from intake_api.routes.cases import detail_view
from intake_api.schemas.actions import ACTION_BODIES, API_ACTIONS
from intake_api.schemas.cases import CaseDetailAnswer
from intake_api.texts import load_texts


def _handler_of(action: Action) -> Handler:
    model = ACTION_BODIES[action]

    async def take_step(request: web.Request) -> web.Response:
        body, raw = await read_body(request, model)
        data = body.model_dump(mode="json", exclude_none=True)
        version = expected_version(request)
        town = request.app[TOWN]()
        actor, now = actor_of(request), now_of(request)

        async def work(session: AsyncSession) -> tuple[int, Any]:
            folder = await get_visible(session, request.match_info["number"], actor)
            try:
                case = await act(
                    session,
                    folder.case.number,
                    action.value,
                    data,
                    actor=actor,
                    town=town,
                    now=now,
                    expected_version=version,
                )
            except VersionConflict as error:
                raise Problem("precondition_failed", error.sentence) from error
            units = (await coop_units(session, [case.id]))[case.id]
            return 200, detail_view(case, units, actor=actor, now=now)

        return await write_once(request, raw, work)

    take_step.__name__ = f"{action.value}_case"
    return take_step


OPERATIONS = tuple(
    Operation(
        method="POST",
        path=f"/api/v1/cases/{{number}}/{action.value}",
        handler=_handler_of(action),
        summary=load_texts("labels")["action_summaries"][action.value],
        tag="actions",
        body=ACTION_BODIES[action],
        answers=((200, CaseDetailAnswer),),
        problems=(404, 409, 412),
        headers=("Idempotency-Key", "If-Match"),
    )
    for action in API_ACTIONS
)
