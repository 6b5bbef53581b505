"""``POST /desk/file``: every ticked draft becomes a case or joins one, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.transcripts import keep_transcript
from cases.errors import CaseError
from cases.models import Case
from cases.use_cases.file_case import CaseDraft, file_case, find_by_source
from cases.use_cases.follow_report import follow_draft
from cases.use_cases.kept_calls import drop_kept
from intake_api.csrf import Form, checked_form
from intake_api.draft_form import case_draft, chosen_category, list_chosen
from intake_api.keys import DATABASE, TOWN, now_of
from intake_api.pages.drafts import show_again
from intake_api.pages.faithfulness import review_filing
from intake_api.pages.staff import require_intake
from intake_api.same_event import follow_number
from intake_api.sessions import Staff
from intake_api.tagging import tag_texts
from intake_api.texts import load_texts

SOURCE_SYSTEM = "desk"


async def file_drafts(request: web.Request) -> web.Response:
    """File what is ticked; a refusal shows the page as it was left, a loss of the caller's words
    is shown once."""
    staff = await require_intake(request)
    form = await checked_form(request)
    texts = load_texts("pages")["desk"]
    chosen = list_chosen(form)
    if not chosen:
        return await show_again(request, form, message=texts["none_chosen"], status=422)
    to_file = [index for index in chosen if not follow_number(form, index)]
    if any(not chosen_category(form, index) for index in to_file):
        return await show_again(request, form, message=texts["needs_category"], status=422)
    form, page = review_filing(request, form, chosen)
    if page is not None:
        return page
    tags = await tag_texts(request.app, [form.get(f"d{i}-text", "") for i in to_file])
    drafts = [case_draft(form, index, tag) for index, tag in zip(to_file, tags, strict=True)]
    followed = {
        number: case_draft(form, index, None)
        for index in chosen
        if (number := follow_number(form, index))
    }
    try:
        filed = await _file_all(request, staff, form, drafts, followed)
    except CaseError as error:
        return await show_again(request, form, message=error.sentence, status=422)
    done = {"filed": [case.number for case in filed], "followed": list(followed)}
    query = urlencode({name: ",".join(numbers) for name, numbers in done.items() if numbers})
    raise web.HTTPSeeOther(f"/desk?{query}")


async def _file_all(
    request: web.Request,
    staff: Staff,
    form: Form,
    drafts: Sequence[CaseDraft],
    followed: dict[str, CaseDraft],
) -> list[Case]:
    """The cases filed, those of the first press where the button was pressed twice."""
    now, town, user_id = now_of(request), request.app[TOWN](), staff.actor.user_id
    assert user_id is not None  # whoever has a session is in the table
    source_id = f"{user_id}-{form.get('read_id', '')[:32]}"

    def sourced(draft: CaseDraft) -> CaseDraft:
        return replace(draft, source_system=SOURCE_SYSTEM, source_id=source_id)

    async def work(session: AsyncSession) -> list[Case]:
        known = await find_by_source(session, SOURCE_SYSTEM, source_id)
        if known:
            return known
        await drop_kept(session, user_id)
        for number, draft in followed.items():
            await follow_draft(
                session, number, sourced(draft), actor=staff.actor, town=town, now=now
            )
        filed = [
            await file_case(session, sourced(draft), actor=staff.actor, town=town, now=now)
            for draft in drafts
        ]
        await keep_transcript(
            session, form.get("pasted", ""), filed, kept_by=staff.actor.name, now=now
        )
        return filed

    try:
        async with request.app[DATABASE].transaction() as session:
            return await work(session)
    except IntegrityError:
        async with request.app[DATABASE].reading() as session:
            return await find_by_source(session, SOURCE_SYSTEM, source_id)


def add_routes(app: web.Application) -> None:
    """Register filing."""
    app.router.add_post("/desk/file", file_drafts)
