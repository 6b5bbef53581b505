"""Whom somebody has to call: news that no text message and no chat brings.

    await note_call_back(session, case, moment, notice, because, dedupe_key=…, …) -> bool
    await note_dead(session, town, now) -> int      text messages that died, each once

The moments are the town's (``[callers] call_back``). Of one case only the newest news waits, since
the first thing that was waited for: whoever notes it holds the case, or the one it was merged into.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, cast, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.lines import SMS, is_caller_case
from cases.callers.texts import rules_of, write_aloud
from cases.lifecycle import State
from cases.models import CallBack, Case, HistoryEntry, OutboxMessage
from cases.storage.insert import insert_or_ignore
from cases.town import Town

NOTICE = "notice."
_BATCH = 200
#: A message that died longer ago is past telling: the case has moved on or is archived.
_DIED_WITHIN = timedelta(days=14)


async def note_call_back(
    session: AsyncSession,
    case: Case,
    moment: str,
    notice: str,
    because: str,
    *,
    dedupe_key: str,
    town: Town,
    now: datetime,
    answering: Case | None = None,
) -> bool:
    """Put a case on the list, once for each ``dedupe_key``. ``False`` where nobody is to be called:
    not at this moment, it is no caller's case, or the number was found to be wrong. ``answering``:
    the case that it was merged into."""
    wanted = moment in rules_of(town).get("call_back", ())
    if not wanted or not is_caller_case(case, town) or await _is_wrong(session, case):
        return False
    older = list(
        await session.scalars(
            select(CallBack).where(CallBack.case_id == case.id, CallBack.state == "waiting")
        )
    )
    noted = await insert_or_ignore(
        session,
        CallBack,
        case_id=case.id,
        dedupe_key=dedupe_key,
        moment=moment,
        because=because,
        text=write_aloud(moment, case, town, notice, answering),
        state="waiting",
        attempts=0,
        waits_since=min([now, *(row.waits_since for row in older)]),
        next_at=now,
    )
    if noted:
        for row in older:
            row.state, row.settled_at = "replaced", now
    await session.flush()
    return noted


async def note_dead(session: AsyncSession, town: Town, now: datetime) -> int:
    """Look through the text messages that will never arrive and put their cases on the list. What
    somebody is at just now is left to the next look."""
    moments = [f"{NOTICE}{moment}" for moment in rules_of(town).get("call_back", ())]
    known = literal("outbox:").concat(cast(OutboxMessage.id, String))
    dead = await session.execute(
        select(OutboxMessage, Case)
        .join(Case, Case.id == OutboxMessage.case_id)
        .where(
            OutboxMessage.channel == SMS,
            OutboxMessage.state == "dead",
            OutboxMessage.kind.in_(moments),
            OutboxMessage.created_at > now - _DIED_WITHIN,
            Case.contact_id.is_(None),
            Case.caller_key == OutboxMessage.chat_key,  # not one of those who follow it
            ~exists().where(CallBack.dedupe_key == known),
            ~exists().where(CallBack.case_id == Case.id, CallBack.state == "wrong_number"),
        )
        .order_by(OutboxMessage.id)
        .limit(_BATCH)
        .with_for_update(of=Case, key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    noted = 0
    for message, case in dead.all():
        moment = message.kind.removeprefix(NOTICE)
        handled = await _hold_handled(session, case)
        if handled is None:
            continue
        noted += await note_call_back(
            session,
            case,
            moment,
            await _told(session, case, moment, handled),
            "dead",
            dedupe_key=f"outbox:{message.id}",
            town=town,
            now=now,
            answering=None if handled is case else handled,
        )
    return noted


async def _is_wrong(session: AsyncSession, case: Case) -> bool:
    found = await session.scalar(
        select(CallBack.id)
        .where(CallBack.case_id == case.id, CallBack.state == "wrong_number")
        .limit(1)
    )
    return found is not None


async def _hold_handled(session: AsyncSession, case: Case) -> Case | None:
    """The case itself or the one that it was merged into. ``None``: somebody is at that one."""
    if case.state != State.MERGED or case.parent_id is None:
        return case
    held: Case | None = await session.scalar(
        select(Case)
        .where(Case.id == case.parent_id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return held


async def _told(session: AsyncSession, case: Case, moment: str, handled: Case) -> str:
    """The words of the notice in full, as they stand in the history of the case that is handled,
    under the number that the caller knows."""
    found: str | None = await session.scalar(
        select(HistoryEntry.citizen_text)
        .where(HistoryEntry.case_id == handled.id, HistoryEntry.action == moment)
        .order_by(HistoryEntry.seq.desc())
        .limit(1)
    )
    return (found or "").replace(handled.number, case.number)
