"""Collects the facts a step of the dialogue may look at, in the engine's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot import cards
from bot.dialogue.commands import LISTED, number_in
from bot.dialogue.facts import CaseView, Facts, Option, no_link
from bot.dialogue.links import start_payload
from bot.dialogue.state import DialogueState
from bot.dialogue.taps import find_option
from bot.incoming import Incoming, Location
from bot.texts import load_texts
from bot.words import read_command
from cases.callbacks import Callback, decode
from cases.classification import Tag
from cases.errors import CaseNotFound
from cases.lifecycle import State
from cases.models import Case, Contact, OutboxMessage, PredictionEntry
from cases.place import find_place
from cases.town import Town
from cases.use_cases.case_lookup import cases_of_contact, find_own_case
from cases.use_cases.chats import count_ahead
from cases.use_cases.links import find_linked_case, find_linked_place
from cases.use_cases.reporters import find_followed_case

#: A prompt among the last messages still counts as on show.
_PROMPT_AMONG = 3
_LATELY = timedelta(hours=1)
_PROMPT_WITHIN = timedelta(days=7)


async def gather_facts(
    session: AsyncSession,
    *,
    contact: Contact,
    state: DialogueState,
    incoming: Incoming,
    tag: Tag | None,
    town: Town,
    now: datetime,
    link_to: Callable[[str], str | None] = no_link,
) -> Facts:
    """Only this contact's own cases are looked at, whatever number or button came in."""
    cases = [view_case(c) for c in await cases_of_contact(session, contact.id, limit=LISTED)]
    known = {case.id for case in cases}
    for case_id in (state.case_id, state.last_case_id, state.album_case_id):
        if case_id is not None and case_id not in known:
            older = await _own_case(session, contact, case_id)
            cases += [older] if older else []
            known.add(case_id)
    cases = await _answered_by_others(session, cases)
    options = await _open_prompt(session, contact, now) if incoming.is_plain_text else ()
    command = read_command(incoming.text) if incoming.is_plain_text else None
    name = command.name if command else ""
    payload = start_payload(incoming)
    page, page_next = await _page(session, contact, incoming, name)
    page = tuple(await _answered_by_others(session, list(page)))
    named = [await _mentioned(session, contact, incoming)]
    (mentioned,) = await _answered_by_others(session, [v for v in named if v]) or (None,)
    return Facts(
        town=town,
        texts=load_texts(contact.language),
        now=now,
        cases=tuple(cases),
        tag=tag,
        place=find_place(incoming.text) if incoming.text else None,
        mentioned=mentioned,
        tapped=await _tapped(session, contact, incoming, options),
        followed=await _followed(session, contact, incoming, options),
        replied_to=await _replied_to(session, contact, state, incoming),
        edited=await _edited(session, contact, state, incoming),
        options=options,
        page=page,
        page_next=page_next,
        linked_case=await _linked_case(session, payload) if payload else None,
        linked_place=await _linked_place(session, payload) if payload else None,
        filed_lately=await _filed_lately(session, contact, incoming) if tag else 0,
        ahead=await count_ahead(session, contact) if name == "human" else 0,
        muted=contact.muted,
        link_to=link_to,
    )


async def _answered_by_others(session: AsyncSession, views: list[CaseView]) -> list[CaseView]:
    """What was merged stands where the case stands that it was merged into."""
    merged = {view.id for view in views if view.state is State.MERGED}
    if not merged:
        return views
    parent = aliased(Case)
    rows = await session.execute(
        select(Case.id, parent).join(parent, parent.id == Case.parent_id).where(Case.id.in_(merged))
    )
    heads = {case_id: view_case(head) for case_id, head in rows}
    return [
        replace(view, shown=head.state, unit=head.unit, due_at=head.due_at, reply=head.reply)
        if (head := heads.get(view.id))
        else view
        for view in views
    ]


def view_case(case: Case, alternatives: tuple[str, ...] = ()) -> CaseView:
    """The row as the dialogue sees it."""
    return CaseView(
        id=case.id,
        number=case.number,
        tracking_code=case.tracking_code,
        state=State(case.state),
        filed_at=case.submitted_at,
        category=case.category,
        decision=case.decision,
        urgency=case.urgency,
        unit=case.lead_unit,
        due_at=case.due_at,
        place=case.place_text,
        has_pin=case.latitude is not None,
        reply=case.reply_text if case.state in (State.CLOSED, State.EVALUATED) else None,
        round=case.round,
        alternatives=alternatives,
        is_unclaimed=case.contact_id is None and not case.anonymous,
    )


