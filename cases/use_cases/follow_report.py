"""跟进这件: a report of what is a case already joins it instead of becoming another.

    await follow_draft(session, number, draft, actor=…, town=…, now=…) -> Case
    await follow_case(session, number, draft, …) -> Followed      also how it was understood

Somebody who reported it before urges (催办): the unit is reminded, nobody is counted twice. Anybody
else becomes one more reporter and hears of every answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import InvalidData, PermissionDenied, RuleBroken
from cases.history import append_history
from cases.lifecycle import HANDLING_STATES, OPEN_STATES, Action, Role, State
from cases.models import Case, CaseReporter
from cases.same_event.report import name_people
from cases.town import Town
from cases.use_cases.act import lock_case, perform
from cases.use_cases.file_case import LONGEST_TEXT, CaseDraft
from cases.use_cases.reporters import add_reporter, is_reporter, list_reporters
from cases.use_cases.same_event import same_event_rules

#: The line in the history; no step of the lifecycle.
FOLLOWED = "follow"
ROLES = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN, Role.GRID, Role.BOT, Role.CITIZEN})
_MAY_BE_FOLLOWED = OPEN_STATES | {State.CLOSED, State.EVALUATED, State.ANSWERED, State.MERGED}
_LONGEST_NOTE = 400
_TWICE_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Followed:
    """``kind``: follower (one more person), urge (the same one again) or known (sent twice)."""

    case: Case
    kind: str
    reporters: int


async def follow_draft(
    session: AsyncSession,
    number: str,
    draft: CaseDraft,
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> Case:
    """``follow_case`` for those who only need the case."""
    followed = await follow_case(session, number, draft, actor=actor, town=town, now=now)
    return followed.case


async def follow_case(
    session: AsyncSession,
    number: str,
    draft: CaseDraft,
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> Followed:
    """Attach whoever speaks in ``draft`` to the case. Of a merged case, to the one that answers
    for it. Raises ``CaseNotFound``, ``PermissionDenied``, ``InvalidData``, ``RuleBroken``."""
    if actor.role not in ROLES:
        raise PermissionDenied("您的角色不能登记跟进人。")
    words = draft.text.strip()
    if not words:
        raise InvalidData("没有内容，请写明反映的问题。", field="text")
    if len(words) > LONGEST_TEXT:
        raise InvalidData(f"内容太长，请控制在 {LONGEST_TEXT} 字以内。", field="text")
    case = await _hold(session, number)
    listed = await list_reporters(session, case)
    if await _is_known(session, case, draft, now):
        return Followed(case, "known", len(listed))
    known = is_reporter(name_people(draft.caller_phone, draft.contact_id), listed)
    if known is not None:
        await _urge(session, case, words, actor=actor, town=town, now=now)
        return Followed(case, "urge", len(listed))
    added = await add_reporter(
        session,
        case,
        channel=draft.channel,
        words=words,
        actor=actor,
        now=now,
        contact_id=draft.contact_id,
        name=draft.caller_name,
        phone=draft.caller_phone,
        anonymous=draft.anonymous,
        source=_source(draft),
    )
    if not added:
        return Followed(case, "known", len(listed))
    count = len(listed) + 1
    _flag(case, "group", count >= same_event_rules(town)["group_from"])
    case.version += 1
    case.updated_at = now
    await append_history(
        session,
        case,
        action=FOLLOWED,
        from_state=case.state,
        actor=actor,
        data={"via": draft.channel, "reporters": count},
        citizen_text=None,
        now=now,
    )
    return Followed(case, "follower", count)


async def _hold(session: AsyncSession, number: str) -> Case:
    """The case that answers, locked; of two that belong together only ever that one is held."""
    for _ in range(2):
        found = await session.scalar(select(Case).where(Case.number == number))
        if found is not None and found.state == State.MERGED and found.parent_id is not None:
            parent = await session.get(Case, found.parent_id)
            number = parent.number if parent is not None else number
    case = await lock_case(session, number)
    if State(case.state) not in _MAY_BE_FOLLOWED:
        raise RuleBroken("这件诉求已经结束，不能再跟进，请另立一件。")
    return case


async def _is_known(session: AsyncSession, case: Case, draft: CaseDraft, now: datetime) -> bool:
    """The very same report a second time: a button pressed twice, an order sent again."""
    source = _source(draft)
    if source is None:
        return False
    there = await session.scalar(select(CaseReporter.id).where(CaseReporter.source == source))
    return there is not None or ("repeat" in case.flags and now - case.updated_at <= _TWICE_WITHIN)


async def _urge(
    session: AsyncSession, case: Case, words: str, *, actor: Actor, town: Town, now: datetime
) -> None:
    """The same person again: a reminder where a unit has it, otherwise a remark."""
    _flag(case, "repeat", True)
    if State(case.state) in HANDLING_STATES:
        data = {"text": words[:_LONGEST_NOTE]}
        await perform(session, case, Action.URGE, data, actor=Actor.bot(), town=town, now=now)
        return
    note = {"text": f"再次来电：{words[:_LONGEST_NOTE]}"}
    who = actor if actor.role is not Role.CITIZEN else Actor.bot()
    await perform(session, case, Action.NOTE, note, actor=who, town=town, now=now)


def _flag(case: Case, name: str, wanted: bool) -> None:
    if wanted and name not in case.flags:
        case.flags = [*case.flags, name]


def _source(draft: CaseDraft) -> str | None:
    if not draft.source_system or not draft.source_id:
        return None
    return f"{draft.source_system}:{draft.source_id}:{draft.source_index}"[:220]
