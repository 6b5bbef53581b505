"""``/training/suspects``: labels that the last training doubts; one key keeps, corrects or sets
aside."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from yarl import URL

from cases.errors import CaseError
from cases.use_cases.label_suspects import SET_ASIDE, count_suspects, next_suspects
from cases.use_cases.label_votes import answer_suspect
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.labelling.view import find_category, suspect_view
from intake_api.pages.training import require_trainer
from intake_api.pages.training.label import done_words
from intake_api.problem_json import translate
from intake_api.rendering import render
from intake_api.texts import load_texts

HOME = "/training/suspects"
_LISTED = 21


async def show_suspects(request: web.Request) -> web.Response:
    """The most doubtful one in full, those behind it as a list."""
    await require_trainer(request)
    return await _page(request)


async def answer(request: web.Request) -> web.Response:
    """Keep, correct or set aside, and go on with the next."""
    staff = await require_trainer(request)
    form = await checked_form(request)
    deed, other = form.get("do", ""), form.get("other", "").strip()
    town = request.app[TOWN]()
    try:
        async with request.app[DATABASE].transaction() as session:
            text = await answer_suspect(
                session,
                int(request.match_info["text"]),
                deed,
                category=find_category(town, other) if other else "",
                actor=staff.actor,
                town=town,
                now=now_of(request),
            )
    except CaseError as error:
        return await _page(request, error.sentence, translate(error).status)
    done = {"keep": "kept", "correct": "corrected", SET_ASIDE: "set_aside"}[deed]
    raise web.HTTPSeeOther(str(URL(HOME).with_query(done=done, c=text.category)))


async def _page(request: web.Request, message: str = "", status: int = 200) -> web.Response:
    town = request.app[TOWN]()
    after = request.query.get("after", "")
    async with request.app[DATABASE].reading() as session:
        waiting = await next_suspects(
            session, _LISTED, after=int(after) if after.isdecimal() and len(after) < 16 else None
        )
        count = await count_suspects(session)
    context: dict[str, Any] = {
        "view": suspect_view(*waiting[0], town=town) if waiting else None,
        "rest": waiting[1:],
        "count": count,
        "town": town,
        "how": load_texts("labelling")["how"],
        "message": message,
        "done": done_words(request),
    }
    return render(request, "training_suspects.html", context, status=status)


def add_routes(app: web.Application) -> None:
    """Register the page."""
    app.router.add_get(HOME, show_suspects)
    app.router.add_post(HOME + r"/{text:\d{1,15}}", answer)
