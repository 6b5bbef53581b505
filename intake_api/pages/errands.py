"""``/desk/errands``: take errands, tick papers off, hand them in together, deliver; printable.

The record shows what the runners' book holds (日期、村社区、申请人类型、申请事项、双方签字), and
whatever was done, by whom and when.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from cases.errands.notices import words
from cases.errands.steps import OPEN, ErrandState, ErrandStep, steps_from
from cases.errors import CaseError, InvalidData
from cases.models import Errand
from cases.use_cases.errand_effects import APPLICANTS
from cases.use_cases.errand_records import (
    RUNNING_ROLES,
    UNIT_ROLES,
    count_states,
    events_of,
    find_errand,
    list_errands,
    papers_of,
)
from cases.use_cases.errands import step_errand
from intake_api.accounts.csrf import Form, checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.pages.staff import require_staff
from intake_api.problem_json import Problem, translate
from intake_api.rendering import render
from intake_api.texts import load_texts

_NUMBER = r"{number:ZP[\d-]{10,24}}"
#: The fields a form of each step brings.
_FIELDS = {
    ErrandStep.CHANGE: ("area", "applicant_type", "applicant_name", "applicant_phone", "runner"),
    ErrandStep.HAND_OVER: ("note",),
    ErrandStep.DELIVER: ("result",),
    ErrandStep.CANCEL: ("reason",),
}
_BY_STAFF = (
    ErrandStep.TAKE,
    ErrandStep.RECEIVE,
    ErrandStep.HAND_OVER,
    ErrandStep.DELIVER,
    ErrandStep.CHANGE,
    ErrandStep.CANCEL,
)
_MOST_AT_ONCE = 100
_MOST_DIGITS = 9


async def show_errands(request: web.Request) -> web.Response:
    """One state's list; what is to be handed in can be ticked together."""
    staff = await _require_runner(request)
    return await _list(request, staff)


async def show_errand(request: web.Request) -> web.Response:
    """The record with its checklist and the next steps."""
    staff = await _require_runner(request)
    done = load_texts("pages")["errands"].get(request.query.get("done", ""), "")
    return await _page(request, staff, message=done)


async def take_step(request: web.Request) -> web.Response:
    """One step, posted from its form."""
    staff = await _require_runner(request)
    form = await checked_form(request)
    number = request.match_info["number"]
    try:
        step = ErrandStep(request.match_info["step"])
    except ValueError:
        raise Problem("not_found") from None
    data: dict[str, Any] = {name: form[name] for name in _FIELDS.get(step, ()) if name in form}
    if step is ErrandStep.RECEIVE:
        data["papers"] = form.getall("papers", [])
    try:
        async with request.app[DATABASE].transaction() as session:
            await step_errand(
                session,
                number,
                step,
                data,
                actor=staff.actor,
                town=request.app[TOWN](),
                now=now_of(request),
                expected_version=_version(form),
            )
    except CaseError as error:
        status = translate(error).status
        if status == 404:
            raise
        return await _page(request, staff, message=error.sentence, status=status)
    raise web.HTTPSeeOther(f"/desk/errands/{number}?done={step.value}")


async def hand_over_together(request: web.Request) -> web.Response:
    """集中传递: everything ticked goes to its counter in one go; all or nothing."""
    staff = await _require_runner(request)
    form = await checked_form(request)
    numbers = list(dict.fromkeys(form.getall("number", [])))[:_MOST_AT_ONCE]
    texts = load_texts("pages")["errands"]
    if not numbers:
        return await _list(request, staff, message=texts["none_chosen"], status=422)
    try:
        async with request.app[DATABASE].transaction() as session:
            for number in sorted(numbers):
                await step_errand(
                    session,
                    number,
                    ErrandStep.HAND_OVER,
                    {"note": form.get("note", "")},
                    actor=staff.actor,
                    town=request.app[TOWN](),
                    now=now_of(request),
                )
    except CaseError as error:
        return await _list(request, staff, message=error.sentence, status=translate(error).status)
    raise web.HTTPSeeOther(f"/desk/errands?state=handed_over&done={len(numbers)}")


async def _list(
    request: web.Request, staff: Staff, *, message: str = "", status: int = 200
) -> web.Response:
    town = request.app[TOWN]()
    wanted = request.query.get("state", "")
    runner = request.query.get("runner", "")
    if status != 200:
        wanted = ErrandState.COLLECTED
    async with request.app[DATABASE].reading() as session:
        counts = await count_states(session, staff.actor)
        if wanted not in counts:
            wanted = next((state for state in counts if counts[state]), ErrandState.REQUESTED)
        rows = await list_errands(session, staff.actor, state=wanted, runner=runner)
    done = request.query.get("done", "")
    if not message and done.isdecimal() and len(done) < _MOST_DIGITS:
        message = load_texts("pages")["errands"]["handed_over"].format(count=int(done))
    context = {
        "town": town,
        "tabs": counts,
        "state": str(wanted),
        "runner": runner,
        "rows": rows,
        "names": {section: words(section) for section in ("states", "applicants", "levels")},
        "open_states": OPEN,
        "message": message,
        "bad": status != 200,
        "finished": counts[ErrandState.CONFIRMED],
        "total": sum(counts.values()),
    }
    return render(request, "errands.html", context, status=status)


async def _page(
    request: web.Request, staff: Staff, *, message: str = "", status: int = 200
) -> web.Response:
    town, now = request.app[TOWN](), now_of(request)
    async with request.app[DATABASE].reading() as session:
        errand = await find_errand(session, request.match_info["number"], staff.actor)
        papers = await papers_of(session, errand)
        events = await events_of(session, errand)
    possible = steps_from(ErrandState(errand.state))
    context: dict[str, Any] = {
        "town": town,
        "errand": errand,
        "papers": papers,
        "events": events,
        "steps": [step for step in _BY_STAFF if step in possible and _fits(step, errand)],
        "names": {
            section: words(section) for section in ("states", "steps", "applicants", "levels")
        },
        "applicant_types": APPLICANTS,
        "late": errand.state in OPEN and errand.due_at < now,
        "message": message,
        "bad": status != 200,
    }
    return render(request, "errand.html", context, status=status)


def _fits(step: ErrandStep, errand: Errand) -> bool:
    """The town's own matters go over a counter, a village's do not have to."""
    if step is ErrandStep.DELIVER and errand.state == ErrandState.COLLECTED:
        return errand.level == "village"
    return not (step is ErrandStep.HAND_OVER and errand.level == "village")


def _version(form: Form) -> int:
    given = form.get("version", "")
    if not given.isdecimal() or len(given) > _MOST_DIGITS:
        raise InvalidData("页面不完整，请刷新后再操作。", field="version")
    return int(given)


async def _require_runner(request: web.Request) -> Staff:
    staff = await require_staff(request)
    if staff.actor.role not in RUNNING_ROLES | UNIT_ROLES:
        raise Problem("permission_denied")
    return staff


def add_routes(app: web.Application) -> None:
    """Register list, record, steps and the common hand-over."""
    app.router.add_get("/desk/errands", show_errands)
    app.router.add_post("/desk/errands/hand-over", hand_over_together)
    app.router.add_get(f"/desk/errands/{_NUMBER}", show_errand)
    app.router.add_post(f"/desk/errands/{_NUMBER}/{{step}}", take_step)
