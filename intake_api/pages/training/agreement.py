"""``/training/agreement``: how well two people agree, what a third has to decide, the switch."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from cases.use_cases.label_agreement import list_disputes, read_agreement
from cases.use_cases.label_votes import read_room, set_two_annotators
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.labelling.view import kappa_words
from intake_api.pages.training import require_trainer
from intake_api.pages.training.label import done_words
from intake_api.rendering import render

HOME = "/training/agreement"
_LISTED = 50
#: The guide's aims, where the policy names none.
_AIMS = {"platform": 0.90, "category": 0.80, "request_type": 0.75, "critical": 0.90}


async def show_agreement(request: web.Request) -> web.Response:
    """The figures and the open disputes."""
    staff = await require_trainer(request)
    town = request.app[TOWN]()
    async with request.app[DATABASE].reading() as session:
        room = await read_room(session)
        report = await read_agreement(session, town)
        disputes = await list_disputes(session, staff.actor.user_id or 0, _LISTED)
    names = {row.platform: row.platform_name for row in town.categories.values()}
    context: dict[str, Any] = {
        "two": room.two_annotators,
        "report": report,
        "overall": [
            ("类别", report.category, "category"),
            ("平台", report.platform, "platform"),
            ("诉求类型", report.request_type, "request_type"),
            ("是否特急", report.critical, "critical"),
        ],
        "platforms": [(names.get(code, code), own) for code, own in report.platforms.items()],
        "disputes": disputes,
        "aims": {**_AIMS, **town.policy.get("labels", {}).get("aims", {})},
        "kappa_words": kappa_words,
        "town": town,
        "done": done_words(request),
    }
    return render(request, "training_agreement.html", context)


async def switch(request: web.Request) -> web.Response:
    """One annotator or two."""
    await require_trainer(request)
    form = await checked_form(request)
    two = form.get("two") == "1"
    async with request.app[DATABASE].transaction() as session:
        await set_two_annotators(session, two, now_of(request))
    raise web.HTTPSeeOther(f"{HOME}?done={'two_on' if two else 'two_off'}")


def add_routes(app: web.Application) -> None:
    """Register the page."""
    app.router.add_get(HOME, show_agreement)
    app.router.add_post(HOME, switch)
