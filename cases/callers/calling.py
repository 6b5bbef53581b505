"""The people who call back: what waits, the number on demand, and what came of a call.

    await list_call_backs(session, now) -> CallBackList
    await read_call_back(session, call_back_id) -> (CallBack, Case)         CaseNotFound
    await show_phone(session, call_back_id, actor=…, now=…)                 writes who looked
    showed_phone(history, actor, now) -> bool
    await settle(session, call_back_id, result, data, actor=…, town=…, now=…) -> Case

Whatever is done leaves a line in the case's history. A rating that the caller gives by voice is
recorded like a tap, by the agent who heard it; since the caller is on the phone, what comes of it
is said there and then, and nothing is queued.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.callers.texts import rules_of
from cases.errors import CaseNotFound, InvalidData, PermissionDenied, RuleBroken
from cases.history import append_history
from cases.lifecycle import Action, Role, State
from cases.models import CallBack, Case, HistoryEntry
from cases.notifications import format_moment
from cases.town import Town
from cases.use_cases.act import lock_case, perform
from cases.use_cases.merging import answering_case, hold_parent
from cases.use_cases.reporters import SOLVED, record_merged_word

ROLES = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN})
TOLD, NO_ANSWER, WRONG_NUMBER = "told", "no_answer", "wrong_number"
RESULTS = (TOLD, NO_ANSWER, WRONG_NUMBER)
RATING = ("satisfaction", "solved", "comment")
CALLED, SHOWN = "call_back", "show_phone"
#: How long the number stays on the page of whoever asked for it.
STAYS = timedelta(minutes=30)
_MOST_ROWS = 200


@dataclass(frozen=True)
class CallBackList:
    """``due``: to be called now, who waits longest first; ``later``: tried, and again later."""

    due: tuple[tuple[CallBack, Case], ...]
    later: tuple[tuple[CallBack, Case], ...]


async def list_call_backs(session: AsyncSession, now: datetime) -> CallBackList:
    """What waits, at most 200 rows."""
    rows = await session.execute(
        select(CallBack, Case)
        .join(Case, Case.id == CallBack.case_id)
        .where(CallBack.state == "waiting")
        .order_by(CallBack.waits_since, CallBack.id)
        .limit(_MOST_ROWS)
    )
    pairs = [(row, case) for row, case in rows]
    return CallBackList(
        due=tuple(pair for pair in pairs if pair[0].next_at <= now),
        later=tuple(
            sorted((p for p in pairs if p[0].next_at > now), key=lambda pair: pair[0].next_at)
        ),
    )


async def read_call_back(session: AsyncSession, call_back_id: int) -> tuple[CallBack, Case]:
    """One of them with its case. Raises ``CaseNotFound``."""
    row = await session.get(CallBack, call_back_id)
    case = await session.get(Case, row.case_id) if row is not None else None
    if row is None or case is None:
        raise CaseNotFound("没有这条回电，可能已经删除。")
    return row, case


async def show_phone(
    session: AsyncSession, call_back_id: int, *, actor: Actor, now: datetime
) -> None:
    """Leave a line that says who looked at the number. Raises ``CaseNotFound``,
    ``PermissionDenied``."""
    _check(actor)
    _, case = await read_call_back(session, call_back_id)
    case = await lock_case(session, case.number)
    await _note(session, case, SHOWN, {}, actor=actor, now=now)


def showed_phone(history: Iterable[HistoryEntry], actor: Actor, now: datetime) -> bool:
    """Whether this person asked for the number a short while ago."""
    return any(
        entry.action == SHOWN and entry.actor_name == actor.name and now - entry.at <= STAYS
        for entry in history
    )


async def settle(
    session: AsyncSession,
    call_back_id: int,
    result: str,
    data: dict[str, Any],
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> Case:
    """Record what came of a call. ``data``: ``satisfaction``, ``solved`` and ``comment`` as the
    caller said them, with told; of a merged case the last two, which are kept with the one that
    answers. Raises ``CaseNotFound``, ``PermissionDenied``, ``InvalidData``,
    ``RuleBroken`` where somebody else was quicker, nobody answered a moment ago, or the rating is
    not allowed."""
    _check(actor)
    if result not in RESULTS:
        raise InvalidData("请选择：已告知、无人接听或号码错误。", field="result")
    _, case = await read_call_back(session, call_back_id)
    await hold_parent(session, case.number)
    case = await lock_case(session, case.number)
    row = await session.get(CallBack, call_back_id, populate_existing=True)
    if row is None or row.state != "waiting":
        raise RuleBroken("这条回电刚刚被别人处理过，请回到列表。")
    if result == NO_ANSWER and row.next_at > now:
        # A double press, or a call before it was worth one: it would use up the attempts.
        again = format_moment(town, row.next_at)
        raise RuleBroken(f"刚刚已记过一次未接通，请到 {again} 以后再打。")
    row.attempts += 1
    if result == NO_ANSWER:
        _put_off(row, town, now)
    else:
        row.state = result
    if row.state != "waiting":
        row.settled_at, row.settled_by = now, actor.name
    record = {"moment": row.moment, "result": result, "attempts": row.attempts}
    await _note(session, case, CALLED, record, actor=actor, now=now)
    if result == TOLD and case.state == State.MERGED:
        await _keep_word(session, case, data, actor=actor, now=now)
    elif result == TOLD and data.get("satisfaction"):
        if actor.role is not Role.AGENT:
            raise PermissionDenied("只有坐席能记录电话里的评价。")
        rating = {name: data[name] for name in RATING if data.get(name)}
        await perform(
            session, case, Action.RATE, rating, actor=actor, town=town, now=now, notify=False
        )
    return case


async def _keep_word(
    session: AsyncSession, case: Case, data: dict[str, Any], *, actor: Actor, now: datetime
) -> None:
    """The rating is the first reporter's of the case that answers; this word stands beside it."""
    solved, words = data.get("solved") or None, data.get("comment") or ""
    if not (solved or words.strip()):
        return
    if solved is not None and solved not in SOLVED:
        raise InvalidData("请选择解决了、部分解决或没有解决。", field="solved")
    answering = await answering_case(session, case)
    await record_merged_word(session, answering, case.number, solved, words, actor=actor, now=now)


def _put_off(row: CallBack, town: Town, now: datetime) -> None:
    rules = rules_of(town)
    if row.attempts >= rules["most_attempts"]:
        row.state = "unreached"
        return
    row.next_at = town.calendar.add_hours(now, rules["again_after_work_hours"])


def _check(actor: Actor) -> None:
    if actor.role not in ROLES:
        raise PermissionDenied("只有坐席、派单员和管理员能回电。")


async def _note(
    session: AsyncSession,
    case: Case,
    action: str,
    data: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    await append_history(
        session,
        case,
        action=action,
        from_state=case.state,
        actor=actor,
        data=data,
        citizen_text=None,
        now=now,
    )
