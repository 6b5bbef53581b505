"""``/desk``: paste a call on the left, what waits on the right."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.case_number import parse_number
from cases.models import Case, KeptCall
from cases.use_cases.kept_calls import list_kept
from cases.use_cases.queues import CaseFilter, list_cases
from cases.use_cases.search import Found, search_cases
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.case_store import coop_units
from intake_api.pages import drafts, filing
from intake_api.pages.staff import INTAKE_ROLES, queue_tabs, queues_of, require_staff, unit_of
from intake_api.rendering import render
from intake_api.views import case_view, found_words, may_see

PAGE_ROWS = 50
URGENT_FIRST = frozenset({"unaccepted", "undispatched", "overdue", "returned", "mine"})


async def show_desk(request: web.Request) -> web.Response:
    """The list of one queue, or of a search, beside the paste box."""
    staff = await require_staff(request)
    actor, now = staff.actor, now_of(request)
    queue = request.query.get("queue", "")
    if queue not in queues_of(actor):
        queue = queues_of(actor)[0]
    search = request.query.get("q", "").replace("\x00", "").strip()[:100]
    town = request.app[TOWN]()
    async with request.app[DATABASE].reading() as session:
        tabs = await queue_tabs(request, session, actor)
        if "queue" not in request.query and not tabs[queue]:
            # Nothing waits here: open on the first queue that has something.
            queue = next((name for name, count in tabs.items() if count), queue)
        before = await _row_before(session, request.query.get("before", ""))
        urgent_first = queue in URGENT_FIRST and not search and before is None
        if search:
            shown_as = partial(found_words, actor=actor, public=town.public_numbers)
            wanted = CaseFilter("all", unit=unit_of(actor), text=search, shown_as=shown_as)
            found = await search_cases(session, wanted, now=now, limit=PAGE_ROWS, before_id=before)
        else:
            wanted = CaseFilter(queue=queue, unit=unit_of(actor))
            found = await _list_queue(session, wanted, now, before, urgent_first=urgent_first)
        rows = found.cases
        filed = await _just_done(session, actor, request.query.get("filed", ""))
        followed = await _just_done(session, actor, request.query.get("followed", ""))
        kept = await _kept(session, actor, now)
        units = await coop_units(session, [case.id for case in rows])
    view = partial(case_view, actor=actor, now=now, shown="list", public=town.public_numbers)
    context: dict[str, Any] = {
        "town": town,
        "queue": queue,
        "tabs": tabs,
        "search": search,
        "rows": [(case, view(case, units[case.id])) for case in rows],
        "older": found.goes_on,
        "since": found.since,
        "filed": filed,
        "followed": followed,
        "kept": kept,
        "intake": actor.role in INTAKE_ROLES,
        "message": "",
        "pasted": "",
    }
    return render(request, "desk.html", context)


async def _list_queue(
    session: AsyncSession,
    wanted: CaseFilter,
    now: datetime,
    before: int | None,
    *,
    urgent_first: bool,
) -> Found:
    rows = await list_cases(
        session, wanted, now=now, limit=PAGE_ROWS, before_id=before, urgent_first=urgent_first
    )
    full = len(rows) == PAGE_ROWS and not urgent_first
    return Found(rows, rows[-1].number if full else None)


async def _row_before(session: AsyncSession, number: str) -> int | None:
    parsed = parse_number(number) if number else None
    if parsed is None:
        return None
    return await session.scalar(select(Case.id).where(Case.number == parsed))


async def _just_done(session: AsyncSession, actor: Actor, numbers: str) -> list[Case]:
    """The cases of the last press, so that the agent can read number and code aloud."""
    wanted = [n for n in (parse_number(part) for part in numbers.split(",")[:20]) if n]
    if not wanted or actor.role not in INTAKE_ROLES:
        return []
    rows = await session.scalars(select(Case).where(Case.number.in_(wanted)).order_by(Case.id))
    return [case for case in rows if may_see(actor, case, ())]


async def _kept(session: AsyncSession, actor: Actor, now: datetime) -> list[KeptCall]:
    if actor.role not in INTAKE_ROLES or actor.user_id is None:
        return []
    return await list_kept(session, actor.user_id, now)


async def show_counts(request: web.Request) -> web.Response:
    """The tabs' numbers for the small poll of desk.js."""
    staff = await require_staff(request)
    async with request.app[DATABASE].reading() as session:
        return web.json_response(await queue_tabs(request, session, staff.actor))


def add_routes(app: web.Application) -> None:
    """Register the desk and its drafts."""
    app.router.add_get("/desk", show_desk)
    app.router.add_get("/desk/counts", show_counts)
    drafts.add_routes(app)
    filing.add_routes(app)
