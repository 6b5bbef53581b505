"""``/desk/answers``: staff keep the answer cards, without JavaScript.

List and search, one card with its form, its preview as the citizen reads it, every version it
had, and a box to try a question on. Who may write a card says ``cases.use_cases.answer_cards``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.answers import AnswerBook, AnswerCard, card_text
from cases.answers.card import check_card, read_card
from cases.answers.loading import load_book
from cases.answers.text import is_question
from cases.errors import CaseError, VersionConflict
from cases.models import AnswerCardRow
from cases.town import Town
from cases.use_cases.answer_cards import (
    CardUse,
    count_uses,
    get_card_row,
    list_cards,
    list_unsolved,
    may_edit,
    read_revisions,
    save_card,
    set_active,
)
from cases.use_cases.consultations import count_consultations
from intake_api.accounts.csrf import Form, checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.card_form import blank_values, form_values, form_version, read_form
from intake_api.pages.staff import require_staff
from intake_api.problem_json import Problem, translate
from intake_api.rendering import render
from intake_api.texts import load_texts

NEW = "new"
_SINCE = timedelta(days=30)
_STALE_AFTER = timedelta(days=180)


async def show_cards(request: web.Request) -> web.Response:
    """The list, the figures of a month, and what a question would be answered with."""
    staff = await require_staff(request)
    town, now = request.app[TOWN](), now_of(request)
    search = request.query.get("q", "").replace("\x00", "").strip()[:100]
    unit = request.query.get("unit", "")
    tried = request.query.get("try", "").replace("\x00", "").strip()[:500]
    async with request.app[DATABASE].reading() as session:
        rows = await list_cards(session, search, unit if unit in town.units else "")
        uses = await count_uses(session, now - _SINCE)
        figures = await count_consultations(session, now - _SINCE)
        book = await load_book(session) if tried else AnswerBook()
    today = _today(town, now)
    context = {
        "town": town,
        "cards": [_line(row, uses.get(row.code, CardUse()), today) for row in rows],
        "figures": figures,
        "search": search,
        "unit": unit,
        "tried": tried,
        "asks": is_question(tried) if tried else True,
        "found": book.find(tried, today) if tried else None,
        "touched": book.nearest(tried, today) if tried else [],
        "may_add": may_edit(staff.actor, staff.actor.unit_code or ""),
    }
    return render(request, "answers.html", context)


async def show_card(request: web.Request) -> web.Response:
    """One card; ``?version=`` shows how it once was."""
    staff = await require_staff(request)
    done = load_texts("pages")["answers"].get(request.query.get("done", ""), "")
    return await _page(request, staff, message=done)


async def change_card(request: web.Request) -> web.Response:
    """Save, only look how it would read, retire or bring back."""
    staff = await require_staff(request)
    form = await checked_form(request)
    code = request.match_info["code"]
    deed = form.get("do", "save")
    try:
        if deed in ("retire", "restore"):
            await _set_active(request, staff, code, form, active=deed == "restore")
        else:
            card = read_form(form, None if code == NEW else code)
            if deed == "preview":
                _check(card, request.app[TOWN]())
                return await _page(request, staff, given=form, preview=card)
            code = await _save(request, staff, card, form)
    except CaseError as error:
        status = translate(error).status
        if status == 404:
            raise
        fresh = isinstance(error, VersionConflict)
        return await _page(
            request, staff, message=error.sentence, status=status, given=form, moved_on=fresh
        )
    raise web.HTTPSeeOther(f"/desk/answers/{code}?done={deed}")


async def _save(request: web.Request, staff: Staff, card: AnswerCard, form: Form) -> str:
    town = request.app[TOWN]()
    async with request.app[DATABASE].transaction() as session:
        row = await save_card(
            session,
            card,
            actor=staff.actor,
            units=town.units,
            categories=town.categories,
            now=now_of(request),
            expected_version=form_version(form),
        )
        return row.code


async def _set_active(
    request: web.Request, staff: Staff, code: str, form: Form, *, active: bool
) -> None:
    async with request.app[DATABASE].transaction() as session:
        await set_active(
            session,
            code,
            active=active,
            actor=staff.actor,
            now=now_of(request),
            expected_version=form_version(form),
        )


async def _page(
    request: web.Request,
    staff: Staff,
    *,
    message: str = "",
    status: int = 200,
    given: Form | None = None,
    preview: AnswerCard | None = None,
    moved_on: bool = False,
) -> web.Response:
    town, now = request.app[TOWN](), now_of(request)
    code = request.match_info.get("code", NEW)
    context: dict[str, Any] = {
        "town": town,
        "code": code,
        "row": None,
        "history": [],
        "unsolved": [],
        "use": CardUse(),
        "shown": preview,
        "shown_version": 0,
        "unsaved": preview is not None,
        "values": blank_values(_today(town, now)),
        "message": message,
        "bad": status != 200,
        "moved_on": moved_on,
        "may_edit": may_edit(staff.actor, staff.actor.unit_code or ""),
        "categories": town.grouped_categories(dispatchable_only=True),
    }
    if code != NEW:
        async with request.app[DATABASE].reading() as session:
            await _fill(session, context, request, staff, now, preview)
    elif not context["may_edit"]:
        raise Problem("permission_denied")
    if given is not None:
        # A conflict keeps what was typed, over the version that is there now.
        version = context["values"]["version"] if moved_on else given.get("version", "")
        context["values"] = {**context["values"], **dict(given), "version": version}
    shown = context["shown"]
    context["preview"] = card_text(shown) if shown else ""
    return render(request, "answer_card.html", context, status=status)


async def _fill(
    session: AsyncSession,
    context: dict[str, Any],
    request: web.Request,
    staff: Staff,
    now: datetime,
    preview: AnswerCard | None,
) -> None:
    row = await get_card_row(session, context["code"])
    history = await read_revisions(session, row.code)
    wanted = request.query.get("version", "")
    old = next((entry for entry in history if str(entry.version) == wanted), None)
    card = read_card(old.content if old else row.content)
    context |= {
        "row": row,
        "history": history,
        "unsolved": await list_unsolved(session, row.code, now - _SINCE),
        "use": (await count_uses(session, now - _SINCE)).get(row.code, CardUse()),
        "shown": preview or card,
        "shown_version": old.version if old and preview is None else 0,
        "values": form_values(replace(read_card(row.content), version=row.version)),
        "may_edit": may_edit(staff.actor, row.unit),
    }


def _line(row: AnswerCardRow, use: CardUse, today: date) -> dict[str, Any]:
    card = read_card(row.content)
    return {
        "row": row,
        "card": card,
        "use": use,
        "stale": today - card.reviewed_on > _STALE_AFTER,
        "over": not card.is_valid(today),
    }


def _check(card: AnswerCard, town: Town) -> None:
    check_card(card, town.units, town.categories)


def _today(town: Town, now: datetime) -> date:
    return now.astimezone(town.calendar.zone).date()


def add_routes(app: web.Application) -> None:
    """Register list, card and its form."""
    app.router.add_get("/desk/answers", show_cards)
    app.router.add_get(r"/desk/answers/{code:[A-Z]{2}\d{2,4}|new}", show_card)
    app.router.add_post(r"/desk/answers/{code:[A-Z]{2}\d{2,4}|new}", change_card)
