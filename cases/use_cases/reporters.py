"""Everybody who reported one event, and what each of them says of the answer.

    await list_reporters(session, case) -> [Reporter]        the first, the followers, the merged
    await count_reporters(session, case_ids) -> {id: n}
    await add_reporter(session, case, …) -> CaseReporter | None     None: is there already
    await record_word(session, number, reporter_id, solved, words, actor=…, now=…) -> Case
    await record_own_word(session, case, contact_id, solved, actor=…, now=…)      from their chat
    await record_merged_word(session, case, own_number, solved, words, …)      of a merged case
    await find_followed_case(session, case_id, contact_id) -> Case | None
    await forget_reporter(session, contact_id)

The first reporter stands in the case itself: their rating closes the evaluation. A follower's word
is kept beside it and shown; "没解决" puts the case among those whose citizens want a call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseNotFound, InvalidData, PermissionDenied
from cases.history import append_history
from cases.lifecycle import Role, State
from cases.models import Case, CaseReporter, Contact
from cases.same_event.report import name_people
from cases.storage.insert import insert_or_ignore

#: The line in the history: no step of the lifecycle.
SAID = "follower_word"
SOLVED = ("yes", "partly", "no")
_DESK = frozenset({Role.AGENT, Role.DISPATCHER, Role.ADMIN, Role.BOT})
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Reporter:
    """One person to be told. ``own_number`` is the number that they know; ``kind``: first,
    follower, or merged (of a case that was merged into this one). ``id`` is None where the person
    stands in a case itself."""

    id: int | None
    case_id: int
    own_number: str
    kind: str
    contact_id: int | None
    name: str | None
    phone: str | None
    channel: str
    language: str
    anonymous: bool
    words: str
    at: datetime
    solved: str | None = None
    solved_words: str | None = None


async def list_reporters(session: AsyncSession, case: Case) -> list[Reporter]:
    """Everybody, the first one first; those of merged cases behind the followers."""
    children = await session.scalars(
        select(Case)
        .where(Case.parent_id == case.id, Case.state == State.MERGED.value)
        .order_by(Case.id)
    )
    members = [case, *children]
    rows = await session.scalars(
        select(CaseReporter)
        .where(CaseReporter.case_id.in_([member.id for member in members]))
        .order_by(CaseReporter.id)
    )
    followers: dict[int, list[CaseReporter]] = {}
    for row in rows:
        followers.setdefault(row.case_id, []).append(row)
    contacts = [m.contact_id for m in members] + [
        row.contact_id for found in followers.values() for row in found
    ]
    languages = await _languages(session, {c for c in contacts if c is not None})
    listed: list[Reporter] = []
    for member in members:
        own = member.id == case.id
        listed.append(_first(member, "first" if own else "merged", languages))
        for row in followers.get(member.id, ()):
            listed.append(_follower(row, member, "follower" if own else "merged", languages))
    return listed


async def count_reporters(session: AsyncSession, case_ids: Iterable[int]) -> Counter[int]:
    """How many reported each case, those of merged cases included."""
    ids = list(case_ids)
    counts: Counter[int] = Counter(dict.fromkeys(ids, 1))
    if not ids:
        return counts
    children = await session.execute(
        select(Case.id, Case.parent_id).where(
            Case.parent_id.in_(ids), Case.state == State.MERGED.value
        )
    )
    head = {child: parent for child, parent in children if parent is not None}
    for parent in head.values():
        counts[parent] += 1
    rows = await session.execute(
        select(CaseReporter.case_id, func.count())
        .where(CaseReporter.case_id.in_([*ids, *head]))
        .group_by(CaseReporter.case_id)
    )
    for case_id, count in rows:
        counts[head.get(case_id, case_id)] += count
    return counts


def is_reporter(people: frozenset[str], listed: Iterable[Reporter]) -> Reporter | None:
    """The entry of somebody who reported this before, by number or chat."""
    for reporter in listed:
        if people & name_people(reporter.phone, reporter.contact_id):
            return reporter
    return None


async def add_reporter(
    session: AsyncSession,
    case: Case,
    *,
    channel: str,
    words: str,
    actor: Actor,
    now: datetime,
    contact_id: int | None = None,
    name: str | None = None,
    phone: str | None = None,
    anonymous: bool = False,
    source: str | None = None,
) -> bool:
    """One more who reported it. ``False`` where this very report (``source``) was added before."""
    return await insert_or_ignore(
        session,
        CaseReporter,
        case_id=case.id,
        contact_id=contact_id,
        name=name,
        phone=phone,
        anonymous=anonymous,
        channel=channel,
        words=words[:_LONGEST],
        source=source,
        at=now,
        added_by=actor.name,
    )


async def record_word(
    session: AsyncSession,
    case: Case,
    reporter_id: int,
    solved: str | None,
    words: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """What a follower says of the answer; ``solved`` is None where they gave words and no verdict.
    ``case`` is held by this transaction. Raises ``InvalidData``, ``PermissionDenied``,
    ``CaseNotFound`` (no such follower of this case)."""
    if actor.role not in _DESK:
        raise PermissionDenied("只有坐席、派单员和管理员能登记跟进人的意见。")
    if solved is not None and solved not in SOLVED:
        raise InvalidData("请选择解决了、部分解决或没有解决。", field="solved")
    row = await session.get(CaseReporter, reporter_id)
    if row is None or row.case_id not in await _members(session, case):
        raise CaseNotFound("没有这位跟进人，请刷新后再试。")
    row.solved, row.solved_at = solved or row.solved, now
    row.solved_words = words.strip()[:_LONGEST] or None
    await _note_word(session, case, solved, row.solved_words, actor, now)


async def record_own_word(
    session: AsyncSession,
    case: Case,
    contact_id: int,
    solved: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """The same by a button of the chat, also from whoever first reported a merged case. ``case`` is
    the one that answers, held by this transaction. Raises ``InvalidData``, ``CaseNotFound``."""
    if solved not in SOLVED:
        raise InvalidData("请选择解决了、部分解决或没有解决。", field="solved")
    row = await session.scalar(
        select(CaseReporter)
        .where(
            CaseReporter.contact_id == contact_id,
            CaseReporter.case_id.in_(await _members(session, case)),
        )
        .order_by(CaseReporter.id.desc())
        .limit(1)
    )
    if row is not None:
        row.solved, row.solved_at = solved, now
        await _note_word(session, case, solved, None, actor, now)
        return
    own = await session.scalar(
        select(Case.number).where(
            Case.parent_id == case.id,
            Case.state == State.MERGED.value,
            Case.contact_id == contact_id,
        )
    )
    if own is None:
        raise CaseNotFound("没有这位跟进人，请刷新后再试。")
    await record_merged_word(session, case, own, solved, "", actor=actor, now=now)


async def record_merged_word(
    session: AsyncSession,
    case: Case,
    own_number: str,
    solved: str | None,
    words: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """What the first reporter of a case that was merged into ``case`` says of the answer; they have
    no row of their own, so the line names their number. ``case`` is held by this transaction."""
    words = words.strip()[:_LONGEST]
    said = f"编号 {own_number}" + (f"：{words}" if words else "")
    await _note_word(session, case, solved, said, actor, now)


async def find_followed_case(session: AsyncSession, case_id: int, contact_id: int) -> Case | None:
    """The case that answers for ``case_id``, if this chat reported it without being its first."""
    known = await session.get(Case, case_id)
    if known is None:
        return None
    merged = known.state == State.MERGED.value and known.parent_id is not None
    answering = await session.get(Case, known.parent_id) if merged else known
    if merged and known.contact_id == contact_id:
        return answering
    row = await session.scalar(
        select(CaseReporter.id)
        .where(CaseReporter.case_id == known.id, CaseReporter.contact_id == contact_id)
        .limit(1)
    )
    return answering if row is not None else None


async def _note_word(
    session: AsyncSession,
    case: Case,
    solved: str | None,
    words: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    if solved == "no":
        case.wants_person = True
    await append_history(
        session,
        case,
        action=SAID,
        from_state=case.state,
        actor=actor,
        data={**({"solved": solved} if solved else {}), **({"text": words} if words else {})},
        citizen_text=None,
        now=now,
    )


async def forget_reporter(session: AsyncSession, contact_id: int) -> None:
    """The report stays, the person goes."""
    await session.execute(
        update(CaseReporter)
        .where(CaseReporter.contact_id == contact_id)
        .values(contact_id=None, name=None, phone=None, anonymous=True)
        .execution_options(synchronize_session=False)
    )


async def _members(session: AsyncSession, case: Case) -> set[int]:
    ids = await session.scalars(
        select(Case.id).where(or_(Case.id == case.id, Case.parent_id == case.id))
    )
    return set(ids)


async def _languages(session: AsyncSession, contacts: set[int]) -> dict[int, str]:
    if not contacts:
        return {}
    rows = await session.execute(
        select(Contact.id, Contact.language).where(Contact.id.in_(contacts))
    )
    return {row.id: row.language for row in rows}


def _first(case: Case, kind: str, languages: dict[int, str]) -> Reporter:
    return Reporter(
        id=None,
        case_id=case.id,
        own_number=case.number,
        kind=kind,
        contact_id=case.contact_id,
        name=case.caller_name,
        phone=case.caller_phone,
        channel=case.channel,
        language=languages.get(case.contact_id or 0, "zh"),
        anonymous=case.anonymous,
        words=case.text,
        at=case.submitted_at,
    )


def _follower(row: CaseReporter, case: Case, kind: str, languages: dict[int, str]) -> Reporter:
    return Reporter(
        id=row.id,
        case_id=case.id,
        own_number=case.number,
        kind=kind,
        contact_id=row.contact_id,
        name=row.name,
        phone=row.phone,
        channel=row.channel,
        language=languages.get(row.contact_id or 0, "zh"),
        anonymous=row.anonymous,
        words=row.words,
        at=row.at,
        solved=row.solved,
        solved_words=row.solved_words,
    )
