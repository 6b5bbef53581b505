"""让当事人在聊天里跟进, on a case's page: a link and its code for a caller, shown on demand.

    await follow_part(request, session, case, history) -> context of ``case_follow.html``

Pressing the button writes a line into the history; the link then stays on the page of whoever
pressed it for half an hour. Once a chat is bound the page says so instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import RuleBroken
from cases.models import Case, Contact, HistoryEntry
from cases.use_cases.follow import SHOWN, may_show_link, show_link, showed_link
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, now_of
from intake_api.case_store import get_visible
from intake_api.chat_doors import find_doors, guessed_root
from intake_api.pages.staff import require_staff
from intake_api.qr import qr_svg


async def follow_part(
    request: web.Request, session: AsyncSession, case: Case, history: Sequence[HistoryEntry]
) -> dict[str, Any]:
    """``{"follow": …}``; ``None`` where nothing is to be shown."""
    staff = await require_staff(request)
    if case.contact_id is not None:
        contact = await session.get(Contact, case.contact_id)
        return {"follow": {"channel": contact.channel if contact else ""}}
    if not may_show_link(staff.actor, case):
        return {"follow": None}
    doors = None
    if case.link_token and showed_link(history, staff.actor, now_of(request)):
        doors = await find_doors(request, f"case_{case.link_token}")
    return {
        "follow": {
            "channel": "",
            "doors": [(door, qr_svg(door.address)) for door in doors.all] if doors else [],
            "guessed": guessed_root(request),
        }
    }


async def reveal(request: web.Request) -> web.Response:
    """The button: the line is written, the link appears on the page."""
    staff = await require_staff(request)
    await checked_form(request)
    async with request.app[DATABASE].transaction() as session:
        folder = await get_visible(session, request.match_info["number"], staff.actor)
        number = folder.case.number
        try:
            await show_link(session, number, actor=staff.actor, now=now_of(request))
        except RuleBroken:
            # Bound in the meantime: the page says by which chat.
            raise web.HTTPSeeOther(f"/desk/cases/{number}#follow") from None
    raise web.HTTPSeeOther(f"/desk/cases/{number}?done={SHOWN}#follow")


def add_routes(app: web.Application) -> None:
    """Register the button. The page itself takes every step below ``/desk/cases/{number}/``."""
    app.router.add_post("/desk/case-links/{number}", reveal)
