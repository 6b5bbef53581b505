"""同一事件 on a case's page: who reported it, what may be the same, and joining and splitting.

    await same_part(request, session, case, actor) -> context of ``case_same.html``

Merging and splitting are the actions merge and unmerge of the page itself. Here are the two other
buttons: one more person who reports it, and what such a person says of the answer.
"""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.callers.followers import find_unreached
from cases.callers.mobile import mobile_of
from cases.lifecycle import OPEN_STATES, Action, Role, State, list_actions
from cases.models import Case
from cases.personal_data import mask_name, mask_phone, mask_text
from cases.same_event.report import report_of
from cases.use_cases.act import lock_case
from cases.use_cases.file_case import CaseDraft
from cases.use_cases.follow_report import follow_case
from cases.use_cases.reporters import SAID, Reporter, list_reporters, record_word
from cases.use_cases.same_event import find_similar
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.calls.same_event import show_similar
from intake_api.case_store import get_visible
from intake_api.pages.staff import require_intake
from intake_api.texts import load_texts

SOURCE_SYSTEM = "desk-follow"
_DESK = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN})
_FOLLOWED = OPEN_STATES | {State.CLOSED, State.EVALUATED, State.ANSWERED}


async def same_part(
    request: web.Request, session: AsyncSession, case: Case, actor: Actor, *, revealed: bool
) -> dict[str, Any]:
    """``{"same": …}``; ``revealed``: this person asked to see names and numbers. Candidates are
    looked for only for those who may do something about it."""
    now, town = now_of(request), request.app[TOWN]()
    state = State(case.state)
    actions = {t.action for t in list_actions(state, actor.role)}
    members = await session.scalars(
        select(Case)
        .where(Case.parent_id == case.id, Case.state == State.MERGED.value)
        .order_by(Case.id)
    )
    similar = []
    if actor.role in _DESK and state in OPEN_STATES:
        similar = await find_similar(session, report_of(case), town=town, now=now, besides=case.id)
    unreached = await find_unreached(session, case.id)
    shown = [
        _shown(reporter, revealed, unreached) for reporter in await list_reporters(session, case)
    ]
    part = {
        "reporters": shown,
        "members": list(members),
        "candidates": show_similar(similar, town, now),
        "may_follow": actor.role in _DESK and state in _FOLLOWED,
        "may_merge": actor.role in (Role.DISPATCHER, Role.ADMIN),
        "may_merge_this": Action.MERGE in actions,
        "once": secrets.token_hex(8),
    }
    worth = len(shown) > 1 or part["members"] or part["candidates"] or part["may_follow"]
    return {"same": part if worth else None}


def _shown(reporter: Reporter, revealed: bool, unreached: set[str]) -> dict[str, Any]:
    """A line of the list; name and number as this person may see them."""
    labels = load_texts("labels")
    opened = revealed and not reporter.anonymous
    name = reporter.name if opened else mask_name(reporter.name)
    phone = reporter.phone if opened else mask_phone(reporter.phone)
    kind = str(labels["reporter_kinds"][reporter.kind])
    mobile = mobile_of(reporter.phone)
    texted = mobile is not None and mobile not in unreached
    reachable = reporter.contact_id is not None or texted
    return {
        "id": reporter.id,
        "name": labels["reporter_kinds"]["anonymous"] if reporter.anonymous else name or "—",
        "phone": None if reporter.anonymous else phone,
        "kind": kind.format(number=reporter.own_number),
        "channel": labels["channels"].get(reporter.channel, reporter.channel),
        "at": reporter.at,
        "words": _words(reporter, opened),
        "opened": opened,
        "needs_call": reporter.id is not None and bool(reporter.phone) and not reachable,
        "solved": reporter.solved,
        "solved_words": reporter.solved_words,
    }


def _words(reporter: Reporter, opened: bool) -> str:
    if reporter.id is None or not reporter.words:
        return ""
    return reporter.words if opened else mask_text(reporter.words, keep={"door"})


async def add_follower(request: web.Request) -> web.Response:
    """One more person who reports it, or the same one again."""
    staff = await require_intake(request)
    form = await checked_form(request)
    draft = CaseDraft(
        text=form.get("text", ""),
        channel="phone",
        caller_name=form.get("name", "").strip()[:64] or None,
        caller_phone=form.get("phone", "").strip()[:32] or None,
        anonymous=form.get("anonymous") == "1",
        source_system=SOURCE_SYSTEM,
        source_id=f"{staff.actor.user_id}-{form.get('once', '')[:32]}",
    )
    async with request.app[DATABASE].transaction() as session:
        folder = await get_visible(session, request.match_info["number"], staff.actor)
        followed = await follow_case(
            session,
            folder.case.number,
            draft,
            actor=staff.actor,
            town=request.app[TOWN](),
            now=now_of(request),
        )
    done = "urge" if followed.kind == "urge" else "follow"
    raise web.HTTPSeeOther(f"/desk/cases/{followed.case.number}?done={done}#reporters")


async def add_word(request: web.Request) -> web.Response:
    """What a follower says of the answer."""
    staff = await require_intake(request)
    form = await checked_form(request)
    reporter = form.get("reporter", "")
    async with request.app[DATABASE].transaction() as session:
        folder = await get_visible(session, request.match_info["number"], staff.actor)
        case = await lock_case(session, folder.case.number)
        await record_word(
            session,
            case,
            int(reporter) if reporter.isdecimal() and len(reporter) < 16 else 0,
            form.get("solved", ""),
            form.get("words", ""),
            actor=staff.actor,
            now=now_of(request),
        )
    raise web.HTTPSeeOther(f"/desk/cases/{case.number}?done={SAID}#reporters")


def add_routes(app: web.Application) -> None:
    """Register the two buttons. The page takes every step below ``/desk/cases/{number}/``."""
    app.router.add_post("/desk/case-followers/{number}", add_follower)
    app.router.add_post("/desk/case-words/{number}", add_word)
