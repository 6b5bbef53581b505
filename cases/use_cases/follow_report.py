"""跟进这件: a report of what is a case already joins it instead of becoming another.

    await follow_case(session, number, draft, actor=…, town=…, now=…) -> Followed
    await follow_drafts(session, [(number, draft), …], …) -> [Case]     all of one call

Somebody who reported it before urges (催办): the unit is reminded, nobody is counted twice. Anybody
else becomes one more reporter and hears of every answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseNotFound, InvalidData, PermissionDenied, RuleBroken
from cases.history import append_history
from cases.lifecycle import HANDLING_STATES, OPEN_STATES, Action, Role, State
from cases.models import Case, CaseReporter, HistoryEntry
from cases.same_event.report import name_people
from cases.town import Town
from cases.use_cases.act import perform
from cases.use_cases.file_case import LONGEST_TEXT, CaseDraft
from cases.use_cases.reporters import add_reporter, is_reporter, list_reporters
from cases.use_cases.same_event import same_event_rules

#: The line in the history; no step of the lifecycle.
FOLLOWED = "follow"
ROLES = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN, Role.GRID, Role.BOT, Role.CITIZEN})
_MAY_BE_FOLLOWED = OPEN_STATES | {State.CLOSED, State.EVALUATED, State.ANSWERED, State.MERGED}
_LONGEST_NOTE = 400
_URGED = (Action.URGE.value, Action.NOTE.value)


@dataclass(frozen=True, slots=True)
class Followed:
    """``kind``: follower (one more person), urge (the same one again) or known (sent twice)."""

    case: Case
    kind: str
    reporters: int


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
    _check(draft, actor)
    asked = await _ask(session, number)
    held = await _hold_answering(session, [asked])
    return await _follow(session, asked, held[asked.id], draft, actor=actor, town=town, now=now)


async def follow_drafts(
    session: AsyncSession,
    drafts: Sequence[tuple[str, CaseDraft]],
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> list[Case]:
    """``follow_case`` for all drafts of one call, (number, draft) each. What several of them say
    of one case is joined: one report of one person. Raises what ``follow_case`` raises."""
    asked: dict[str, Case] = {}
    for number, draft in drafts:
        _check(draft, actor)
        asked[number] = await _ask(session, number)
    held = await _hold_answering(session, asked.values())
    said: dict[int, tuple[Case, CaseDraft]] = {}
    for number, draft in drafts:
        case = held[asked[number].id]
        first, spoken = said.get(case.id, (asked[number], None))
        joined = replace(spoken, text=f"{spoken.text}\n{draft.text}") if spoken else draft
        said[case.id] = (first, joined)
    followed = [
        await _follow(session, first, held[first.id], draft, actor=actor, town=town, now=now)
        for first, draft in said.values()
    ]
    return [one.case for one in followed]


def _check(draft: CaseDraft, actor: Actor) -> None:
    if actor.role not in ROLES:
        raise PermissionDenied("您的角色不能登记跟进人。")
    words = draft.text.strip()
    if not words:
        raise InvalidData("没有内容，请写明反映的问题。", field="text")
    if len(words) > LONGEST_TEXT:
        raise InvalidData(f"内容太长，请控制在 {LONGEST_TEXT} 字以内。", field="text")


async def _follow(
    session: AsyncSession,
    asked: Case,
    case: Case,
    draft: CaseDraft,
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> Followed:
    """``case`` is held and answers for ``asked``, whose follower this is: were the two split
    again, each would keep its own."""
    if State(case.state) not in _MAY_BE_FOLLOWED:
        raise RuleBroken("这件诉求已经结束，不能再跟进，请另立一件。")
    words = draft.text.strip()
    listed = await list_reporters(session, case)
    source = _source(draft)
    if source is not None and await _is_known(session, case, source):
        return Followed(case, "known", len(listed))
    known = is_reporter(name_people(draft.caller_phone, draft.contact_id), listed)
    if known is not None:
        await _urge(session, case, words, source, actor=actor, town=town, now=now)
        return Followed(case, "urge", len(listed))
    added = await add_reporter(
        session,
        asked,
        channel=draft.channel,
        words=words,
        actor=actor,
        now=now,
        contact_id=draft.contact_id,
        name=draft.caller_name,
        phone=draft.caller_phone,
        anonymous=draft.anonymous,
        source=source,
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


async def _ask(session: AsyncSession, number: str) -> Case:
    """The case that was named, as it stands now and not held."""
    found = await session.scalar(
        select(Case).where(Case.number == number).execution_options(populate_existing=True)
    )
    if found is None:
        raise CaseNotFound()
    return found


async def _hold_answering(session: AsyncSession, asked: Iterable[Case]) -> dict[int, Case]:
    """Whoever answers for each (by its id), locked by their ids: two calls that follow the same
    cases crosswise wait, none is broken off. Of two that belong together only that one is held."""
    answers = {case.id: _answering_id(case) for case in asked}
    rows = await session.scalars(
        select(Case)
        .where(Case.id.in_(set(answers.values())))
        .order_by(Case.id)
        # As every other writer of cases: a row that merely names the case need not wait.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    held = {case.id: case for case in rows}
    return {case_id: held[answer] for case_id, answer in answers.items()}


def _answering_id(case: Case) -> int:
    return case.parent_id if case.state == State.MERGED and case.parent_id is not None else case.id


async def _is_known(session: AsyncSession, case: Case, source: str) -> bool:
    """The very same report a second time: a button pressed twice, an order sent again."""
    added = select(CaseReporter.id).where(CaseReporter.source == source)
    urged = select(HistoryEntry.id).where(
        HistoryEntry.case_id == case.id,
        HistoryEntry.action.in_(_URGED),
        HistoryEntry.data["report_source"].as_string() == source,
    )
    return bool(await session.scalar(select(or_(added.exists(), urged.exists()))))


async def _urge(
    session: AsyncSession,
    case: Case,
    words: str,
    source: str | None,
    *,
    actor: Actor,
    town: Town,
    now: datetime,
) -> None:
    """The same person again: a reminder where a unit has it, otherwise a remark."""
    _flag(case, "repeat", True)
    wanted, text, who = Action.URGE, words[:_LONGEST_NOTE], Actor.bot()
    if State(case.state) not in HANDLING_STATES:
        wanted, text = Action.NOTE, f"再次来电：{text}"
        who = actor if actor.role is not Role.CITIZEN else who
    data = {"text": text}
    await perform(session, case, wanted, data, actor=who, town=town, now=now, source=source)


def _flag(case: Case, name: str, wanted: bool) -> None:
    if wanted and name not in case.flags:
        case.flags = [*case.flags, name]


def _source(draft: CaseDraft) -> str | None:
    if not draft.source_system or not draft.source_id:
        return None
    return f"{draft.source_system}:{draft.source_id}:{draft.source_index}"[:220]
