"""Labels people gave: what training reads, and what the desk's own decisions become.

    await training_rows(session) -> [StoredLabel]            every settled label
    await mark_held_out(session, keys, now) -> int           part of the frozen test set, for good
    await record_suspects(session, suspects, model_id, town, now)   (label_suspects)
    await gather_labels(database, now) -> int                in short transactions, beside traffic

A case that a person confirmed, corrected or handled to its end under its category is a label
(``predictions``, the ledger). What somebody labelled on purpose, here or in a file, is never
overwritten by it. A decision that was taken back takes its label back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.labels.keys import clean_text, text_key
from cases.labels.story import story_of
from cases.models import Case, LabelRoom, LabelText, LabelVote, PredictionEntry
from cases.storage.database import Database
from cases.use_cases.label_suspects import record_suspects as record_suspects
from cases.use_cases.label_texts import CASE, OPEN, new_text, put_texts
from cases.use_cases.label_texts import SETTLED as SETTLED

_BATCH = 100
#: A step that began earlier may be committed later: this much is read again.
_OVERLAP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """A row for training; the text holds nothing of a person. ``request_type`` and ``urgency``
    are empty where nobody said."""

    key: str
    text: str
    category: str
    request_type: str
    urgency: str
    group: str
    at: datetime
    source: str
    held_out: bool


async def training_rows(session: AsyncSession) -> list[StoredLabel]:
    """Oldest first."""
    rows = await session.execute(
        select(
            LabelText.key,
            LabelText.text,
            LabelText.category,
            LabelText.request_type,
            LabelText.urgency,
            LabelText.group,
            LabelText.at,
            LabelText.source,
            LabelText.held_out,
        )
        .where(LabelText.state == SETTLED)
        .order_by(LabelText.at, LabelText.key)
    )
    return [StoredLabel(*row) for row in rows]


async def mark_held_out(session: AsyncSession, keys: Iterable[str], now: datetime) -> int:
    """Only ever adds; returns how many are new. ``now`` is when it was decided."""
    wanted, marked = sorted(set(keys)), 0
    for start in range(0, len(wanted), _BATCH):
        some = wanted[start : start + _BATCH]
        result = await session.execute(
            update(LabelText)
            .where(LabelText.key.in_(some), LabelText.held_out.is_(False))
            .values(held_out=True, held_out_at=now)
            .returning(LabelText.id)
            .execution_options(synchronize_session=False)
        )
        marked += len(result.all())
    return marked


async def gather_labels(database: Database, now: datetime, *, pause: float = 0.0) -> int:
    """New or changed labels. Texts are masked outside any transaction; ``pause`` seconds of rest
    after each hundred leave the machine to others."""
    async with database.reading() as session:
        mark = await session.scalar(select(LabelRoom.gathered_until))
    place = (mark - _OVERLAP, 0) if mark else None
    # Where the mark is put back meanwhile, this run goes on and leaves it to the next one.
    changed, notes = 0, True
    while True:
        async with database.reading() as session:
            batch = await _read_batch(session, place)
        if not batch:
            break
        texts = await asyncio.to_thread(_clean, batch)
        async with database.transaction() as session:
            changed += await _store_batch(session, batch, texts, now)
            until = batch[-1].final_at
            notes = notes and await _note(session, mark, until)
        mark, place = until, (until, batch[-1].id)
        await asyncio.sleep(pause)
    async with database.transaction() as session:
        return changed + await _take_back(session)


async def _note(session: AsyncSession, mark: datetime | None, until: datetime) -> bool:
    """How far the ledger is read. ``False``: the mark is no longer where this run had seen it."""
    moved = await session.scalar(
        update(LabelRoom)
        .where(LabelRoom.gathered_until.is_not_distinct_from(mark))
        .values(gathered_until=until)
        .returning(LabelRoom.id)
        .execution_options(synchronize_session=False)
    )
    return moved is not None


async def _read_batch(
    session: AsyncSession, place: tuple[datetime, int] | None
) -> Sequence[Row[Any]]:
    parent = Case.__table__.alias("parent")
    query = (
        select(
            PredictionEntry.id,
            PredictionEntry.case_id,
            PredictionEntry.tag,
            PredictionEntry.final_category,
            PredictionEntry.final_request_type,
            PredictionEntry.final_urgency,
            PredictionEntry.final_by,
            PredictionEntry.final_at,
            PredictionEntry.how,
            Case.text,
            Case.submitted_at,
            Case.parent_id,
            Case.source_system,
            Case.source_id,
            parent.c.source_system.label("parent_system"),
            parent.c.source_id.label("parent_source"),
        )
        .join(Case, Case.id == PredictionEntry.case_id)
        .outerjoin(parent, parent.c.id == Case.parent_id)
        .where(PredictionEntry.final_at.is_not(None), PredictionEntry.final_category.is_not(None))
        .order_by(PredictionEntry.final_at, PredictionEntry.id)
        .limit(_BATCH)
    )
    if place is not None:
        at, last = place
        query = query.where(
            or_(
                PredictionEntry.final_at > at,
                and_(PredictionEntry.final_at == at, PredictionEntry.id > last),
            )
        )
    return (await session.execute(query)).all()


def _clean(batch: Sequence[Row[Any]]) -> list[str]:
    return [clean_text(row.text) for row in batch]


async def _store_batch(
    session: AsyncSession, batch: Sequence[Row[Any]], texts: Sequence[str], now: datetime
) -> int:
    keys = [text_key(text) for text in texts]
    rows = [row for row in zip(batch, texts, keys, strict=True) if row[1]]
    fresh = [
        new_text(
            key, text, case_id=row.case_id, story=_story(row), at=row.submitted_at, now=now,
            tag=row.tag,
        )
        for row, text, key in rows
    ]  # fmt: skip
    await put_texts(session, fresh)
    found = await session.scalars(
        select(LabelText).where(LabelText.key.in_(keys)).with_for_update()
    )
    known = {row.key: row for row in found}
    voted = set(
        await session.scalars(
            select(LabelVote.text_id).where(LabelVote.text_id.in_([r.id for r in known.values()]))
        )
    )
    changed, stands = 0, await _unchanged(session, batch)
    for row, _, key in rows:
        if row.id in stands and _may_settle(known[key], row, voted):
            changed += _settle_from(known[key], row)
    await session.flush()
    return changed


async def _unchanged(session: AsyncSession, batch: Sequence[Row[Any]]) -> set[int]:
    """Those that say what they said when they were read: a label may be taken back meanwhile."""
    found = await session.execute(
        select(
            PredictionEntry.id,
            PredictionEntry.final_at,
            PredictionEntry.how,
            PredictionEntry.final_category,
        ).where(PredictionEntry.id.in_([row.id for row in batch]))
    )
    read = {(row.id, row.final_at, row.how, row.final_category) for row in batch}
    return {row.id for row in found if tuple(row) in read}


def _story(row: Row[Any]) -> str:
    if row.parent_id:
        return story_of(row.parent_id, row.parent_system, row.parent_source)
    return story_of(row.case_id, row.source_system, row.source_id)


def _may_settle(label: LabelText, row: Row[Any], voted: set[int]) -> bool:
    if label.state == OPEN:
        return label.id not in voted
    if label.state != SETTLED or label.source != CASE:
        return False
    # Of two cases decided at one moment always the same one counts, however often both are read.
    stands = (label.settled_at, label.case_id or 0) if label.settled_at else None
    return stands is None or stands <= (row.final_at, row.case_id)


def _settle_from(label: LabelText, row: Row[Any]) -> bool:
    """``False``: it says so already. Of several cases with these words the text belongs to the
    one whose decision it carries: with that decision the label is taken back."""
    values = {
        "case_id": row.case_id,
        "category": row.final_category,
        "request_type": row.final_request_type or "",
        "urgency": row.final_urgency or "",
        "how": (row.how or "")[:12],
        "settled_by": row.final_by or "",
        "settled_at": row.final_at,
        "state": SETTLED,
        "source": CASE,
        "rank": None,
    }
    if all(getattr(label, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(label, name, value)
    return True


async def _take_back(session: AsyncSession) -> int:
    """A unit returned the case after all: nobody knows its category until somebody says so."""
    undecided = (
        select(LabelText.id)
        .join(PredictionEntry, PredictionEntry.case_id == LabelText.case_id)
        .group_by(LabelText.id)
        .where(LabelText.state == SETTLED, LabelText.source == CASE)
        .having(func.count(PredictionEntry.final_category) == 0)
    )
    ids = list(await session.scalars(undecided))
    for start in range(0, len(ids), _BATCH):
        await session.execute(
            update(LabelText)
            .where(LabelText.id.in_(ids[start : start + _BATCH]))
            .values(
                state=OPEN,
                misrouted=True,
                settled_at=None,
                how="",
                settled_by="",
                category="",
                request_type="",
                urgency="",
            )
            .execution_options(synchronize_session=False)
        )
    return len(ids)
