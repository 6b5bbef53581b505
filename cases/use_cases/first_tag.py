"""The machine's word on fresh words: onto the case, into the ledger, and to a unit if it is sure.

::

    apply_tag(case, tag, town)                            category, type, urgency, flags
    note_prediction(session, case, tag, now)              a line of the ledger
    await send_on(session, case, tag, *, town, now)       accepted and dispatched where it may be
    await accept_and_dispatch(session, case, unit, *, town, now)
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.classification import Tag
from cases.deadlines import choose_time_class
from cases.lifecycle import Action
from cases.models import Case, PredictionEntry
from cases.town import Town
from cases.triage import triage
from cases.use_cases.act import perform


def apply_tag(case: Case, tag: Tag, town: Town) -> None:
    """What the machine made of the words; a category that the town lacks is left out."""
    category = town.categories.get(tag.category)
    if category is not None:
        case.category, case.platform = tag.category, category.platform
        case.time_class = choose_time_class(category.time_class, tag.request_type)
    case.request_type = tag.request_type
    case.urgency = tag.urgency
    case.flags = list(tag.flags)
    case.decision = tag.decision
    case.confidence = tag.confidence


def note_prediction(session: AsyncSession, case: Case, tag: Tag, now: datetime) -> None:
    """The word on which the case is filed."""
    session.add(
        PredictionEntry(
            case_id=case.id,
            at=now,
            model=tag.model,
            category=tag.category,
            confidence=tag.confidence,
            decision=tag.decision,
            tag=tag.to_dict(),
        )
    )


async def send_on(
    session: AsyncSession, case: Case, tag: Tag | None, *, town: Town, now: datetime
) -> None:
    """Accept and dispatch what needs no person."""
    listed = triage(tag, town).dispatch_to
    if listed is not None:
        await accept_and_dispatch(session, case, listed.lead_unit, town=town, now=now)


async def accept_and_dispatch(
    session: AsyncSession, case: Case, unit: str, *, town: Town, now: datetime
) -> None:
    """The bot's two steps, where its own word or the citizen's is enough."""
    accept = {
        "category": case.category,
        "request_type": case.request_type or "complaint",
        "urgency": case.urgency,
    }
    for action, data in ((Action.ACCEPT, accept), (Action.DISPATCH, {"unit": unit})):
        await perform(
            session, case, action, data, actor=Actor.bot(), town=town, now=now, notify=False
        )
