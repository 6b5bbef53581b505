"""``/setup?token=…``: the first password, by a one-time link."""

from __future__ import annotations

from aiohttp import web

from cases.models import User
from intake_api.accounts.csrf import FIELD, check_origin, read_form
from intake_api.accounts.keys import DATABASE, PASSWORDS, SECRET, now_of
from intake_api.accounts.password_links import find_link
from intake_api.accounts.passwords import check_strength
from intake_api.accounts.secret_key import form_is_signed, sign_form
from intake_api.accounts.sessions import close_sessions_of
from intake_api.accounts.throttling import caller_key
from intake_api.pages.login import THROTTLE
from intake_api.problem_json import Problem
from intake_api.rendering import render
from intake_api.texts import load_texts

PURPOSE = "setup"


async def show_setup(request: web.Request) -> web.Response:
    """The form behind a valid link, one sentence behind any other."""
    token = request.query.get("token", "")
    async with request.app[DATABASE].reading() as session:
        found = await find_link(session, token, now_of(request))
    return _page(request, token, found[1] if found else None)


async def set_password(request: web.Request) -> web.Response:
    """Keep the password, spend the link, end older sessions."""
    check_origin(request)
    form = await read_form(request)
    if not await request.app[THROTTLE].allow(caller_key(request)):
        raise Problem("too_many_requests")
    now = now_of(request)
    if not form_is_signed(request.app[SECRET], PURPOSE, form.get(FIELD, ""), now):
        raise Problem("cross_site")
    token, password = form.get("token", ""), form.get("password", "")
    async with request.app[DATABASE].reading() as session:
        found = await find_link(session, token, now)
    if found is None:
        return _page(request, token, None)
    texts = load_texts("pages")["setup"]
    weak = check_strength(password)
    if weak or password != form.get("repeated", ""):
        return _page(request, token, found[1], texts[weak or "differ"])
    password_hash = await request.app[PASSWORDS].hash(password)
    async with request.app[DATABASE].transaction() as session:
        still = await find_link(session, token, now)  # two at once: the second finds it spent
        if still is None:
            return _page(request, token, None)
        link, user = still
        link.used_at = now
        user.password_hash = password_hash
        await close_sessions_of(session, user.id)
    raise web.HTTPSeeOther("/login?done=1")


def _page(request: web.Request, token: str, user: User | None, message: str = "") -> web.Response:
    context = {
        "token": token,
        "name": user.name if user else "",
        "role": user.role if user else "",
        "message": message if user else load_texts("pages")["setup"]["spent"],
        "form_token": sign_form(request.app[SECRET], PURPOSE, now_of(request)),
    }
    status = 200 if user and not message else 400 if user else 410
    return render(request, "setup.html", context, status=status)


def add_routes(app: web.Application) -> None:
    """Register the page."""
    app.router.add_get("/setup", show_setup)
    app.router.add_post("/setup", set_password)
