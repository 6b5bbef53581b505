"""``POST /desk/cases/{number}/presence``: a page says it is open and hears who else is there."""

from __future__ import annotations

from aiohttp import web

from cases.use_cases.presence import Present, note_presence
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, now_of
from intake_api.case_store import get_visible
from intake_api.pages.staff import require_staff
from intake_api.texts import load_texts


async def tell_presence(request: web.Request) -> web.Response:
    """``{"sentence"}``: what to show, empty when nobody else is here."""
    staff = await require_staff(request)
    form = await checked_form(request)
    assert staff.actor.user_id is not None  # whoever has a session is in the table
    async with request.app[DATABASE].transaction() as session:
        folder = await get_visible(session, request.match_info["number"], staff.actor)
        others = await note_presence(
            session,
            folder.case,
            staff.actor.user_id,
            writing=form.get("writing") == "1",
            now=now_of(request),
        )
    return web.json_response({"sentence": presence_sentence(others)})


def presence_sentence(others: list[Present]) -> str:
    """Whoever writes is named first: their step may be the next."""
    texts = load_texts("pages")["presence"]
    for kind, names in (
        ("writing", [other.name for other in others if other.writing]),
        ("reading", [other.name for other in others]),
    ):
        if names:
            return str(texts[kind]).format(names="、".join(names))
    return ""


def add_routes(app: web.Application) -> None:
    """Register the small report; before the case's actions, which would take its path."""
    app.router.add_post("/desk/cases/{number}/presence", tell_presence)
