"""凭原话核对: before filing to whoever files, after it to whoever supervises.

    await review_filing(request, form, chosen) -> Review | page     used by ``POST /desk/file``
    GET /desk/faithfulness                                          calls that lost something

The page before filing carries the whole form in hidden fields and posts it to where it came from
with ``reviewed=1``: nothing is stored, nobody is stopped twice, and what is ticked is put right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web
from multidict import MultiDict

from cases.callers.transcripts import LostCall, list_lost
from cases.faithfulness import FiledText, Finding, compare_with_transcript
from cases.lifecycle import Role
from cases.personal_data import mask_text
from intake_api.accounts.csrf import FIELD, Form
from intake_api.accounts.keys import DATABASE, TOWN
from intake_api.calls.draft_form import MAX_DRAFTS
from intake_api.pages.staff import require_staff
from intake_api.problem_json import Problem
from intake_api.rendering import render
from intake_api.schemas.common import MAX_TRANSCRIPT
from intake_api.views import IDENTITY_ROLES

ROLES = frozenset({Role.DISPATCHER, Role.ADMIN, Role.INSPECTOR, Role.COMMANDER})
REVIEWED, MEND, AS_IS = "reviewed", "mend", "as_is"
PAGE_ROWS = 30
_OWN_FIELDS = frozenset({FIELD, REVIEWED, MEND, AS_IS})
_RIGHTED = {"type": "request_type", "urgency": "urgency"}
_LONGEST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Review:
    """The form to file, and what it still loses of the call."""

    form: Form
    losses: tuple[Finding, ...]


async def review_filing(
    request: web.Request, form: Form, chosen: Sequence[int]
) -> Review | web.Response:
    """What to file; or a page to answer with, where the drafts lost something of the call and
    nobody has looked at it yet."""
    text = form.get("pasted", "")[:MAX_TRANSCRIPT]
    losses = await ask_losses(text, form, chosen)
    if not losses or form.get(AS_IS) == "1":
        return Review(form, losses)
    if form.get(REVIEWED) == "1":
        righted = mend(form, chosen, losses)
        return Review(righted, await ask_losses(text, righted, chosen))
    context: dict[str, Any] = {
        "findings": list(enumerate(losses)),
        "fields": [(name, value) for name, value in form.items() if name not in _OWN_FIELDS],
        "several": len(chosen) > 1,
        "action": request.path,
    }
    return render(request, "faithfulness_review.html", context)


async def ask_losses(text: str, form: Form, chosen: Sequence[int]) -> tuple[Finding, ...]:
    """``find_losses`` beside the event loop: a long call takes a second."""
    return await asyncio.to_thread(find_losses, text, form, chosen)


def find_losses(text: str, form: Form, chosen: Sequence[int]) -> tuple[Finding, ...]:
    """The comparison of the call with the drafts as they stand in the form; ``draft`` of a finding
    is the number of its draft.

    All drafts are compared, also those that are not filed: what stands in a draft that was left
    out on purpose is not lost from another.
    """
    drafts = [index for index in range(MAX_DRAFTS) if f"d{index}-text" in form]
    filed = [
        FiledText(
            text=form.get(f"d{index}-text", ""),
            request_type=form.get(f"d{index}-request_type", ""),
            urgency=form.get(f"d{index}-urgency", "normal"),
            place=form.get(f"d{index}-place", ""),
        )
        for index in drafts
    ]
    found = compare_with_transcript(text, filed)
    numbered = (replace(finding, draft=drafts[finding.draft]) for finding in found)
    return tuple(finding for finding in numbered if finding.draft in chosen)


def mend(form: Form, chosen: Sequence[int], findings: Sequence[Finding]) -> Form:
    """The form with every ticked finding put right: the quote behind the draft's words, or type and
    urgency as the caller's words have them. A tick that belongs to nothing changes nothing."""
    ticked = {value for value in form.getall(MEND, []) if value.isdecimal()}
    righted: Form = MultiDict(form)
    for position, finding in enumerate(findings):
        if str(position) not in ticked or finding.draft not in chosen:
            continue
        draft = f"d{finding.draft}"
        if finding.kind in _RIGHTED:
            righted[f"{draft}-{_RIGHTED[finding.kind]}"] = finding.value
            continue
        said = righted.get(f"{draft}-text", "").rstrip()
        more = f"{said}\n原话：{finding.quote}"
        if finding.quote not in said and len(more) <= _LONGEST_TEXT:
            righted[f"{draft}-text"] = more
    return righted


async def show_losses(request: web.Request) -> web.Response:
    """Calls whose cases lost something, newest first, each sentence with the caller's words."""
    staff = await require_staff(request)
    if staff.actor.role not in ROLES:
        raise Problem("permission_denied")
    before = request.query.get("before", "")
    async with request.app[DATABASE].reading() as session:
        calls = await list_lost(
            session,
            limit=PAGE_ROWS,
            before_id=int(before) if before.isdecimal() and len(before) < 16 else None,
        )
    town = request.app[TOWN]()
    masked = staff.actor.role not in IDENTITY_ROLES
    public = [str(town.policy["hotline"])]
    context: dict[str, Any] = {
        "town": town,
        "rows": [(lost, _sentences(lost, masked=masked, public=public)) for lost in calls],
        "older": calls[-1].call.id if len(calls) == PAGE_ROWS else None,
    }
    return render(request, "faithfulness.html", context)


def _sentences(lost: LostCall, *, masked: bool, public: Sequence[str]) -> list[tuple[str, str]]:
    """(kind, sentence); without names and numbers for whoever does not see identities."""
    return [
        (f.kind, mask_text(f.sentence, public=public) if masked else f.sentence)
        for f in lost.findings
    ]


def add_routes(app: web.Application) -> None:
    """Register the supervisor's list."""
    app.router.add_get("/desk/faithfulness", show_losses)
