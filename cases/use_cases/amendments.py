"""What a citizen adds to a case that is there: its category, more of the matter, 人工.

    await confirm_tag(session, case, category, *, actor, town, now) -> Case
    await amend_case(session, case, *, actor, town, now, …) -> Case
    await ask_for_person(session, case, *, now)

Each change but the last is a step of ``cases.use_cases.act`` and leaves its line in the history.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.lifecycle import OPEN_STATES, Action, State
from cases.models import Case
from cases.town import Town
from cases.triage import triage_category
from cases.use_cases.act import perform
from cases.use_cases.file_case import AttachmentDraft, make_attachment
from cases.use_cases.first_tag import accept_and_dispatch


async def confirm_tag(
    session: AsyncSession,
    case: Case,
    category: str,
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> Case:
    """The citizen says which category it is: their word counts until staff correct it.

    Where the town's policy lets a confirmation dispatch, a normal or urgent case that still
    waits goes to the unit on the list. ``case`` is held by this transaction.
    """
    if State(case.state) not in OPEN_STATES:
        return case
    await perform(
        session,
        case,
        Action.RELABEL,
        {"category": category},
        actor=actor,
        town=town,
        now=now,
        notify=False,
    )
    listed = triage_category(category, town).dispatch_to
    may = town.policy["citizen"]["confirmation"] == "dispatch" and case.urgency != "critical"
    if case.state != State.SUBMITTED or listed is None or not may or case.wants_person:
        return case
    await accept_and_dispatch(session, case, listed.lead_unit, town=town, now=now)
    return case


async def amend_case(
    session: AsyncSession,
    case: Case,
    *,
    actor: Actor,
    town: Town,
    now: datetime,
    text: str | None = None,
    replaces: bool = False,
    place_text: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    attachments: tuple[AttachmentDraft, ...] = (),
    notify: bool = True,
) -> Case:
    """More of the matter. While a question of ours is open the words answer it; on a case
    that is closed they are kept as a note. ``replaces``: an edited message takes the old
    words' place (which stay in the history)."""
    for item in attachments:
        session.add(make_attachment(item, case, now))
    data: dict[str, Any] = {
        "text": text or "",
        "replaces": replaces,
        "place_text": place_text or "",
        "latitude": latitude,
        "longitude": longitude,
        "attachments": len(attachments),
    }
    if case.state == State.NEED_INFO:
        action: Action = Action.SUPPLY_INFO
        data["text"] = text or place_text or "（已补充图片或位置）"
        if place_text:
            case.place_text = place_text[:200]
    elif State(case.state) in OPEN_STATES:
        action = Action.SUPPLEMENT
    else:
        action = Action.NOTE
        data = {"text": text or place_text or "（补充了图片或位置）"}
    await perform(session, case, action, data, actor=actor, town=town, now=now, notify=notify)
    return case


async def ask_for_person(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """人工: the desk sees it on top."""
    case.wants_person = True
    case.updated_at = now
    await session.flush()
