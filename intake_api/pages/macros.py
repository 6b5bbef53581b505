"""``/desk/macros``: the replies that are given often, kept by the desk and by heads of units."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseError, InvalidData
from cases.lifecycle import Role
from cases.models import Case
from cases.town import Town
from cases.use_cases.answer_cards import EDITORS, may_edit
from cases.use_cases.reply_macros import (
    GAPS,
    MacroDraft,
    fill_macro,
    list_macros,
    save_macro,
    set_macro_active,
)
from intake_api.accounts.csrf import Form, checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.pages.staff import require_staff
from intake_api.problem_json import translate
from intake_api.rendering import render
from intake_api.texts import load_texts

NEW = "new"
#: What a form may ask for; a new one can only be saved.
DEEDS = frozenset({"save", "retire", "restore"})


async def macro_part(
    session: AsyncSession, case: Case, actor: Actor, town: Town
) -> list[tuple[str, str]]:
    """(title, text for this case) of what this person may use beside a case."""
    values = {
        "number": case.number,
        "unit": town.unit_name(case.lead_unit),
        "place": case.place_text,
        "category": town.category_name(case.category),
    }
    macros = await list_macros(session, unit=actor.unit_code)
    return [(macro.title, fill_macro(macro.text, values)) for macro in macros]


async def show_macros(request: web.Request) -> web.Response:
    """The list, each with its form for who may change it."""
    staff = await require_staff(request)
    done = load_texts("pages")["macros"].get(request.query.get("done", ""), "")
    return await _page(request, staff, message=done)


async def change_macro(request: web.Request) -> web.Response:
    """Save, retire or bring back."""
    staff = await require_staff(request)
    form = await checked_form(request)
    wanted = request.match_info["macro"]
    macro_id = None if wanted == NEW else int(wanted)
    deed = form.get("do", "save")
    try:
        if deed not in DEEDS or (macro_id is None and deed != "save"):
            raise InvalidData("没有这个操作，请刷新页面后再试。", field="do")
        async with request.app[DATABASE].transaction() as session:
            if macro_id is not None and deed != "save":
                await set_macro_active(
                    session,
                    macro_id,
                    active=deed == "restore",
                    actor=staff.actor,
                    now=now_of(request),
                )
            else:
                await save_macro(
                    session,
                    MacroDraft(form.get("title", ""), form.get("text", ""), form.get("unit", "")),
                    actor=staff.actor,
                    units=request.app[TOWN]().units,
                    now=now_of(request),
                    macro_id=macro_id,
                )
    except CaseError as error:
        status = translate(error).status
        if status == 404:
            raise
        return await _page(
            request, staff, message=error.sentence, status=status, given=(wanted, form)
        )
    raise web.HTTPSeeOther(f"/desk/macros?done={deed}")


async def _page(
    request: web.Request,
    staff: Staff,
    *,
    message: str = "",
    status: int = 200,
    given: tuple[str, Form] | None = None,
) -> web.Response:
    town, actor = request.app[TOWN](), staff.actor
    async with request.app[DATABASE].reading() as session:
        rows = await list_macros(
            session, unit=actor.unit_code, all_units=actor.role in EDITORS, retired=True
        )
    units = town.units if actor.role in EDITORS else {}
    context = {
        "town": town,
        "macros": [(row, may_edit(actor, row.unit_code or "")) for row in rows],
        "may_add": actor.role in EDITORS or actor.role is Role.HANDLER_HEAD,
        "own_unit": "" if actor.role in EDITORS else actor.unit_code or "",
        "units": units,
        "gaps": GAPS,
        "given": {given[0]: given[1]} if given else {},
        "message": message,
        "bad": status != 200,
    }
    return render(request, "macros.html", context, status=status)


def add_routes(app: web.Application) -> None:
    """Register the page."""
    app.router.add_get("/desk/macros", show_macros)
    app.router.add_post(r"/desk/macros/{macro:new|\d{1,15}}", change_macro)
