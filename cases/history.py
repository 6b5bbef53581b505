"""The history of a case: appended, never edited, each line chained to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.models import Case, HistoryEntry

_GENESIS = "0" * 64
_LAST = "last history line"


async def append_history(
    session: AsyncSession,
    case: Case,
    *,
    action: str,
    from_state: str | None,
    actor: Actor,
    data: dict[str, Any],
    citizen_text: str | None,
    now: datetime,
) -> HistoryEntry:
    """Write the next line. ``data`` must be plain JSON values."""
    seq, previous = await _last_line(session, case.id)
    entry = HistoryEntry(
        case_id=case.id,
        seq=seq + 1,
        at=now,
        action=action,
        from_state=from_state,
        to_state=case.state,
        actor_role=actor.role.value,
        actor_name=actor.name,
        unit_code=actor.unit_code,
        data=data,
        citizen_text=citizen_text,
        previous_hash=previous,
        hash="",
    )
    entry.hash = hash_entry(entry)
    session.add(entry)
    await session.flush()
    session.info[_LAST, case.id] = (entry.seq, entry.hash)
    return entry


def begin_history(session: AsyncSession, case: Case) -> None:
    """A case that was just written has no line yet: no need to look for one."""
    session.info[_LAST, case.id] = (0, _GENESIS)


async def _last_line(session: AsyncSession, case_id: int) -> tuple[int, str]:
    """(seq, hash) of the last line. This transaction holds the case, so what it wrote itself
    is still the last."""
    known: tuple[int, str] | None = session.info.get((_LAST, case_id))
    if known is not None:
        return known
    row = (
        await session.execute(
            select(HistoryEntry.seq, HistoryEntry.hash)
            .where(HistoryEntry.case_id == case_id)
            .order_by(HistoryEntry.seq.desc())
            .limit(1)
        )
    ).first()
    return (row.seq, row.hash) if row else (0, _GENESIS)


def hash_entry(entry: HistoryEntry) -> str:
    """SHA-256 over everything the line says and the hash before it."""
    content = [
        entry.previous_hash,
        entry.case_id,
        entry.seq,
        entry.at.timestamp(),
        entry.action,
        entry.from_state,
        str(entry.to_state),
        entry.actor_role,
        entry.actor_name,
        entry.unit_code,
        entry.data,
        entry.citizen_text,
    ]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


async def read_history(session: AsyncSession, case_id: int) -> list[HistoryEntry]:
    """Every line of one case, oldest first."""
    return list(
        await session.scalars(
            select(HistoryEntry).where(HistoryEntry.case_id == case_id).order_by(HistoryEntry.seq)
        )
    )


async def verify_history(session: AsyncSession) -> AsyncIterator[tuple[int, int]]:
    """Yield (case id, seq) of every line that is not as it was written, or is missing."""
    previous, case_id, seq = _GENESIS, None, 0
    rows = await session.stream_scalars(
        select(HistoryEntry)
        .order_by(HistoryEntry.case_id, HistoryEntry.seq)
        .execution_options(yield_per=500)
    )
    async for entry in rows:
        if entry.case_id != case_id:
            previous, case_id, seq = _GENESIS, entry.case_id, 0
        seq += 1
        if entry.seq != seq or entry.previous_hash != previous or entry.hash != hash_entry(entry):
            yield entry.case_id, entry.seq
            seq = entry.seq
        previous = entry.hash
