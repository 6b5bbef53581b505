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
from cases.faithfulness import Finding
from cases.models import Case
from cases.use_cases.file_case import CaseDraft, file_case, find_by_source
from cases.use_cases.follow_report import follow_drafts
from cases.use_cases.kept_calls import drop_kept
from intake_api.accounts.csrf import Form, checked_form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.calls.draft_form import case_draft, chosen_category, list_chosen
from intake_api.calls.same_event import follow_number
from intake_api.pages.drafts import READ_ID, show_again
from intake_api.pages.faithfulness import review_filing
from intake_api.pages.staff import require_intake
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
    review = await review_filing(request, form, chosen)
    if isinstance(review, web.Response):
        return review
    form = review.form
    tags = await tag_texts(request.app, [form.get(f"d{i}-text", "") for i in to_file])
    drafts = [case_draft(form, index, tag) for index, tag in zip(to_file, tags, strict=True)]
    followed = [
        (number, case_draft(form, index, None))
        for index in chosen
        if (number := follow_number(form, index))
    ]
    losses = [finding for finding in review.losses if finding.draft in to_file]
    try:
        filed = await _file_all(request, staff, form, drafts, followed, losses)
    except CaseError as error:
        return await show_again(request, form, message=error.sentence, status=422)
    numbers = dict.fromkeys(number for number, _ in followed)
    done = {"filed": [case.number for case in filed], "followed": list(numbers)}
    query = urlencode({name: ",".join(which) for name, which in done.items() if which})
    raise web.HTTPSeeOther(f"/desk?{query}")


async def _file_all(
    request: web.Request,
    staff: Staff,
    form: Form,
    drafts: Sequence[CaseDraft],
    followed: Sequence[tuple[str, CaseDraft]],
    losses: Sequence[Finding],
) -> list[Case]:
    """The cases of the drafts; one that was filed at an earlier press is not filed again."""
    now, town, user_id = now_of(request), request.app[TOWN](), staff.actor.user_id
    assert user_id is not None  # whoever has a session is in the table
    source_id = f"{user_id}-{form.get(READ_ID, '')[:32]}"

    def sourced(draft: CaseDraft) -> CaseDraft:
        return replace(draft, source_system=SOURCE_SYSTEM, source_id=source_id)

    async def work(session: AsyncSession) -> list[Case]:
        earlier = await find_by_source(session, SOURCE_SYSTEM, source_id)
        known = {case.source_index: case for case in earlier}
        await drop_kept(session, user_id, form.get(READ_ID, ""))
        reports = [(number, sourced(draft)) for number, draft in followed]
        await follow_drafts(session, reports, actor=staff.actor, town=town, now=now)
        new = [
            await file_case(session, sourced(draft), actor=staff.actor, town=town, now=now)
            for draft in drafts
            if draft.source_index not in known
        ]
        await keep_transcript(
            session,
            form.get("pasted", ""),
            new,
            kept_by=staff.actor.name,
            now=now,
            findings=losses,
        )
        all_of_them = known | {case.source_index: case for case in new}
        return [all_of_them[draft.source_index] for draft in drafts]

    try:
        async with request.app[DATABASE].transaction() as session:
            return await work(session)
    except IntegrityError:  # the same press a second time, at the same moment
        async with request.app[DATABASE].transaction() as session:
            return await work(session)


def add_routes(app: web.Application) -> None:
    """Register filing."""
    app.router.add_post("/desk/file", file_drafts)
