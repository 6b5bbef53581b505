"""A case that was filed before its matter was known gets it.

    await complete_case(session, case, text, *, tag, actor, town, now, …) -> Case

People tell one story in three messages: 救命 – 老人摔倒了 – 3幢301. The first is filed at once,
since danger waits for no question; what follows says what it is about, and goes where it belongs
instead of becoming two cases more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.classification import Tag
from cases.deadlines import step_deadline
from cases.lifecycle import State
from cases.models import Case, PredictionEntry
from cases.place import find_place
from cases.settled_tag import settle_tag
from cases.summary import summarise
from cases.town import Town
from cases.triage import triage_category
from cases.use_cases.amendments import amend_case
from cases.use_cases.file_case import AttachmentDraft
from cases.use_cases.first_tag import apply_tag, note_prediction, send_on
from cases.use_cases.step import URGENCIES


async def complete_case(
    session: AsyncSession,
    case: Case,
    text: str,
    *,
    tag: Tag | None,
    actor: Actor,
    town: Town,
    now: datetime,
    place_text: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    attachments: tuple[AttachmentDraft, ...] = (),
) -> Case:
    """Add the words; while nobody but the machine has tagged the case, its new word counts.

    The urgency never falls by it. What is sure now is dispatched. ``case`` is held by this
    transaction.

    :param tag: of the old words and the new ones together
    """
    anew = tag is not None and case.state == State.SUBMITTED and case.tagged_by == "machine"
    if tag is not None and anew:
        tag = _at_least_as_urgent(settle_tag(tag, town), case.urgency)
        if tag.urgency != case.urgency:
            case.step_due_at = step_deadline(town, "accept", tag.urgency, case.submitted_at)
        apply_tag(case, tag, town)
        if triage_category(tag.category, town).why != "off_catalogue":
            case.summary = summarise(text)
        # The ledger counts each case once, by the word that sent it on.
        await session.execute(
            update(PredictionEntry)
            .where(PredictionEntry.case_id == case.id)
            .values(at_filing=False)
        )
        note_prediction(session, case, tag, now)
    await amend_case(
        session,
        case,
        actor=actor,
        town=town,
        now=now,
        text=text,
        place_text=place_text or (None if case.place_text else find_place(text)),
        latitude=latitude,
        longitude=longitude,
        attachments=attachments,
        notify=False,
    )
    if anew:
        await send_on(session, case, tag, town=town, now=now)
    return case


def _at_least_as_urgent(tag: Tag, urgency: str) -> Tag:
    return replace(tag, urgency=max(tag.urgency, urgency, key=URGENCIES.index))