async def _page(
    session: AsyncSession, contact: Contact, incoming: Incoming, command: str
) -> tuple[tuple[CaseView, ...], int]:
    """The cases to list and where the next page begins."""
    tap = decode(incoming.tap) if incoming.tap else None
    offset = 0
    if tap is not None and tap.verb == "more":
        offset = int(tap.value) if tap.value.isdigit() and len(tap.value) < 6 else 0
    elif command != "cases":
        return (), 0
    rows = await cases_of_contact(session, contact.id, limit=LISTED + 1, offset=offset)
    more = offset + LISTED if len(rows) > LISTED else 0
    return tuple(view_case(row) for row in rows[:LISTED]), more


async def _linked_case(session: AsyncSession, payload: str) -> CaseView | None:
    case = await find_linked_case(session, payload)
    return view_case(case) if case is not None else None


async def _linked_place(session: AsyncSession, payload: str) -> Location | None:
    place = await find_linked_place(session, payload)
    if place is None:
        return None
    return Location(place.latitude, place.longitude, place.name)


async def _filed_lately(session: AsyncSession, contact: Contact, incoming: Incoming) -> int:
    count = await session.scalar(
        select(func.count())
        .select_from(Case)
        .where(Case.contact_id == contact.id, Case.submitted_at > incoming.at - _LATELY)
    )
    return int(count or 0)


async def _own_case(session: AsyncSession, contact: Contact, case_id: int) -> CaseView | None:
    case = await session.get(Case, case_id)
    if case is None or case.contact_id != contact.id:
        return None
    (view,) = await _answered_by_others(session, [view_case(case)])
    return view


async def _mentioned(
    session: AsyncSession, contact: Contact, incoming: Incoming
) -> CaseView | None:
    number = number_in(incoming)
    if number is None:
        return None
    try:
        return view_case(await find_own_case(session, number, contact.id))
    except CaseNotFound:
        return None


def _pressed(incoming: Incoming, options: tuple[Option, ...]) -> Callback | None:
    """The button about a case that was tapped, or typed."""
    data = incoming.tap
    if data is None and options:
        typed = find_option(incoming.text, options)
        data = typed.data if typed else None
    callback = decode(data) if data else None
    return callback if callback and callback.case_id else None


async def _followed(
    session: AsyncSession, contact: Contact, incoming: Incoming, options: tuple[Option, ...]
) -> CaseView | None:
    """Somebody else's case: only how it stands, under the number that this citizen knows."""
    callback = _pressed(incoming, options)
    if callback is None or callback.verb != "word":
        return None
    case = await find_followed_case(session, callback.case_id, contact.id)
    known = await session.get(Case, callback.case_id)
    if case is None or known is None:
        return None
    return replace(view_case(case), number=known.number, tracking_code="")


async def _tapped(
    session: AsyncSession, contact: Contact, incoming: Incoming, options: tuple[Option, ...]
) -> CaseView | None:
    callback = _pressed(incoming, options)
    if callback is None:
        return None
    case = await session.get(Case, callback.case_id)
    if case is None or case.contact_id != contact.id:
        return None
    alternatives = await _alternatives(session, case) if callback.verb == "other" else ()
    return view_case(case, alternatives)


async def _alternatives(session: AsyncSession, case: Case) -> tuple[str, ...]:
    prediction = await session.scalar(
        select(PredictionEntry)
        .where(PredictionEntry.case_id == case.id)
        .order_by(PredictionEntry.id.desc())
        .limit(1)
    )
    if prediction is None:
        return ()
    return tuple(a["category"] for a in prediction.tag.get("alternatives", ()))


async def _replied_to(
    session: AsyncSession, contact: Contact, state: DialogueState, incoming: Incoming
) -> CaseView | None:
    if not incoming.reply_to:
        return None
    case_id = state.case_of_message(incoming.reply_to)
    if case_id is None:
        case_id = await session.scalar(
            select(OutboxMessage.case_id)
            .where(
                OutboxMessage.contact_id == contact.id,
                OutboxMessage.external_id == incoming.reply_to,
            )
            .order_by(OutboxMessage.id.desc())
            .limit(1)
        )
    return await _own_case(session, contact, case_id) if case_id else None


async def _edited(
    session: AsyncSession, contact: Contact, state: DialogueState, incoming: Incoming
) -> CaseView | None:
    case_id = state.case_of_message(incoming.message_key) if incoming.edited else None
    return await _own_case(session, contact, case_id) if case_id else None


async def _open_prompt(
    session: AsyncSession, contact: Contact, now: datetime
) -> tuple[Option, ...]:
    """The buttons of the newest message that has any, if it is still on show."""
    newest = await session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.contact_id == contact.id,
            OutboxMessage.created_at >= now - _PROMPT_WITHIN,
            OutboxMessage.kind != cards.KIND,
        )
        .order_by(OutboxMessage.id.desc())
        .limit(_PROMPT_AMONG)
    )
    for message in newest:
        rows = message.payload.get("buttons") or ()
        options = tuple(Option(b["label"], b["data"]) for row in rows for b in row)
        if options:
            return options
    return ()
