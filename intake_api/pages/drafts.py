"""From a pasted call to filed cases: ``POST /desk/read`` shows drafts, ``POST /desk/file`` files.

Nothing is stored between the two: the page carries the drafts, and a random id, under which a
second press of the button finds the cases of the first.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy.exc import IntegrityError

from cases.classification import Tag
from cases.errors import CaseError
from cases.models import Case
from cases.town import Town
from cases.use_cases.file_case import CaseDraft, file_case, find_by_source
from intake_api.call_reading import ReadCall, read_call
from intake_api.csrf import Form, checked_form
from intake_api.highlights import Mark, Piece, cut_text, find_terms
from intake_api.keys import DATABASE, TOWN, now_of
from intake_api.pages.staff import INTAKE_ROLES, require_staff
from intake_api.problem_json import Problem
from intake_api.rendering import render
from intake_api.schemas.common import MAX_TRANSCRIPT
from intake_api.sessions import Staff
from intake_api.tagging import tag_texts
from intake_api.texts import load_texts

SOURCE_SYSTEM = "desk"
MAX_DRAFTS = 50
log = structlog.get_logger("huying.desk")


async def read_pasted(request: web.Request) -> web.Response:
    """The drafts beside the text they came from."""
    staff = await _require_intake(request)
    form = await checked_form(request)
    text = form.get("text", "").strip()
    texts = load_texts("pages")["desk"]
    if not text or len(text) > MAX_TRANSCRIPT:
        return await _again(request, staff, texts["too_long" if text else "empty"], text)
    call = await read_call(request.app, text, now_of(request))
    if not call.drafts:
        return await _again(request, staff, texts["nothing"], text)
    return await _show(request, call, message="")


async def _again(request: web.Request, staff: Staff, message: str, text: str) -> web.Response:
    context = {"message": message, "pasted": text[:MAX_TRANSCRIPT]}
    return render(request, "desk_paste.html", context, status=422)


async def _show(request: web.Request, call: ReadCall, *, message: str) -> web.Response:
    town = request.app[TOWN]()
    context: dict[str, Any] = {
        "town": town,
        "call": call,
        "pieces": _pieces(call),
        "read_id": secrets.token_hex(8),
        "message": message or _classifier_word(call),
        "categories": _grouped(town),
    }
    return render(request, "drafts.html", context)


def _classifier_word(call: ReadCall) -> str:
    lost = any(draft.tag is None for draft in call.drafts)
    return str(load_texts("pages")["desk"]["no_classifier"]) if lost else ""


def _grouped(town: Town) -> dict[str, list[tuple[str, str]]]:
    """Platform name -> (code, name) of its categories, in the taxonomy's order."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for category in town.categories.values():
        groups.setdefault(category.platform_name, []).append((category.code, category.name))
    return groups


def _pieces(call: ReadCall) -> list[Piece]:
    """The whole text with every field and every reason marked where it stands."""
    marks = [Mark(*span, kind) for kind, span in call.spans()]
    for draft in call.drafts:
        start, end = draft.span
        terms = [reason.term for reason in draft.tag.reasons] if draft.tag else []
        for mark in find_terms(call.text[start:end], terms):
            marks.append(Mark(mark.start + start, mark.end + start, mark.kind))
    return cut_text(call.text, marks)


async def file_drafts(request: web.Request) -> web.Response:
    """Every ticked draft becomes a case, all or none."""
    staff = await _require_intake(request)
    form = await checked_form(request)
    town = request.app[TOWN]()
    texts = load_texts("pages")["desk"]
    chosen = [index for index in range(MAX_DRAFTS) if form.get(f"d{index}-file") == "1"]
    if not chosen:
        return await _refuse(request, form, texts["none_chosen"])
    if any(not _category(form, index) for index in chosen):
        return await _refuse(request, form, texts["needs_category"])
    tags = await tag_texts(request.app, [form.get(f"d{i}-text", "") for i in chosen])
    drafts = [_draft(form, index, tag) for index, tag in zip(chosen, tags, strict=True)]
    try:
        filed = await _file_all(request, staff, town, form.get("read_id", ""), drafts)
    except CaseError as error:
        return await _refuse(request, form, error.sentence)
    numbers = ",".join(case.number for case in filed)
    raise web.HTTPSeeOther(f"/desk?filed={numbers}")


async def _file_all(
    request: web.Request, staff: Staff, town: Town, read_id: str, drafts: list[CaseDraft]
) -> list[Case]:
    now = now_of(request)
    source_id = f"{staff.actor.user_id}-{read_id[:32]}"
    try:
        async with request.app[DATABASE].transaction() as session:
            known = await find_by_source(session, SOURCE_SYSTEM, source_id)
            if known:
                return known
            sourced = (
                replace(draft, source_system=SOURCE_SYSTEM, source_id=source_id) for draft in drafts
            )
            return [
                await file_case(session, draft, actor=staff.actor, town=town, now=now)
                for draft in sourced
            ]
    except IntegrityError:
        async with request.app[DATABASE].reading() as session:
            return await find_by_source(session, SOURCE_SYSTEM, source_id)


def _category(form: Form, index: int) -> str:
    """A choice in the long list wins over the three suggestions."""
    return form.get(f"d{index}-other", "") or form.get(f"d{index}-category", "")


def _confirmed_tag(form: Form, index: int) -> dict[str, str]:
    return {
        "category": _category(form, index),
        "request_type": form.get(f"d{index}-request_type", "complaint"),
        "urgency": form.get(f"d{index}-urgency", "normal"),
    }


def _draft(form: Form, index: int, tag: Tag | None) -> CaseDraft:
    """One draft as the agent left it."""
    return CaseDraft(
        text=form.get(f"d{index}-text", ""),
        channel="phone",
        tag=tag,
        caller_name=form.get("caller_name", "").strip()[:64] or None,
        caller_phone=form.get("caller_phone", "").strip()[:32] or None,
        anonymous=form.get("anonymous") == "1",
        place_text=form.get(f"d{index}-place", "").strip()[:200] or None,
        summary=form.get(f"d{index}-summary", "").strip()[:200] or None,
        source_index=index,
        confirmed=_confirmed_tag(form, index),
    )


async def _refuse(request: web.Request, form: Form, message: str) -> web.Response:
    """Show the page again as the agent left it: re-read the pasted text, keep the choices."""
    call = await read_call(request.app, form.get("pasted", "")[:MAX_TRANSCRIPT], now_of(request))
    if not call.drafts:
        raise Problem("invalid_data", message)
    response = await _show(request, call, message=message)
    response.set_status(422)
    return response


async def _require_intake(request: web.Request) -> Staff:
    staff = await require_staff(request)
    if staff.actor.role not in INTAKE_ROLES:
        raise Problem("permission_denied")
    return staff


def add_routes(app: web.Application) -> None:
    """Register reading and filing."""
    app.router.add_post("/desk/read", read_pasted)
    app.router.add_post("/desk/file", file_drafts)
