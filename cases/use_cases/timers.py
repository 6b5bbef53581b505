"""What the clock does by itself: lapsed questions, reminders to units and, once, to the citizen
who has not rated, the archive.

Called every few minutes by the worker; each case in a transaction of its own, so that one
that cannot be moved does not hold up the others.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from cases.actors import Actor
from cases.callers.call_backs import note_dead
from cases.errors import CaseError
from cases.lifecycle import Action, State
from cases.models import Case, Contact
from cases.notifications import notify_contact, rating_buttons, render_notice
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.act import act, lock_case

_BATCH = 200


async def run_timers(database: Database, town: Town, clock: Callable[[], datetime]) -> int:
    """Take every step that is due. Returns how many cases moved."""
    now = clock()
    archive_before = now - timedelta(days=town.policy["evaluation"]["archive_after_calendar_days"])
    due: list[tuple[str, Action]] = []
    async with database.reading() as session:
        lapsed = await session.scalars(
            select(Case.number)
            .where(Case.state == State.NEED_INFO.value, Case.step_due_at < now)
            .limit(_BATCH)
        )
        due += [(number, Action.LAPSE_INFO) for number in lapsed]
        old = await session.scalars(
            select(Case.number)
            .where(
                Case.state.in_([State.CLOSED.value, State.EVALUATED.value]),
                Case.closed_at < archive_before,
            )
            .limit(_BATCH)
        )
        due += [(number, Action.ARCHIVE) for number in old]
        share = town.policy["supervision"]["urge_at_share"]
        handling = await session.scalars(
            select(Case)
            .where(
                Case.state.in_([State.DISPATCHED, State.SIGNED, State.IN_PROGRESS]),
                Case.due_at.is_not(None),
                or_(
                    Case.urged_at.is_(None),
                    and_(Case.urged_at < Case.due_at, Case.due_at < now),
                ),
            )
            .order_by(Case.due_at)
            .limit(_BATCH)
        )
        for row in handling:
            if row.due_at and row.dispatched_at:
                elapsed = (now - row.dispatched_at) / (row.due_at - row.dispatched_at)
                if elapsed >= share:
                    due.append((row.number, Action.URGE))
    async with database.transaction() as session:
        await note_dead(session, town, now)
    moved = await _remind_of_rating(database, town, now, archive_before)
    for number, action in due:
        try:
            async with database.transaction() as session:
                await act(
                    session,
                    number,
                    action,
                    {},
                    actor=Actor.bot(),
                    town=town,
                    now=clock(),
                )
            moved += 1
        except CaseError:
            continue
    return moved


async def _remind_of_rating(
    database: Database, town: Town, now: datetime, archive_before: datetime
) -> int:
    """One reminder for each round, never a second; silence stays silence."""
    days = town.policy["evaluation"].get("remind_after_days")
    if days is None:
        return 0
    async with database.reading() as session:
        unrated = list(
            await session.scalars(
                select(Case.number)
                .where(
                    Case.state == State.CLOSED.value,
                    Case.closed_at < now - timedelta(days=days),
                    Case.closed_at > archive_before,
                    Case.rating_reminded_at.is_(None),
                    # An answer given at once was asked about with its own buttons.
                    Case.lead_unit.is_not(None),
                    or_(Case.contact_id.is_not(None), Case.caller_phone.is_not(None)),
                )
                .limit(_BATCH)
            )
        )
    for number in unrated:
        async with database.transaction() as session:
            case = await lock_case(session, number)
            if case.state != State.CLOSED or case.rating_reminded_at is not None:
                continue
            case.rating_reminded_at = now
            chat = case.contact_id
            contact = await session.get(Contact, chat) if chat is not None else None
            language = contact.language if contact else "zh"
            await notify_contact(
                session,
                case,
                kind="notice.rate_reminder",
                text=render_notice(language, "rate_reminder", number=case.number),
                dedupe_key=f"case:{case.id}:remind:{case.round}",
                now=now,
                town=town,
                buttons=rating_buttons(case, town, language),
            )
    return len(unrated)
