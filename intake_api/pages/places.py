"""``/desk/places``: places with a code on the wall, and the stickers to print, without JavaScript.

The list with search, one place with its code and its record, and the list as a file; the sheet of
stickers is in ``place_sheet``. All staff look and print; ``cases.use_cases.places`` says who may
change.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from cases.errors import CaseError, InvalidData, VersionConflict
from cases.use_cases.place_import import BadRows, import_places
from cases.use_cases.places import (
    PAGE,
    PlaceDraft,
    add_place,
    change_place,
    get_place,
    list_places,
    may_keep,
    read_events,
    set_active,
)
from intake_api.accounts.csrf import Form, checked_form
from intake_api.accounts.keys import DATABASE, now_of
from intake_api.accounts.sessions import Staff
from intake_api.chat_doors import BOT_NAME, BotName, find_doors, guessed_root, public_root
from intake_api.pages.staff import require_staff
from intake_api.place_files import read_number, read_places, write_places
from intake_api.problem_json import Problem, translate
from intake_api.qr import qr_svg
from intake_api.rendering import render
from intake_api.texts import load_texts

_TOKEN = r"{token:[A-Za-z0-9_-]{8,48}}"
_MOST_SENTENCES = 50
_MOST_DIGITS = 9


async def show_places(request: web.Request) -> web.Response:
    """The list; ``?q=`` looks for a name or a code, ``?page=`` turns over."""
    staff = await require_staff(request)
    texts = load_texts("places")
    unprintable = texts["print"].get(request.query.get("print", ""))
    if unprintable:
        return await _list(request, staff, refused=InvalidData(unprintable))
    done = texts["done"].get(request.query.get("done", ""), "")
    if request.query.get("done") == "imported":
        counts = {name: _number(request, name) for name in ("added", "changed", "same")}
        done = done.format(**counts)
    return await _list(request, staff, message=done)


async def add(request: web.Request) -> web.Response:
    """One more place."""
    staff = await require_staff(request)
    form = await checked_form(request)
    try:
        async with request.app[DATABASE].transaction() as session:
            place = await add_place(session, _draft(form), actor=staff.actor, now=now_of(request))
    except CaseError as error:
        return await _list(request, staff, refused=error, given=form)
    raise web.HTTPSeeOther(f"/desk/places/{place.token}?done=add")


async def import_file(request: web.Request) -> web.Response:
    """A CSV file of places: all of it or nothing."""
    staff = await require_staff(request)
    await checked_form(request)
    upload = (await request.post()).get("file")
    try:
        if not isinstance(upload, web.FileField) or not (raw := upload.file.read()):
            raise InvalidData(load_texts("places")["file"]["none"], field="file")
        async with request.app[DATABASE].transaction() as session:
            result = await import_places(
                session, read_places(raw), actor=staff.actor, now=now_of(request)
            )
    except CaseError as error:
        return await _list(request, staff, refused=error, importing=True)
    counts = {"added": result.added, "changed": result.changed, "same": result.same}
    raise web.HTTPSeeOther(f"/desk/places?{urlencode({'done': 'imported', **counts})}")


async def export_file(request: web.Request) -> web.Response:
    """Every place with its link, for a spreadsheet or another installation."""
    await require_staff(request)
    async with request.app[DATABASE].reading() as session:
        found = await list_places(session, limit=None)
    root = public_root(request)
    rows = [(place, f"{root}/chat?start=loc_{place.token}") for place in found.places]
    return web.Response(
        body=write_places(rows),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="places.csv"'},
    )


async def show_place(request: web.Request) -> web.Response:
    """One place: its code, its form, its record."""
    staff = await require_staff(request)
    done = load_texts("places")["done"].get(request.query.get("done", ""), "")
    return await _page(request, staff, message=done)


async def change(request: web.Request) -> web.Response:
    """Save, switch off or on."""
    staff = await require_staff(request)
    form = await checked_form(request)
    token, deed = request.match_info["token"], form.get("do", "change")
    try:
        known: dict[str, Any] = {
            "actor": staff.actor,
            "now": now_of(request),
            "expected_version": _version(form),
        }
        async with request.app[DATABASE].transaction() as session:
            if deed in ("on", "off"):
                await set_active(session, token, active=deed == "on", **known)
            elif deed == "change":
                await change_place(session, token, _draft(form), **known)
            else:
                raise Problem("not_found")
    except CaseError as error:
        if translate(error).status == 404:
            raise
        return await _page(request, staff, refused=error, given=form)
    raise web.HTTPSeeOther(f"/desk/places/{token}?done={deed}")


async def _list(
    request: web.Request,
    staff: Staff,
    *,
    message: str = "",
    refused: CaseError | None = None,
    given: Form | None = None,
    importing: bool = False,
) -> web.Response:
    search, page = read_search(request), max(1, _number(request, "page"))
    async with request.app[DATABASE].reading() as session:
        found = await list_places(session, search, offset=(page - 1) * PAGE)
    context = {
        "found": found,
        "search": search,
        "page": page,
        "pages": -(-found.found // PAGE),
        "message": refused.sentence if refused else message,
        "bad": refused is not None,
        "sentences": refused.sentences[:_MOST_SENTENCES] if isinstance(refused, BadRows) else (),
        "values": given or {},
        "importing": importing,
        "may_keep": may_keep(staff.actor),
        "guessed": guessed_root(request),
    }
    status = translate(refused).status if refused else 200
    return render(request, "places.html", context, status=status)


async def _page(
    request: web.Request,
    staff: Staff,
    *,
    message: str = "",
    refused: CaseError | None = None,
    given: Form | None = None,
) -> web.Response:
    async with request.app[DATABASE].reading() as session:
        place = await get_place(session, request.match_info["token"])
        events = await read_events(session, place.token)
    doors = await find_doors(request, f"loc_{place.token}")
    newest = events[0].id if events else 0
    values: dict[str, Any] = {
        name: "" if value is None else str(value)
        for name, value in (
            ("name", place.name),
            ("latitude", place.latitude),
            ("longitude", place.longitude),
        )
    }
    if given is not None and given.get("do") == "change":
        values |= {name: given.get(name, "") for name in values}
    # A conflict keeps what was typed, over the version that is there now.
    stale = given.get("version", "") if given and not isinstance(refused, VersionConflict) else ""
    context = {
        "place": place,
        "events": events,
        "texts": load_texts("places"),
        "values": values | {"version": stale or str(newest)},
        "doors": [(door, qr_svg(door.address)) for door in doors.all],
        "waiting": doors.waiting,
        "message": refused.sentence if refused else message,
        "bad": refused is not None,
        "may_keep": may_keep(staff.actor),
        "guessed": guessed_root(request),
    }
    status = translate(refused).status if refused else 200
    return render(request, "place.html", context, status=status)


def _draft(form: Form) -> PlaceDraft:
    return PlaceDraft(
        form.get("name", ""),
        read_number(form.get("latitude", "")),
        read_number(form.get("longitude", "")),
    )


def read_search(request: web.Request) -> str:
    """What is looked for, without what no name holds."""
    return request.query.get("q", "").replace("\x00", "").strip()[:100]


def _number(request: web.Request, name: str) -> int:
    given = request.query.get(name, "")
    return int(given) if given.isdecimal() and len(given) <= _MOST_DIGITS else 0


def _version(form: Form) -> int:
    given = form.get("version", "")
    if not given.isdecimal() or len(given) > _MOST_DIGITS:
        raise InvalidData("页面不完整，请刷新后再操作。", field="version")
    return int(given)


def add_routes(app: web.Application) -> None:
    """Register list, file and one place."""
    app[BOT_NAME] = BotName()
    app.router.add_get("/desk/places", show_places)
    app.router.add_post("/desk/places", add)
    app.router.add_get("/desk/places/export", export_file)
    app.router.add_post("/desk/places/import", import_file)
    app.router.add_get(f"/desk/places/{_TOKEN}", show_place)
    app.router.add_post(f"/desk/places/{_TOKEN}", change)
