"""What a caller reported before, and a caller's name and number in full.

    await caller_part(request, phone) -> context of ``earlier_cases.html``
    await reveal_part(session, case, actor, history, now) -> context of ``reveal.html``

``/desk/callers`` takes the number as a form, never in an address: addresses are written into logs
and histories. ``/desk/reveal/{number}`` writes into the case's history who looked and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import MissingData
from cases.models import Case, HistoryEntry
from cases.personal_data import mask_part, mask_phone
from cases.use_cases.earlier_cases import EarlierCases, find_earlier
from cases.use_cases.reporters import list_reporters
from cases.use_cases.reveal import REVEALED, reveal_caller, was_revealed
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.case_store import get_visible
from intake_api.pages.staff import INTAKE_ROLES, require_intake, require_staff
from intake_api.problem_json import Problem
from intake_api.rendering import render
from intake_api.texts import load_texts
from intake_api.views import may_reveal, sees_identity

_FEW, _MANY = 5, 100
log = structlog.get_logger("huying.callers")


async def caller_part(request: web.Request, phone: str | None, limit: int = _FEW) -> dict[str, Any]:
    """``{"earlier": None}`` where there is no number, or nobody who takes calls."""
    staff = await require_staff(request)
    found: EarlierCases | None = None
    if staff.actor.role in INTAKE_ROLES and phone:
        async with request.app[DATABASE].reading() as session:
            found = await find_earlier(session, phone, limit=limit)
    if found is None:
        return {"earlier": None}
    public = request.app[TOWN]().public_numbers
    rows = [
        {
            "number": case.number,
            "at": case.submitted_at,
            "summary": mask_part(case.summary, case.text, public=public),
            "state": case.state,
        }
        for case in found.cases
    ]
    return {"earlier": {"total": found.total, "rows": rows, "phone": mask_phone(phone)}}


async def show_earlier(request: web.Request) -> web.Response:
    """The whole list of one number; the form may carry much else, as the drafts do."""
    staff = await require_intake(request)
    form = await checked_form(request)
    phone = form.get("caller_phone", "").strip()[:64]
    context = await caller_part(request, phone, _MANY)
    log.info(
        "earlier cases looked up",
        by=staff.actor.name,
        phone=mask_phone(phone),
        found=context["earlier"]["total"] if context["earlier"] else 0,
    )
    bad = context["earlier"] is None
    return render(request, "callers.html", {**context, "bad": bad}, status=422 if bad else 200)


async def ask_number(request: web.Request) -> web.Response:
    """The form alone."""
    await require_intake(request)
    return render(request, "callers.html", {"earlier": None, "bad": False})


async def reveal_part(
    session: AsyncSession,
    case: Case,
    actor: Actor,
    history: Sequence[HistoryEntry],
    now: datetime,
) -> dict[str, Any]:
    """``revealed``: this citizen and their words are shown in full; ``opened_all``: so is whoever
    of the others who report it did not ask to stay anonymous; ``may_reveal``: not yet, and this
    person may ask."""
    may = await _may_ask(session, actor, case)
    opened = may and was_revealed(history, actor, now)
    return {
        "revealed": opened and sees_identity(actor, case),
        "opened_all": opened,
        "may_reveal": may and not opened,
        "whys": load_texts("callers")["whys"],
    }


async def _may_ask(session: AsyncSession, actor: Actor, case: Case) -> bool:
    """Of an anonymous citizen there is nothing to show; of the others who report the same, there
    may be."""
    if not case.anonymous or not may_reveal(actor, case):
        return sees_identity(actor, case)
    reporters = await list_reporters(session, case)
    return any(not r.anonymous and bool(r.name or r.phone) for r in reporters)


async def reveal(request: web.Request) -> web.Response:
    """The button: the line is written, then name and number appear on the page."""
    staff = await require_staff(request)
    form = await checked_form(request)
    async with request.app[DATABASE].transaction() as session:
        folder = await get_visible(session, request.match_info["number"], staff.actor)
        if not await _may_ask(session, staff.actor, folder.case):
            raise Problem("permission_denied")
        number = folder.case.number
        try:
            await reveal_caller(
                session, number, form.get("reason", ""), actor=staff.actor, now=now_of(request)
            )
        except MissingData as error:
            raise Problem("missing_data", error.sentence) from error
    raise web.HTTPSeeOther(f"/desk/cases/{number}?done={REVEALED}")


def add_routes(app: web.Application) -> None:
    """Register look-up and reveal. Steps of a case take all below ``/desk/cases/{number}/``."""
    app.router.add_get("/desk/callers", ask_number)
    app.router.add_post("/desk/callers", show_earlier)
    app.router.add_post("/desk/reveal/{number}", reveal)
