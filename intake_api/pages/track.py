"""``/track``: number and code open the citizen's own view; a closed case can be rated there."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from cases.actors import Actor
from cases.errors import CaseError, CaseNotFound
from cases.lifecycle import Action, State
from cases.use_cases.act import lock_case, perform
from cases.use_cases.case_lookup import find_tracked_case
from cases.use_cases.merging import answering_case
from cases.use_cases.timeline import citizen_timeline, describe_state
from intake_api.accounts.csrf import Form, check_origin, read_form
from intake_api.accounts.keys import DATABASE, SETTINGS, TOWN, now_of
from intake_api.accounts.throttling import Throttle, caller_key
from intake_api.rendering import render
from intake_api.texts import load_texts

THROTTLE = web.AppKey("track_throttle", Throttle)
RATEABLE = frozenset({State.CLOSED, State.EVALUATED})


async def show_form(request: web.Request) -> web.Response:
    """Asks for number and code."""
    return _page(request, number=request.query.get("number", "")[:40])


async def show_progress(request: web.Request) -> web.Response:
    """The code goes in the body of a POST: it stays out of histories, logs and referrers."""
    check_origin(request)
    form = await read_form(request)
    if not await request.app[THROTTLE].allow(caller_key(request)):
        return _refuse(request, form, "throttled", 429)
    return await _progress(request, form, "")


async def rate(request: web.Request) -> web.Response:
    """Take a rating from somebody who holds the code."""
    check_origin(request)
    form = await read_form(request)
    texts = load_texts("pages")["track"]
    if not await request.app[THROTTLE].allow(caller_key(request)):
        return _refuse(request, form, "throttled", 429)
    if not form.get("satisfaction"):
        return await _progress(request, form, texts["rate_first"])
    data = {name: form[name] for name in ("satisfaction", "solved", "comment") if form.get(name)}
    town = request.app[TOWN]()
    try:
        async with request.app[DATABASE].transaction() as session:
            found = await find_tracked_case(session, form.get("number", ""), form.get("code", ""))
            case = await lock_case(session, found.number)
            await perform(
                session,
                case,
                Action.RATE,
                data,
                actor=Actor.tracker(case.number),
                town=town,
                now=now_of(request),
            )
    except CaseNotFound:
        return _refuse(request, form, "wrong", 404)
    except CaseError as error:
        return await _progress(request, form, error.sentence)
    return await _progress(request, form, texts["rated"])


async def _progress(request: web.Request, form: Form, message: str) -> web.Response:
    town = request.app[TOWN]()
    try:
        async with request.app[DATABASE].reading() as session:
            case = await find_tracked_case(session, form.get("number", ""), form.get("code", ""))
            timeline = await citizen_timeline(session, case, town)
            answering = await answering_case(session, case)
    except CaseNotFound:
        return _refuse(request, form, "wrong", 404)
    context: dict[str, Any] = {
        "town": town,
        "case": case,
        "state_words": describe_state(answering),
        "answering": answering,
        "timeline": timeline,
        "rateable": State(case.state) in RATEABLE,
        "code": form.get("code", ""),
        "message": message,
    }
    return render(request, "progress.html", context)


def _refuse(request: web.Request, form: Form, key: str, status: int) -> web.Response:
    message = load_texts("pages")["track"][key]
    return _page(request, message=message, number=form.get("number", "")[:40], status=status)


def _page(
    request: web.Request, *, message: str = "", number: str = "", status: int = 200
) -> web.Response:
    context = {"message": message, "number": number.replace("\x00", "")}
    return render(request, "track.html", context, status=status)


def add_routes(app: web.Application) -> None:
    """Register the page with its throttle."""
    app[THROTTLE] = Throttle(app[SETTINGS].track_rate)
    app.router.add_get("/track", show_form)
    app.router.add_post("/track", show_progress)
    app.router.add_post("/track/rate", rate)
