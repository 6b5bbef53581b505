"""File a case: registered at once, tagged if the machine could, on its way if it was sure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.callers.receipt import welcome_caller
from cases.case_number import new_number, new_tracking_code
from cases.classification import Tag
from cases.deadlines import step_deadline
from cases.errors import InvalidData
from cases.history import append_history, begin_history
from cases.lifecycle import Action, State, list_actions
from cases.models import Attachment, Case
from cases.place import find_place
from cases.settled_tag import settle_tag
from cases.summary import summarise
from cases.town import Town
from cases.use_cases.act import perform
from cases.use_cases.first_tag import apply_tag, note_prediction, send_on
from cases.use_cases.register_place import register_place
from cases.use_cases.same_event import write_first_keys

LONGEST_TEXT = 20_000
_DRAWS = 20


@dataclass(frozen=True)
class AttachmentDraft:
    """A file that came with a message. ``path`` is relative to the attachments folder;
    ``None`` while only the channel has the file, under ``external_file_id``."""

    kind: str
    mime: str | None = None
    name: str | None = None
    size: int | None = None
    path: str | None = None
    external_file_id: str | None = None


@dataclass(frozen=True)
class CaseDraft:
    """What is known when a case is filed. Only the citizen's own words are required."""

    text: str
    channel: str
    tag: Tag | None = None
    contact_id: int | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    place_text: str | None = None
    #: A place of the registry that a person confirmed.
    place_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    source_system: str | None = None
    source_id: str | None = None
    source_index: int = 0
    received_at: datetime | None = None
    summary: str | None = None
    anonymous: bool = False
    #: Whether a caller expects a text message now; not where orders of others are read in.
    receipt: bool = True
    attachments: tuple[AttachmentDraft, ...] = ()
    #: Tags a person already confirmed: category, request_type, urgency.
    confirmed: dict[str, str] | None = None


async def file_case(
    session: AsyncSession, draft: CaseDraft, *, actor: Actor, town: Town, now: datetime
) -> Case:
    """Write the case, its first history line and the machine's word; send it on if it may.

    No notice is queued for what happens here: whoever files tells the citizen, in one
    receipt. A caller's comes by text message (``cases.callers``). Raises ``InvalidData`` for
    an empty or over-long text, a place the registry lacks.
    """
    text = draft.text.strip()
    if not text:
        raise InvalidData("没有内容，请写明反映的问题。", field="text")
    if len(text) > LONGEST_TEXT:
        raise InvalidData(f"内容太长，请控制在 {LONGEST_TEXT} 字以内。", field="text")
    tag = settle_tag(draft.tag, town) if draft.tag else None
    case = Case(
        number=await _draw_number(session, now, town),
        tracking_code=new_tracking_code(),
        version=1,
        channel=draft.channel,
        source_system=draft.source_system,
        source_id=draft.source_id,
        source_index=draft.source_index,
        contact_id=draft.contact_id,
        caller_name=draft.caller_name,
        caller_phone=draft.caller_phone,
        anonymous=draft.anonymous,
        text=text,
        summary=draft.summary or summarise(text),
        place_text=(draft.place_text or find_place(text) or "")[:200] or None,
        latitude=draft.latitude,
        longitude=draft.longitude,
        state=State.SUBMITTED,
        submitted_at=draft.received_at or now,
        updated_at=now,
        round=1,
        urgency="normal",
        flags=[],
        returned_by=[],
        decision="human",
        tagged_by="machine",
    )
    if tag is not None:
        apply_tag(case, tag, town)
    if draft.place_code:
        await register_place(session, case, draft.place_code)
    case.step_due_at = step_deadline(town, "accept", case.urgency, now)
    session.add(case)
    await session.flush()
    begin_history(session, case)
    await write_first_keys(session, case)
    if tag is not None:
        note_prediction(session, case, tag, now)
    for item in draft.attachments:
        session.add(make_attachment(item, case, now))
    await append_history(
        session,
        case,
        action=Action.SUBMIT.value,
        from_state=None,
        actor=actor,
        data={"channel": draft.channel, "source": draft.source_system},
        citizen_text=None,
        now=now,
    )
    if draft.confirmed is None:
        await send_on(session, case, tag, town=town, now=now)
    else:
        await _send_on_confirmed(session, case, draft.confirmed, actor=actor, town=town, now=now)
    await welcome_caller(session, case, town, now, receipt=draft.receipt)
    return case


async def find_by_source(session: AsyncSession, source_system: str, source_id: str) -> list[Case]:
    """The cases an outside system's order was filed as, in their order; empty if it was not."""
    return list(
        await session.scalars(
            select(Case)
            .where(Case.source_system == source_system, Case.source_id == source_id)
            .order_by(Case.source_index)
        )
    )


async def _send_on_confirmed(
    session: AsyncSession,
    case: Case,
    confirmed: dict[str, str],
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> None:
    """What a person saw before it was filed goes to the unit on the list."""
    category = town.categories.get(confirmed.get("category", ""))
    # A label that is not dispatched is confirmed, and the case waits for a decision.
    keep = category is not None and not category.dispatchable
    await perform(
        session,
        case,
        Action.RELABEL if keep else Action.ACCEPT,
        dict(confirmed),
        actor=actor,
        town=town,
        now=now,
        notify=False,
    )
    listed = None if keep else town.responsibilities.get(case.category or "")
    if listed is None:
        return
    dispatcher = actor if Action.DISPATCH in _actions_of(actor, case) else Actor.bot()
    await perform(
        session,
        case,
        Action.DISPATCH,
        {"unit": listed.lead_unit},
        actor=dispatcher,
        town=town,
        now=now,
        notify=False,
    )


def _actions_of(actor: Actor, case: Case) -> set[Action]:
    return {t.action for t in list_actions(State(case.state), actor.role)}


def make_attachment(item: AttachmentDraft, case: Case, now: datetime) -> Attachment:
    """The row for a file that came with a message about ``case``."""
    return Attachment(
        case_id=case.id,
        contact_id=case.contact_id,
        kind=item.kind,
        mime=item.mime,
        name=item.name,
        size=item.size,
        path=item.path,
        external_file_id=item.external_file_id,
        at=now,
    )


async def _draw_number(session: AsyncSession, now: datetime, town: Town) -> str:
    day = now.astimezone(town.calendar.zone).date()
    for draw in range(_DRAWS):
        number = new_number(day, long=draw >= _DRAWS // 2)
        taken: Any = await session.scalar(select(Case.id).where(Case.number == number))
        if taken is None:
            return number
    raise RuntimeError("no free case number after many draws")
