"""What a citizen's side asks: who am I to you, where is my case, here is more of it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.case_number import parse_number, parse_tracking_code
from cases.errors import CaseNotFound
from cases.history import read_history
from cases.lifecycle import OPEN_STATES, Action, Role, State
from cases.models import Case, Contact, OutboxMessage
from cases.notifications import state_name, step_name
from cases.storage.insert import insert_or_ignore
from cases.town import Town
from cases.triage import triage_category
from cases.use_cases.act import perform
from cases.use_cases.file_case import AttachmentDraft, make_attachment
from cases.use_cases.merging import answering_case

#: Steps a citizen sees on the timeline; the quarrel between units is not among them.
VISIBLE_ACTIONS = [
    "submit",
    "accept",
    "request_info",
    "supply_info",
    "reject",
    "answer",
    "merge",
    "unmerge",
    "dispatch",
    "sign",
    "reassign",
    "contact",
    "consult",
    "conclude",
    "escalate",
    "county_reply",
    "approve_extension",
    "suspend",
    "resume",
    "reply",
    "close",
    "rate",
    "reopen",
    "object",
    "withdraw",
]


#: Of the case that theirs was merged into, a citizen sees what becomes of the matter.
_SHARED = frozenset(
    {
        "dispatch",
        "sign",
        "reassign",
        "contact",
        "consult",
        "conclude",
        "escalate",
        "approve_extension",
        "suspend",
        "resume",
        "reply",
        "close",
        "reopen",
        "reject",
        "answer",
    }
)


@dataclass(frozen=True)
class TimelineStep:
    """One line of the citizen's view: what, when, which unit, in which words."""

    action: str
    name: str
    at: datetime
    unit: str
    text: str | None


async def upsert_contact(
    session: AsyncSession,
    *,
    channel: str,
    chat_key: str,
    now: datetime,
    user_key: str | None = None,
    display_name: str | None = None,
    language: str = "zh",
) -> Contact:
    """The contact behind a chat, made on the first message. Whoever writes is reachable."""
    await insert_or_ignore(
        session,
        Contact,
        channel=channel,
        chat_key=chat_key,
        user_key=user_key,
        display_name=display_name,
        language=language,
        reachable=True,
        muted=False,
        created_at=now,
        seen_at=now,
    )
    contact = await session.scalar(
        select(Contact).where(Contact.channel == channel, Contact.chat_key == chat_key)
    )
    if contact is None:
        raise RuntimeError("contact vanished")
    contact.seen_at = now
    contact.reachable = True
    if display_name:
        contact.display_name = display_name[:64]
    await session.flush()
    return contact


async def mark_unreachable(session: AsyncSession, channel: str, chat_key: str) -> None:
    """The channel said that this chat takes no messages any more: staff see it on the case,
    and nothing more is tried until the citizen writes again."""
    await session.execute(
        update(Contact)
        .where(Contact.channel == channel, Contact.chat_key == chat_key)
        .values(reachable=False)
    )
    await session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.channel == channel,
            OutboxMessage.chat_key == chat_key,
            OutboxMessage.state == "queued",
        )
        .values(state="dead", error="unreachable")
    )


async def move_chat(session: AsyncSession, channel: str, old_key: str, new_key: str) -> None:
    """The channel gave a chat another id; contact and messages go with it. Where somebody wrote
    under the new id already it has a contact, and the old one stays behind, unreachable."""
    taken = await session.scalar(
        select(Contact.id).where(Contact.channel == channel, Contact.chat_key == new_key)
    )
    await session.execute(
        update(Contact)
        .where(Contact.channel == channel, Contact.chat_key == old_key)
        .values(**({"chat_key": new_key} if taken is None else {"reachable": False}))
    )
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.channel == channel, OutboxMessage.chat_key == old_key)
        .values(chat_key=new_key)
    )


async def cases_of_contact(
    session: AsyncSession, contact_id: int, *, limit: int = 5, offset: int = 0
) -> list[Case]:
    """The contact's own cases, newest first."""
    return list(
        await session.scalars(
            select(Case)
            .where(Case.contact_id == contact_id)
            .order_by(Case.id.desc())
            .limit(limit)
            .offset(offset)
        )
    )


async def count_cases_of_contact(session: AsyncSession, contact_id: int) -> int:
    """How many cases the contact has."""
    count = await session.scalar(
        select(func.count()).select_from(Case).where(Case.contact_id == contact_id)
    )
    return int(count or 0)


async def find_case(session: AsyncSession, number: str) -> Case:
    """Any case by its number, however it was typed. Raises ``CaseNotFound``."""
    parsed = parse_number(number)
    case = await session.scalar(select(Case).where(Case.number == parsed)) if parsed else None
    if case is None:
        raise CaseNotFound()
    return case


async def find_own_case(session: AsyncSession, number: str, contact_id: int) -> Case:
    """A contact's own case. Somebody else's is ``CaseNotFound`` like one that never was."""
    case = await find_case(session, number)
    if case.contact_id != contact_id:
        raise CaseNotFound()
    return case


async def find_tracked_case(session: AsyncSession, number: str, tracking_code: str) -> Case:
    """A case by number and tracking code; a wrong pair says nothing about either."""
    code = parse_tracking_code(tracking_code)
    case = await find_case(session, number)
    if code is None or not hmac.compare_digest(case.tracking_code.encode(), code.encode()):
        raise CaseNotFound()
    return case


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
    bot = Actor.bot()
    accept: dict[str, Any] = {
        "category": category,
        "request_type": case.request_type or "complaint",
        "urgency": case.urgency,
    }
    for action, data in (
        (Action.ACCEPT, accept),
        (Action.DISPATCH, {"unit": listed.lead_unit}),
    ):
        await perform(session, case, action, data, actor=bot, town=town, now=now, notify=False)
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


async def citizen_timeline(
    session: AsyncSession, case: Case, town: Town, language: str = "zh"
) -> list[TimelineStep]:
    """Each step a citizen may see, with unit, time and the words of that day."""
    steps = []
    unit = ""
    entries = await read_history(session, case.id)
    answering = await answering_case(session, case)
    if answering is not case:
        # From the merge on it is the other case that is handled, and its steps are the news.
        since = max(entry.at for entry in entries if entry.action == Action.MERGE.value)
        theirs = await read_history(session, answering.id)
        unit = town.unit_name(answering.lead_unit)
        entries += [e for e in theirs if e.at >= since and e.action in _SHARED]
    for entry in entries:
        if entry.action in ("dispatch", "reassign", "conclude"):
            unit = town.unit_name(entry.data.get("unit"))
        if entry.action not in VISIBLE_ACTIONS:
            continue
        shown = unit if entry.actor_role in (Role.HANDLER, Role.HANDLER_HEAD) else ""
        if entry.action in ("dispatch", "reassign"):
            shown = unit
        steps.append(
            TimelineStep(
                entry.action,
                step_name(entry.action, language),
                entry.at,
                shown,
                entry.citizen_text,
            )
        )
    return steps


def describe_state(case: Case, language: str = "zh") -> str:
    """Where the case stands, in a citizen's words. Of a merged case pass the one that answers
    (``answering_case``)."""
    return state_name(str(case.state), language)
