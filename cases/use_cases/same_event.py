"""Already reported? The open and lately closed cases that may be the same event as a report.

    await find_similar(session, report, town=…, now=…) -> [Similar]      best first
    await write_keys(session, case)                  in the transaction that files or changes a case
    await renew_index(database, town, now) -> int    missing keys written, old ones taken out

Looking is two statements whatever the number of cases: the newest few under each key, then the
cases behind the likeliest of them. Only these are judged.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, bindparam, delete, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cases.lifecycle import OPEN_STATES, State
from cases.models import Case, CaseKey, CasePrint
from cases.same_event import Answer, Report, Verdict, edition, judge, keys_of, lookup_keys
from cases.same_event.report import report_of
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.reporters import count_reporters

#: Closed, but its reporter may still say that nothing is settled.
_SETTLED = frozenset({State.CLOSED, State.EVALUATED, State.ANSWERED, State.ARCHIVED})
_FOUND = OPEN_STATES | _SETTLED
_DEFAULTS: dict[str, Any] = {
    "closed_days": 15,
    "newest_per_key": 40,
    "judged": 24,
    "shown": 3,
    "group_from": 5,
}
_BATCH = 200
#: What judging needs, and no more: two dozen whole cases take longer to build than to judge.
_WORDS = select(
    Case.id,
    Case.state,
    Case.parent_id,
    Case.updated_at,
    Case.submitted_at,
    Case.text,
    Case.place_text,
    Case.category,
    Case.latitude,
    Case.longitude,
    Case.place_code,
    Case.place_grid,
    Case.caller_phone,
    Case.contact_id,
)
_KEYS = CaseKey.metadata.tables["case_keys"]


@dataclass(frozen=True, slots=True)
class Similar:
    """A case that may be the same event; ``reporters`` counts everybody who reported it."""

    case: Case
    verdict: Verdict
    reporters: int = 1

    @property
    def same_person(self) -> bool:
        """The same citizen again: 催办, not one more who reports it."""
        return self.verdict.same_person


def same_event_rules(town: Town) -> dict[str, Any]:
    """``[same_event]`` of the policy; a town without it gets the defaults."""
    return {**_DEFAULTS, **town.policy.get("same_event", {})}


async def find_similar(
    session: AsyncSession,
    report: Report,
    *,
    town: Town,
    now: datetime,
    besides: int | None = None,
    shown: int | None = None,
) -> list[Similar]:
    """At most ``shown`` cases that are, or may be, the same event; never one that is surely
    another. ``besides`` is a case's own id. What was merged answers as the case it was merged
    into."""
    rules = same_event_rules(town)
    ids = await _likeliest(session, report, rules, besides)
    found: dict[int, Verdict] = {}
    for head, words in await _load(session, ids, now - timedelta(days=rules["closed_days"])):
        verdict = judge(report, report_of(words))
        if head == besides or verdict.answer is Answer.DIFFERENT:
            continue
        if head not in found or _rank(verdict) > _rank(found[head]):
            found[head] = verdict
    best = sorted((head for head in found), key=lambda head: _rank(found[head]), reverse=True)
    best = [head for head in best if _worth_showing(found[head])][: shown or rules["shown"]]
    if not best:
        return []
    cases = {c.id: c for c in await session.scalars(select(Case).where(Case.id.in_(best)))}
    counts = await count_reporters(session, best)
    return [Similar(cases[head], found[head], counts[head]) for head in best]


async def write_first_keys(session: AsyncSession, case: Case) -> None:
    """For a case that was just written: two inserts, nothing looked up."""
    await _insert_keys(session, {case.id: keys_of(report_of(case))})


async def write_keys(session: AsyncSession, case: Case) -> None:
    """Make a case findable by what it says now."""
    await forget_keys(session, [case.id])
    await write_first_keys(session, case)


async def _insert_keys(session: AsyncSession, keys: Mapping[int, tuple[int, ...]]) -> None:
    rows = [{"key": key, "case_id": case_id} for case_id, found in keys.items() for key in found]
    if rows:
        await session.execute(insert(_KEYS), sorted(rows, key=lambda row: row["key"]))
    prints = [
        {"case_id": case_id, "edition": edition(), "keys": list(found)}
        for case_id, found in keys.items()
    ]
    if prints:
        await session.execute(insert(CasePrint), prints)


async def forget_keys(session: AsyncSession, case_ids: Iterable[int]) -> int:
    """Take cases out of the index; returns how many were in it."""
    prints = list(
        await session.scalars(select(CasePrint).where(CasePrint.case_id.in_(list(case_ids))))
    )
    gone = [{"k": key, "c": row.case_id} for row in prints for key in row.keys]
    if gone:
        await session.execute(
            delete(_KEYS).where(_KEYS.c.key == bindparam("k"), _KEYS.c.case_id == bindparam("c")),
            gone,
        )
    if prints:
        await session.execute(
            delete(CasePrint).where(CasePrint.case_id.in_([row.case_id for row in prints])),
            execution_options={"synchronize_session": False},
        )
    for row in prints:
        session.expunge(row)
    return len(prints)


async def renew_index(database: Database, town: Town, now: datetime) -> int:
    """Write what is missing or was made by older lists, take out what closed long ago. In small
    transactions, so that nobody who files waits; returns how many cases were touched."""
    before = now - timedelta(days=same_event_rules(town)["closed_days"])
    touched = 0
    while count := await _write_missing(database, before):
        touched += count
    while True:
        async with database.transaction() as session:
            old = list(await session.scalars(_outdated(before)))
            touched += await forget_keys(session, old)
        if len(old) < _BATCH:
            return touched


async def _write_missing(database: Database, before: datetime) -> int:
    """One batch: read outside the transaction, which only writes what is still missing then."""
    async with database.reading() as session:
        cases = list(await session.scalars(_unwritten(before)))
    if not cases:
        return 0
    reports = {case.id: report_of(case) for case in cases}
    keys = await asyncio.to_thread(lambda: {i: keys_of(report) for i, report in reports.items()})
    async with database.transaction() as session:
        current = set(
            await session.scalars(
                select(CasePrint.case_id).where(
                    CasePrint.case_id.in_(list(keys)), CasePrint.edition == edition()
                )
            )
        )
        await forget_keys(session, keys.keys() - current)
        await _insert_keys(session, {i: found for i, found in keys.items() if i not in current})
    return len(cases)


def _unwritten(before: datetime) -> Any:
    return (
        select(Case)
        .outerjoin(CasePrint, CasePrint.case_id == Case.id)
        .where(
            or_(CasePrint.case_id.is_(None), CasePrint.edition != edition()),
            _is_found(before),
        )
        .order_by(Case.id.desc())
        .limit(_BATCH)
    )


def _outdated(before: datetime) -> Any:
    return (
        select(CasePrint.case_id)
        .join(Case, Case.id == CasePrint.case_id)
        .where(~_is_found(before))
        .limit(_BATCH)
    )


def _is_found(before: datetime) -> Any:
    """Open, merged (it answers as another) or closed a short while ago."""
    open_states = [state.value for state in OPEN_STATES | {State.MERGED}]
    settled = [state.value for state in _SETTLED]
    return or_(Case.state.in_(open_states), Case.state.in_(settled) & (Case.updated_at >= before))


async def _likeliest(
    session: AsyncSession, report: Report, rules: Mapping[str, Any], besides: int | None
) -> list[int]:
    """Cases that share the most, a key that few share counting more."""
    keys = lookup_keys(report)
    if not keys:
        return []
    values: dict[str, int] = {f"k{i}": key for i, key in enumerate(keys)}
    rows = await session.execute(
        _lookup(len(keys)), {**values, "newest": int(rules["newest_per_key"])}
    )
    sharers: dict[int, list[int]] = {}
    for key, case_id in rows:
        sharers.setdefault(key, []).append(case_id)
    weight: Counter[int] = Counter()
    for case_ids in sharers.values():
        for case_id in case_ids:
            weight[case_id] += 1.0 / len(case_ids)  # type: ignore[assignment]
    if besides is not None:
        weight.pop(besides, None)
    return [case_id for case_id, _ in weight.most_common(int(rules["judged"]))]


@lru_cache
def _lookup(count: int) -> TextClause:
    """The newest rows under each of ``count`` keys: each part reads the index and stops."""
    part = (
        "SELECT * FROM (SELECT key, case_id FROM case_keys WHERE key = :k{i} "
        "ORDER BY case_id DESC LIMIT :newest) AS p{i}"
    )
    return text(" UNION ALL ".join(part.format(i=i) for i in range(count)))


async def _load(session: AsyncSession, ids: list[int], before: datetime) -> list[tuple[int, Any]]:
    """(the case that answers, the words that were found), of those that still count."""
    if not ids:
        return []
    words = list(await session.execute(_WORDS.where(Case.id.in_(ids))))
    heads = {row.id: row for row in words}
    missing = {row.parent_id for row in words if row.state == State.MERGED} - heads.keys()
    if missing:
        rows = await session.execute(_WORDS.where(Case.id.in_([i for i in missing if i])))
        heads |= {row.id: row for row in rows}
    pairs = []
    for row in words:
        head = heads.get(row.parent_id or 0) if row.state == State.MERGED else row
        if head is not None and _counts(head, before):
            pairs.append((head.id, row))
    return pairs


def _counts(case: Any, before: datetime) -> bool:
    state = State(case.state)
    return state in OPEN_STATES or (state in _SETTLED and case.updated_at >= before)


def _rank(verdict: Verdict) -> tuple[bool, bool, float]:
    return verdict.answer is Answer.SAME, verdict.same_person, verdict.score


def _worth_showing(verdict: Verdict) -> bool:
    """An agent reads three lines, not thirty: unsure ones only where much speaks for them."""
    return verdict.answer is Answer.SAME or verdict.score >= 0.45
