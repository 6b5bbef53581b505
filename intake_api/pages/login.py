"""``/login`` and ``/logout``.

The form carries a signed token instead of a session's, for there is no session yet; success always
opens a new one, so a cookie that somebody planted is worth nothing. One sentence stands for every
reason of refusal.
"""

from __future__ import annotations

import re

import structlog
from aiohttp import web
from sqlalchemy import select

from cases.models import User
from intake_api.accounts.csrf import FIELD, check_origin, checked_form, read_form
from intake_api.accounts.keys import DATABASE, PASSWORDS, SECRET, SETTINGS, now_of
from intake_api.accounts.secret_key import form_is_signed, sign_form
from intake_api.accounts.sessions import (
    clear_cookie,
    close_session,
    load_staff,
    open_session,
    set_cookie,
)
from intake_api.accounts.throttling import Throttle, caller_key
from intake_api.rendering import render
from intake_api.texts import load_texts

THROTTLE = web.AppKey("login_throttle", Throttle)
PURPOSE = "login"
#: What a URL may hold and nothing else: browsers drop tabs and line ends and read "\\" as "/", so
#: that "/<tab>/evil.example" would lead to another site.
_OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9._~%!$&'()*+,;=:@/?#-]*")
log = structlog.get_logger("huying.login")


def safe_next(target: str) -> str:
    """Only a path of this site, or the desk: an open redirect is a phisher's tool."""
    return target if _OWN_PATH.fullmatch(target) else "/desk"


async def show_login(request: web.Request) -> web.Response:
    """The form; whoever is logged in goes on to the desk."""
    if await load_staff(request) is not None:
        raise web.HTTPFound("/desk")
    fresh = "done" in request.query
    message = load_texts("pages")["setup"]["done"] if fresh else ""
    return _page(request, message, next_page=request.query.get("next", ""))


async def log_in(request: web.Request) -> web.Response:
    """Check name and password; open a session."""
    check_origin(request)
    form = await read_form(request)
    texts = load_texts("pages")["login"]
    name, next_page = form.get("name", "").strip()[:64], form.get("next", "")
    if not await request.app[THROTTLE].allow(caller_key(request)):
        return _page(request, texts["throttled"], name, next_page, bad=True, status=429)
    token = form.get(FIELD, "")
    if not form_is_signed(request.app[SECRET], PURPOSE, token, now_of(request)):
        return _page(request, texts["expired"], name, next_page, bad=True, status=403)
    async with request.app[DATABASE].reading() as session:
        user = await session.scalar(select(User).where(User.name == name))
    stored = user.password_hash if user is not None and user.active else None
    if not await request.app[PASSWORDS].verify(stored, form.get("password", "")):
        log.warning("login refused")
        return _page(request, texts["wrong"], name, next_page, bad=True, status=403)
    assert user is not None
    async with request.app[DATABASE].transaction() as session:
        token = await open_session(request, session, user)
    response = web.HTTPSeeOther(safe_next(next_page))
    set_cookie(request, response, token)
    log.info("login", user_id=user.id, role=user.role)
    raise response


def _page(
    request: web.Request,
    message: str = "",
    name: str = "",
    next_page: str = "",
    *,
    bad: bool = False,
    status: int = 200,
) -> web.Response:
    context = {
        "message": message,
        "bad": bad,
        "name": name,
        "next": next_page,
        "form_token": sign_form(request.app[SECRET], PURPOSE, now_of(request)),
    }
    return render(request, "login.html", context, status=status)


async def log_out(request: web.Request) -> web.Response:
    """Delete the session and forget the cookie."""
    await checked_form(request)
    await close_session(request)
    response = web.HTTPSeeOther("/login")
    clear_cookie(response)
    raise response


def add_routes(app: web.Application) -> None:
    """Register login and logout with their throttle."""
    app[THROTTLE] = Throttle(app[SETTINGS].login_rate)
    app.router.add_get("/login", show_login)
    app.router.add_post("/login", log_in)
    app.router.add_post("/logout", log_out)
