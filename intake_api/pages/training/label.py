"""``/training/label``: one text at a time, by keyboard; ``?key=`` one asked for by name.

Nothing is classified here: the machine's word was kept when the case came in, or is added in the
background (``intake_api.labelling.keeper``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from yarl import URL

from cases.errors import CaseError
from cases.models import LabelSuspect, LabelText
from cases.use_cases.label_agreement import votes_of
from cases.use_cases.label_filling import fill_queue, may_fill, needs_filling
from cases.use_cases.label_queue import claim_next, claim_text, progress_of, skip_text
from cases.use_cases.label_texts import label_rules
from cases.use_cases.label_undo import take_back
from cases.use_cases.label_votes import Ballot, cast_vote, read_room
from intake_api.accounts.csrf import Form, checked_form
from intake_api.accounts.keys import DATABASE, SETTINGS, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.labelling.view import (
    LabelView,
    choices,
    find_category,
    label_view,
    pick_with_classifier,
)
from intake_api.pages.training import require_trainer
from intake_api.problem_json import translate
from intake_api.rendering import render
from intake_api.texts import load_texts

HOME = "/training/label"
_WHY = ("uncertain", "diverse", "misrouted", "suspect", "scheme")


async def show_next(request: web.Request) -> web.Response:
    """The text that this person has, or the next one."""
    staff = await require_trainer(request)
    key, why = request.query.get("key", ""), request.query.get("why", "")
    try:
        text = await _find(request, staff, key[:16], why if why in _WHY else "")
    except CaseError as error:
        return await _page(request, staff, None, error.sentence, translate(error).status)
    return await _page(request, staff, text)


async def _find(request: web.Request, staff: Staff, key: str, why: str) -> LabelText | None:
    database, town, now = request.app[DATABASE], request.app[TOWN](), now_of(request)
    user = staff.actor.user_id or 0
    if key:
        async with database.transaction() as session:
            return await claim_text(session, key, user, town=town, now=now)
    async with database.reading() as session:
        empty = await needs_filling(session, user, town, now)
    if empty:
        await fill_queue(database, pick=pick_with_classifier, town=town, now=now)

    async def claim() -> LabelText | None:
        async with database.transaction() as session:
            return await claim_next(session, user, town=town, now=now, why=why)

    text = await claim()
    if text is None and not empty:
        # What is left may be on the screens of others; what is asked for by a link may have come
        # up since the queue was filled.
        async with database.reading() as session:
            again = bool(why) or await may_fill(session, now)
        if again:
            await fill_queue(database, pick=pick_with_classifier, town=town, now=now)
            text = await claim()
    return text


async def vote(request: web.Request) -> web.Response:
    """Save what somebody said, and go on."""
    staff = await require_trainer(request)
    form = await checked_form(request)
    number, town = int(request.match_info["text"]), request.app[TOWN]()
    try:
        other = form.get("other", "").strip()
        category = find_category(town, other) if other else form.get("category", "")
        ballot = Ballot(category, form.get("request_type", ""), form.get("urgency", ""))
        async with request.app[DATABASE].transaction() as session:
            room = await read_room(session)
            text = await cast_vote(
                session,
                number,
                ballot,
                actor=staff.actor,
                town=town,
                two=room.two_annotators,
                now=now_of(request),
            )
    except CaseError as error:
        return await _again(request, staff, number, form, error)
    raise web.HTTPSeeOther(_onward(form, done=text.state, c=ballot.category))


async def skip(request: web.Request) -> web.Response:
    """Not this one; somebody else gets it."""
    staff = await require_trainer(request)
    form = await checked_form(request)
    async with request.app[DATABASE].transaction() as session:
        await skip_text(
            session,
            int(request.match_info["text"]),
            staff.actor.user_id or 0,
            town=request.app[TOWN](),
            now=now_of(request),
        )
    raise web.HTTPSeeOther(_onward(form, done="skipped"))


async def undo(request: web.Request) -> web.Response:
    """The last of one's own, shown again."""
    staff = await require_trainer(request)
    await checked_form(request)
    try:
        async with request.app[DATABASE].transaction() as session:
            text = await take_back(session, staff.actor.user_id or 0, now_of(request))
    except CaseError as error:
        return await _page(request, staff, await _find(request, staff, "", ""), error.sentence, 409)
    raise web.HTTPSeeOther(str(URL(HOME).with_query(key=text.key, done="undone")))


def _onward(form: Form, **query: str) -> str:
    why = form.get("why", "")
    return str(URL(HOME).with_query(query | ({"why": why} if why in _WHY else {})))


async def _again(
    request: web.Request, staff: Staff, number: int, form: Form, error: CaseError
) -> web.Response:
    """The same text with what was filled in, where it is still to be labelled."""
    async with request.app[DATABASE].reading() as session:
        text = await session.get(LabelText, number)
    status = translate(error).status
    if text is None or status == 409:
        text = await _find(request, staff, "", "")
        return await _page(request, staff, text, error.sentence, status)
    return await _page(request, staff, text, error.sentence, status, form)


async def _page(
    request: web.Request,
    staff: Staff,
    text: LabelText | None,
    message: str = "",
    status: int = 200,
    given: Form | None = None,
) -> web.Response:
    town, now = request.app[TOWN](), now_of(request)
    async with request.app[DATABASE].reading() as session:
        room = await read_room(session)
        view = await _view(request, session, text) if text is not None else None
        progress = await progress_of(
            session, staff.actor.user_id or 0, _midnight(request, now), now
        )
    why = request.query.get("why", "")
    context: dict[str, Any] = {
        "view": view,
        "town": town,
        "choices": choices(),
        "words": load_texts("labelling"),
        "progress": progress,
        "goal": label_rules(town)["daily_goal"],
        "two": room.two_annotators,
        "message": message,
        "done": done_words(request),
        "given": given if given is not None else {},
        "only": why if why in _WHY else "",
    }
    return render(request, "training_label.html", context, status=status)


async def _view(request: web.Request, session: Any, text: LabelText) -> LabelView:
    votes = await votes_of(session, text.id)
    doubt = await session.get(LabelSuspect, text.id) if text.why == "suspect" else None
    return label_view(text, town=request.app[TOWN](), votes=votes, doubt=doubt)


def done_words(request: web.Request) -> str:
    """What was just done, in words; from the address, so that nothing is kept for it."""
    words = load_texts("labelling")["done"].get(request.query.get("done", ""), "")
    name = request.app[TOWN]().category_name(request.query.get("c", "") or None)
    return str(words).format(name=name)


def _midnight(request: web.Request, now: datetime) -> datetime:
    local = now.astimezone(request.app[SETTINGS].timezone)
    return local - timedelta(
        hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )


def add_routes(app: web.Application) -> None:
    """Register the page."""
    app.router.add_get(HOME, show_next)
    app.router.add_post(f"{HOME}/undo", undo)
    app.router.add_post(HOME + r"/{text:\d{1,15}}", vote)
    app.router.add_post(HOME + r"/{text:\d{1,15}}/skip", skip)
