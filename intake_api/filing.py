"""Filing with a person's word on the tag, for the API and the desk alike.

    await file_tagged(session, draft, confirmed, *, actor, town, now) -> Case

``confirmed`` has category, request_type and urgency, or is None where nobody looked. A confirmed
category that goes to no unit (out of scope, unclear) leaves the case waiting for a decision.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import InvalidData
from cases.lifecycle import Action
from cases.models import Case
from cases.town import Town
from cases.use_cases.act import perform
from cases.use_cases.file_case import CaseDraft, file_case
from intake_api.texts import load_texts


async def file_tagged(
    session: AsyncSession,
    draft: CaseDraft,
    confirmed: dict[str, str] | None,
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> Case:
    """Raises ``InvalidData`` for an unknown category, ``PermissionDenied`` where the role may not
    accept."""
    if confirmed is None:
        return await file_case(session, draft, actor=actor, town=town, now=now)
    category = town.categories.get(confirmed["category"])
    if category is None:
        raise InvalidData(load_texts("pages")["desk"]["unknown_category"], field="category")
    if category.dispatchable:
        draft = replace(draft, confirmed=confirmed)
        return await file_case(session, draft, actor=actor, town=town, now=now)
    # What the person said must not be overtaken by a machine that was sure of something else.
    tag = replace(draft.tag, decision="human") if draft.tag else None
    case = await file_case(session, replace(draft, tag=tag), actor=actor, town=town, now=now)
    await perform(
        session,
        case,
        Action.RELABEL,
        dict(confirmed),
        actor=actor,
        town=town,
        now=now,
        notify=False,
    )
    return case
