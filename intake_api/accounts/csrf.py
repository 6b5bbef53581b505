"""A form is taken only from our own pages.

    check_origin(request)                   Problem cross_site for a foreign Sec-Fetch-Site/Origin
    await read_form(request) -> Form        bounded, strings only
    await checked_form(request) -> Form     + the token of the logged-in session

Two locks: what the browser says about where the form came from, and the token that only our page
knows. ``same-site`` counts as foreign: a sister host of the town is not this desk.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiDict

from intake_api.accounts.sessions import load_staff
from intake_api.problem_json import Problem

FIELD = "csrf"
Form = MultiDict[str]


def check_origin(request: web.Request) -> None:
    """Refuse what the browser says came from elsewhere."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise Problem("cross_site")
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null" and urlsplit(origin).netloc != request.host:
        raise Problem("cross_site")
    if origin == "null":
        raise Problem("cross_site")


async def read_form(request: web.Request) -> Form:
    """The posted strings; uploaded files and NUL characters are dropped."""
    try:
        posted = await request.post()
    except ValueError as error:
        raise Problem("bad_request") from error
    form: Form = MultiDict()
    for name, value in posted.items():
        if isinstance(value, str):
            form.add(name, value.replace("\x00", "").replace("\r\n", "\n"))
    return form


async def checked_form(request: web.Request) -> Form:
    """The form of a person who is logged in, sent from a page that we gave them."""
    check_origin(request)
    staff = await load_staff(request)
    form = await read_form(request)
    given = form.get(FIELD, "")
    if staff is None or not hmac.compare_digest(staff.csrf.encode(), given.encode()):
        raise Problem("cross_site")
    return form
