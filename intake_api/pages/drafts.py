"""From a pasted call to drafts: ``POST /desk/read`` shows them, ``/desk/kept`` shows them again.

The page carries the drafts and a random id, under which a second press of the button finds the
cases of the first. What is typed is kept on the server meanwhile (``POST /desk/keep``), so that a
browser that dies, or a machine, costs nobody the call.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from cases.use_cases.kept_calls import drop_kept, find_kept, keep_call
from intake_api.accounts.csrf import FIELD, Form, checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.calls.call_reading import ReadCall, read_call
from intake_api.calls.draft_form import Edits
from intake_api.calls.highlights import Mark, Piece, cut_text, find_terms
from intake_api.calls.place_finding import find_places
from intake_api.calls.same_event import find_for_drafts
from intake_api.pages.callers import caller_part
from intake_api.pages.staff import require_intake
from intake_api.problem_json import Problem
from intake_api.rendering import render
from intake_api.schemas.common import MAX_TRANSCRIPT
from intake_api.texts import load_texts

READ_ID = "read_id"


async def read_pasted(request: web.Request) -> web.Response:
    """The drafts beside the text they came from."""
    staff = await require_intake(request)
    form = await checked_form(request)
    text = form.get("text", "").strip()
    texts = load_texts("pages")["desk"]
    if not text or len(text) > MAX_TRANSCRIPT:
        return _paste_again(request, texts["too_long" if text else "empty"], text)
    call = await read_call(request.app, text, now_of(request))
    if not call.drafts:
        return _paste_again(request, texts["nothing"], text)
    read_id = secrets.token_hex(8)
    await _keep(request, staff, {"pasted": text, READ_ID: read_id, "fresh": "1"})
    return await show_drafts(request, call, read_id)


def _paste_again(request: web.Request, message: str, text: str) -> web.Response:
    context = {"message": message, "pasted": text[:MAX_TRANSCRIPT]}
    return render(request, "desk_paste.html", context, status=422)


async def show_again(
    request: web.Request, given: Mapping[str, str], *, message: str = "", status: int = 200
) -> web.Response:
    """The page as the agent left it: the pasted text is read again, their edits stay.

    Raises ``Problem`` where the form holds no call.
    """
    text = given.get("pasted", "")[:MAX_TRANSCRIPT]
    call = await read_call(request.app, text, now_of(request))
    if not call.drafts:
        raise Problem("invalid_data", message or load_texts("pages")["desk"]["nothing"])
    edited = given if "fresh" not in given else None
    if edited is not None:
        call = await _find_places_again(request, call, edited)
    read_id = given.get(READ_ID) or secrets.token_hex(8)
    response = await show_drafts(request, call, read_id, given=edited, message=message)
    response.set_status(status)
    return response


async def _find_places_again(
    request: web.Request, call: ReadCall, given: Mapping[str, str]
) -> ReadCall:
    """The registry's offer for the words that now stand in the field of each draft."""
    typed = [given.get(f"d{i}-place", "") for i in range(len(call.drafts))]
    found = await find_places(
        request.app, [(draft.text, words) for draft, words in zip(call.drafts, typed, strict=True)]
    )
    drafts = zip(call.drafts, found, strict=True)
    return replace(call, drafts=tuple(replace(draft, places=places) for draft, places in drafts))


async def show_drafts(
    request: web.Request,
    call: ReadCall,
    read_id: str,
    *,
    given: Mapping[str, str] | None = None,
    message: str = "",
) -> web.Response:
    """What was read; ``given`` are fields that the agent had already changed."""
    town = request.app[TOWN]()
    context: dict[str, Any] = {
        "town": town,
        "call": call,
        "pieces": _pieces(call),
        "edits": Edits(given),
        "read_id": read_id,
        "message": message or _classifier_word(call),
        "categories": town.grouped_categories(),
        "same_event": await find_for_drafts(request.app, call, now_of(request)),
    }
    phone = (given or {}).get("caller_phone", call.caller_phone)
    context |= await caller_part(request, phone)
    return render(request, "drafts.html", context)


def _classifier_word(call: ReadCall) -> str:
    lost = any(draft.tag is None for draft in call.drafts)
    return str(load_texts("pages")["desk"]["no_classifier"]) if lost else ""


def _pieces(call: ReadCall) -> list[Piece]:
    """The whole text with every field and every reason marked where it stands."""
    marks = [Mark(*span, kind) for kind, span in call.spans()]
    for draft in call.drafts:
        start, end = draft.span
        terms = [reason.term for reason in draft.tag.reasons] if draft.tag else []
        for mark in find_terms(call.text[start:end], terms):
            marks.append(Mark(mark.start + start, mark.end + start, mark.kind))
    return cut_text(call.text, marks)


async def offer_places(request: web.Request) -> web.Response:
    """The places for other words than those that were read, for the small question of drafts.js."""
    await require_intake(request)
    words = request.query.get("q", "").replace("\x00", "").strip()[:200]
    draft = request.query.get("draft", "")
    if not re.fullmatch(r"d\d{1,2}", draft):
        raise Problem("invalid_data")
    found = (await find_places(request.app, [(words, words)]))[0] if words else None
    context = {"found": found, "name": f"{draft}-place_code", "edits": Edits()}
    return render(request, "place_choice.html", context)


# --- kept while it is worked on ----------------------------------------------------------------


async def keep_drafts(request: web.Request) -> web.Response:
    """The form as it stands, sent by the page while somebody types."""
    staff = await require_intake(request)
    form = await checked_form(request)
    if not form.get("pasted") or not form.get(READ_ID):
        raise Problem("invalid_data")
    await _keep(request, staff, _fields(form))
    return web.Response(status=204)


async def show_kept(request: web.Request) -> web.Response:
    """What this person had not filed yet."""
    staff = await require_intake(request)
    async with request.app[DATABASE].reading() as session:
        kept = await find_kept(session, _user_id(staff), now_of(request), request.query.get("call"))
    if kept is None:
        raise web.HTTPSeeOther("/desk")
    return await show_again(request, kept.fields)


async def drop_drafts(request: web.Request) -> web.Response:
    """It need not be filed after all."""
    staff = await require_intake(request)
    form = await checked_form(request)
    async with request.app[DATABASE].transaction() as session:
        await drop_kept(session, _user_id(staff), form.get(READ_ID, ""))
    raise web.HTTPSeeOther("/desk")


async def _keep(request: web.Request, staff: Staff, fields: Mapping[str, str]) -> None:
    async with request.app[DATABASE].transaction() as session:
        await keep_call(session, _user_id(staff), fields[READ_ID], fields, now_of(request))


def _fields(form: Form) -> dict[str, str]:
    return {name: value for name, value in form.items() if name != FIELD}


def _user_id(staff: Staff) -> int:
    assert staff.actor.user_id is not None  # whoever has a session is in the table
    return staff.actor.user_id


def add_routes(app: web.Application) -> None:
    """Register reading, keeping and the places."""
    app.router.add_post("/desk/read", read_pasted)
    app.router.add_post("/desk/keep", keep_drafts)
    app.router.add_get("/desk/kept", show_kept)
    app.router.add_post("/desk/kept/drop", drop_drafts)
    app.router.add_get("/desk/drafts/places", offer_places)
