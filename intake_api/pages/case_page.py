"""``/desk/cases/{number}``: the facts, what the machine thought, what happened and may be done."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.addresses.matching import PlaceCandidate
from cases.answers import card_text
from cases.attachments import attachment_path
from cases.errors import CaseError, VersionConflict
from cases.history import read_history
from cases.lifecycle import OPEN_STATES, Action, Role, State, list_actions
from cases.models import Attachment, Case, PredictionEntry
from cases.staff_files import SHOWN_TYPES, file_headers
from cases.use_cases.act_with_files import act_with_files
from cases.use_cases.solved_answers import find_solved
from intake_api.accounts.csrf import Form
from intake_api.accounts.keys import DATABASE, SETTINGS, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.action_forms import action_forms, form_data
from intake_api.calls.highlights import cut_text, find_terms
from intake_api.calls.place_finding import find_places
from intake_api.case_store import CaseFolder, get_visible
from intake_api.pages.callers import reveal_part
from intake_api.pages.case_follow import follow_part
from intake_api.pages.case_merge import same_part
from intake_api.pages.macros import macro_part
from intake_api.pages.staff import require_staff
from intake_api.problem_json import Problem, translate
from intake_api.rendering import render
from intake_api.texts import load_texts
from intake_api.uploads import checked_upload, lost_files, store_uploads
from intake_api.views import IDENTITY_ROLES, case_view, may_see

ACTION_ROUTE = "/desk/cases/{number}/{action}"


async def show_case(request: web.Request) -> web.Response:
    """The page; ``?done=`` says which step was just taken."""
    staff = await require_staff(request)
    done = request.query.get("done", "")
    actions = load_texts("labels")["actions"]
    message = ""
    if done in actions:
        message = load_texts("pages")["desk"]["done"].format(action=actions[done])
    return await _page(request, staff, message=message)


async def take_step(request: web.Request) -> web.Response:
    """One action, posted from its form; a refusal shows the form again as it was filled in."""
    staff = await require_staff(request)
    form, uploads = await checked_upload(request)
    number = request.match_info["number"]
    try:
        action = Action(request.match_info["action"])
    except ValueError:
        raise Problem("not_found") from None
    town = request.app[TOWN]()
    version = form.get("version", "")
    try:
        files = await store_uploads(request, uploads)
        async with request.app[DATABASE].transaction() as session:
            folder = await get_visible(session, number, staff.actor)
            await act_with_files(
                session,
                folder.case.number,
                action,
                form_data(action, form),
                files,
                actor=staff.actor,
                town=town,
                now=now_of(request),
                expected_version=int(version)
                if version.isdecimal() and len(version) < 10
                else None,
            )
    except VersionConflict:
        message = load_texts("pages")["desk"]["moved_on"] + lost_files(uploads)
        return await _page(request, staff, message=message, status=409, given=(action, form))
    except CaseError as error:
        status = translate(error).status
        if status == 404:
            raise
        message = f"{error.sentence}{lost_files(uploads)}"
        return await _page(request, staff, message=message, status=status, given=(action, form))
    raise web.HTTPSeeOther(f"/desk/cases/{folder.case.number}?done={action.value}")


async def send_file(request: web.Request) -> web.StreamResponse:
    """One attachment of a case, for whoever may see the case."""
    staff = await require_staff(request)
    async with request.app[DATABASE].reading() as session:
        folder = await get_visible(session, request.match_info["number"], staff.actor)
        file = await session.get(Attachment, int(request.match_info["file"]))
    if file is None or file.case_id != folder.case.id or file.path is None:
        raise Problem("not_found")
    path = attachment_path(request.app[SETTINGS].data_dir, file.path)
    if not path.is_file():
        raise Problem("not_found")
    return web.FileResponse(path, headers=file_headers(file.name or path.name, file.mime))


async def _page(
    request: web.Request,
    staff: Staff,
    *,
    message: str = "",
    status: int = 200,
    given: tuple[Action, Form] | None = None,
) -> web.Response:
    actor, now = staff.actor, now_of(request)
    town = request.app[TOWN]()
    async with request.app[DATABASE].reading() as session:
        folder = await get_visible(session, request.match_info["number"], actor)
        context = await _belongings(session, folder)
        context["solved"] = await _solved(session, folder.case, actor)
        context["macros"] = await macro_part(session, folder.case, actor, town)
        context |= await reveal_part(session, folder.case, actor, context["history"], now)
        context |= await same_part(
            request, session, folder.case, actor, revealed=context["opened_all"]
        )
        context |= await follow_part(request, session, folder.case, context["history"])
    case = folder.case
    places = await _places(request, case, actor)
    tag = context["prediction"].tag if context["prediction"] else {}
    terms = [reason["term"] for reason in tag.get("reasons", [])]
    view = case_view(
        case,
        folder.coop_units,
        actor=actor,
        now=now,
        shown="open" if context["revealed"] else "page",
        public=town.public_numbers,
    )
    context |= {
        "town": town,
        "case": case,
        "view": view,
        "coop_units": folder.coop_units,
        "places": places,
        "pieces": cut_text(view["text"], find_terms(view["text"], terms)),
        "tag": tag,
        "forms": action_forms(
            case,
            folder.coop_units,
            actor,
            town,
            (given[0].value, given[1]) if given else None,
        ),
        "opened": given[0].value if given else "",
        "categories": town.grouped_categories(),
        "tracking": case.tracking_code if actor.role in IDENTITY_ROLES else "",
        "cards": [
            (card, card_text(card))
            for card in town.answers.nearest(case.text, now.astimezone(town.calendar.zone).date())
        ],
        "message": message,
        "bad": status != 200,
        "hides_quarrel": actor.role is Role.OBSERVER,
    }
    return render(request, "case.html", context, status=status)


async def _solved(session: AsyncSession, case: Case, actor: Actor) -> list[Case]:
    """Answers to the like of it, for whoever may read cases of other units."""
    if State(case.state) not in OPEN_STATES or actor.role is Role.OBSERVER:
        return []
    return [like for like in await find_solved(session, case) if may_see(actor, like, ())]


async def _places(request: web.Request, case: Case, actor: Actor) -> tuple[PlaceCandidate, ...]:
    """What the registry proposes to whoever may confirm it."""
    may = any(t.action is Action.SUPPLEMENT for t in list_actions(State(case.state), actor.role))
    if case.place_code or not case.place_text or not may:
        return ()
    (found,) = await find_places(request.app, [(case.text, case.place_text)])
    return found.candidates


async def _belongings(session: AsyncSession, folder: CaseFolder) -> dict[str, Any]:
    case = folder.case
    predictions = await session.scalars(
        select(PredictionEntry)
        .where(PredictionEntry.case_id == case.id)
        .order_by(PredictionEntry.id.desc())
    )
    parent = await session.get(Case, case.parent_id) if case.parent_id else None
    files = await session.scalars(
        select(Attachment).where(Attachment.case_id == case.id).order_by(Attachment.id)
    )
    return {
        "history": await read_history(session, case.id),
        "prediction": predictions.first(),
        "parent": parent.number if parent else "",
        "attachments": list(files),
        "shown_types": SHOWN_TYPES,
    }


def add_routes(app: web.Application) -> None:
    """Register the case page and its actions."""
    app.router.add_get("/desk/cases/{number}", show_case)
    app.router.add_get(r"/desk/cases/{number}/files/{file:\d{1,15}}", send_file)
    app.router.add_post(ACTION_ROUTE, take_step)
