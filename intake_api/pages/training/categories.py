"""``/training/categories``: the town's list of categories, without JavaScript.

What each has, how good the serving model is there, what training advises; add, change, retire.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from cases.categories import NEW
from cases.errors import CaseError, InvalidData, VersionConflict
from cases.models import Category
from cases.use_cases.categories import (
    add_category,
    change_category,
    get_category,
    list_categories,
    read_category_events,
    restore_category,
    retire_category,
)
from cases.use_cases.category_rows import find_like
from intake_api.accounts.csrf import Form, checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.labelling.category_view import form_values, read_draft, read_overview, refresh_town
from intake_api.pages.training import require_trainer
from intake_api.problem_json import Problem, translate
from intake_api.rendering import render
from intake_api.texts import load_texts

HOME = "/training/categories"
_MOST_DIGITS = 9


async def show_categories(request: web.Request) -> web.Response:
    """The list."""
    await require_trainer(request)
    town = request.app[TOWN]()
    async with request.app[DATABASE].reading() as session:
        rows = await list_categories(session)
    overview = await read_overview(request.app, town)
    groups: dict[str, list[Category]] = {}
    for row in rows:
        if row.active:
            groups.setdefault(row.platform_name, []).append(row)
    context = {
        "town": town,
        "groups": groups,
        "retired": [row for row in rows if not row.active],
        "overview": overview,
        "link": _link,
        "split": sum(
            overview.labelled.get(row.code, 0)
            for row in rows
            if not row.active and town.current_code(row.code) is None
        ),
    }
    return render(request, "training_categories.html", context)


async def show_category(request: web.Request) -> web.Response:
    """One category, or the form for another one."""
    await require_trainer(request)
    done = load_texts("categories")["done"].get(request.query.get("done", ""), "")
    return await _page(request, message=done)


async def save_category(request: web.Request) -> web.Response:
    """Add, change, retire or restore."""
    staff = await require_trainer(request)
    form = await checked_form(request)
    code, deed = request.match_info["code"], form.get("do", "save")
    try:
        code, done = await _act(request, staff, code, deed, form)
    except CaseError as error:
        if translate(error).status == 404:
            raise
        return await _page(request, refused=error, given=form)
    await refresh_town(request.app, request.app[TOWN])
    raise web.HTTPSeeOther(f"{_link(code)}?done={done}")


async def _act(
    request: web.Request, staff: Staff, code: str, deed: str, form: Form
) -> tuple[str, str]:
    known: dict[str, Any] = {"actor": staff.actor, "now": now_of(request)}
    town = request.app[TOWN]()
    async with request.app[DATABASE].transaction() as session:
        if code == NEW:
            row = await add_category(session, read_draft(form), town=town, **known)
            return row.code, "add"
        known["expected_version"] = _version(form)
        if deed == "save":
            await change_category(session, code, read_draft(form), town=town, **known)
            return code, "change"
        if deed == "retire":
            await retire_category(session, code, form.get("replaced_by", ""), **known)
        elif deed == "restore":
            await restore_category(session, code, **known)
        else:
            raise Problem("not_found")
    return code, deed


async def _page(
    request: web.Request,
    *,
    message: str = "",
    refused: CaseError | None = None,
    given: Form | None = None,
) -> web.Response:
    town, code = request.app[TOWN](), request.match_info["code"]
    row, events, like = None, [], []
    async with request.app[DATABASE].reading() as session:
        if code != NEW:
            row = await get_category(session, code)
            events = list(await read_category_events(session, code))
            like = await find_like(session, row.vocabulary, but=code) if row.active else []
    newest = str(events[0].id if events else 0)
    values = form_values(town, row)
    if given is not None and given.get("do", "save") == "save":
        values |= {name: given.get(name, "") for name in values}
    # A conflict keeps what was typed, over the version that is there now.
    stale = given.get("version", "") if given and not isinstance(refused, VersionConflict) else ""
    overview = await read_overview(request.app, town) if row else None
    clocks = load_texts("categories")["time_classes"]
    context = {
        "town": town,
        "row": row,
        "figures": overview.line(code) if overview else None,
        "advice": [one for one in overview.advice if code in one.categories] if overview else [],
        "like": like,
        "events": events,
        "texts": load_texts("categories"),
        "values": values | {"version": stale or newest},
        "errors": refused.fields.get("errors", {}) if isinstance(refused, InvalidData) else {},
        "message": refused.sentence if refused else message,
        "bad": refused is not None,
        "platforms": {c.platform: c.platform_name for c in town.categories.values()},
        "categories": town.grouped_categories(),
        "times": [(c, clocks.get(c, c)) for c in town.policy["handling"]["days"]],
        "units": [(unit.code, unit.name) for unit in town.units.values()],
        "link": _link,
        "address": _link(code),
    }
    status = translate(refused).status if refused else 200
    return render(request, "training_category.html", context, status=status)


def _link(code: str) -> str:
    return f"{HOME}/{quote(code, safe='')}"


def _version(form: Form) -> int:
    given = form.get("version", "")
    if not given.isdecimal() or len(given) > _MOST_DIGITS:
        raise InvalidData("页面不完整，请刷新后再操作。", field="version")
    return int(given)


def add_routes(app: web.Application) -> None:
    """Register the list and one category."""
    app.router.add_get(HOME, show_categories)
    app.router.add_get(HOME + "/{code}", show_category)
    app.router.add_post(HOME + "/{code}", save_category)
