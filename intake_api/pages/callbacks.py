"""``/desk/callbacks``: whom somebody has to call, what to say, and what came of it.

The list has the oldest first; one row opens a page of its own with the words to read aloud. The
number is covered until somebody asks for it, which leaves a line in the case's history.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from cases.callers.calling import (
    RATING,
    RESULTS,
    list_call_backs,
    read_call_back,
    settle,
    show_phone,
    showed_phone,
)
from cases.errors import CaseError, CaseNotFound
from cases.history import read_history
from cases.lifecycle import Role, State
from cases.personal_data import mask_name, mask_phone
from cases.use_cases.merging import answering_case
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.pages.staff import require_intake
from intake_api.problem_json import Problem, translate
from intake_api.rendering import render
from intake_api.texts import load_texts

ONE = r"/desk/callbacks/{id:\d{1,15}}"
RATEABLE = frozenset({State.CLOSED.value, State.EVALUATED.value})


async def show_list(request: web.Request) -> web.Response:
    """Due now, and tried already."""
    await require_intake(request)
    async with request.app[DATABASE].reading() as session:
        found = await list_call_backs(session, now_of(request))
    done = load_texts("pages")["callbacks"].get(request.query.get("done", ""), "")
    context: dict[str, Any] = {
        "found": found,
        "message": done,
        "mask_phone": mask_phone,
        "mask_name": mask_name,
        "town": request.app[TOWN](),
    }
    return render(request, "callbacks.html", context)


async def show_one(request: web.Request) -> web.Response:
    """One call: whom, what to say, what to record."""
    staff = await require_intake(request)
    return await _page(request, staff)


async def reveal(request: web.Request) -> web.Response:
    """The number, for whoever asked, and a line that says so."""
    staff = await require_intake(request)
    await checked_form(request)
    try:
        async with request.app[DATABASE].transaction() as session:
            await show_phone(session, _id(request), actor=staff.actor, now=now_of(request))
    except CaseNotFound:
        raise Problem("not_found") from None
    raise web.HTTPSeeOther(f"/desk/callbacks/{_id(request)}")


async def record(request: web.Request) -> web.Response:
    """已告知, 无人接听 or 号码错误; a refusal shows the page as it was filled in."""
    staff = await require_intake(request)
    form = await checked_form(request)
    result = request.match_info["result"]
    if result not in RESULTS:
        raise Problem("not_found")
    data = {name: form.get(name, "").strip() for name in RATING}
    try:
        async with request.app[DATABASE].transaction() as session:
            await settle(
                session,
                _id(request),
                result,
                data,
                actor=staff.actor,
                town=request.app[TOWN](),
                now=now_of(request),
            )
    except CaseNotFound:
        raise Problem("not_found") from None
    except CaseError as error:
        status = translate(error).status
        return await _page(request, staff, message=error.sentence, status=status, given=data)
    raise web.HTTPSeeOther(f"/desk/callbacks?done={result}")


async def _page(
    request: web.Request,
    staff: Staff,
    *,
    message: str = "",
    status: int = 200,
    given: dict[str, str] | None = None,
) -> web.Response:
    now, town = now_of(request), request.app[TOWN]()
    try:
        async with request.app[DATABASE].reading() as session:
            row, case = await read_call_back(session, _id(request))
            history = await read_history(session, case.id)
            answering = await answering_case(session, case)
    except CaseNotFound:
        raise Problem("not_found") from None
    shown = showed_phone(history, staff.actor, now)
    context: dict[str, Any] = {
        "row": row,
        "case": case,
        "name": mask_name(case.caller_name) or "来电人",
        "phone": case.caller_phone if shown else mask_phone(case.caller_phone),
        "shown": shown,
        "scale": [
            (value, name)
            for value, name in sorted(town.policy["satisfaction"].items(), reverse=True)
            if value.isdigit()
        ],
        "rates": case.state in RATEABLE and staff.actor.role is Role.AGENT,
        "gives_word": answering is not case and answering.state in RATEABLE,
        "given": given or dict.fromkeys(RATING, ""),
        "town": town,
        "message": message,
    }
    return render(request, "callback.html", context, status=status)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def add_routes(app: web.Application) -> None:
    """Register list, one call, its number and its results."""
    app.router.add_get("/desk/callbacks", show_list)
    app.router.add_get(ONE, show_one)
    app.router.add_post(f"{ONE}/phone", reveal)
    app.router.add_post(f"{ONE}/{{result}}", record)
