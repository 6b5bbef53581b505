"""Cases out of and into files: everything that a case holds, and what happened to it.

    await export_cases(database, write) -> int          write(row) is called once for each case
    await import_case(session, row) -> bool             False: the number was there already
    await link_parents(session, parents) -> int         after all rows: {number: its parent's}
    mask_row(row) -> row                                for a file that leaves the house

A row has every column of the case (times in ISO 8601, the parent by its number) and ``history``,
``predictions`` and ``coop_units``. What ties it to a chat is left out on purpose: a file that is
mailed around must not let anybody write to a citizen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.case_number import parse_number
from cases.errors import InvalidData
from cases.history import hash_entry
from cases.lifecycle import State
from cases.models import Base, Case, CaseUnit, HistoryEntry, PredictionEntry
from cases.personal_data import mask_name, mask_part, mask_phone, mask_text
from cases.storage.database import Database
from cases.storage.types import UtcDateTime

Row = dict[str, Any]
BATCH = 200
# Numbers of this database's own rows mean nothing elsewhere.
LEFT_OUT = frozenset(
    {"id", "contact_id", "parent_id", "case_id", "previous_hash", "hash", "caller_key"}
)
CASE_COLUMNS = tuple(c.name for c in Case.__table__.columns if c.name not in LEFT_OUT)
ATTACHED: dict[str, type[Base]] = {
    "history": HistoryEntry,
    "predictions": PredictionEntry,
    "coop_units": CaseUnit,
}
COLUMNS = (*CASE_COLUMNS, "parent", *ATTACHED)


async def export_cases(database: Database, write: Callable[[Row], None]) -> int:
    """Every case in the order of filing, a batch at a time."""
    last, written = 0, 0
    while True:
        async with database.reading() as session:
            query = select(Case).where(Case.id > last).order_by(Case.id).limit(BATCH)
            batch = list(await session.scalars(query))
            rows = await _rows_of(session, batch)
        for row in rows:
            write(row)
        if not batch:
            return written
        last, written = batch[-1].id, written + len(batch)


async def _rows_of(session: AsyncSession, batch: Sequence[Case]) -> list[Row]:
    ids = [case.id for case in batch]
    attached: dict[str, dict[int, list[Row]]] = {}
    for name, model in ATTACHED.items():
        table = model.__table__
        found = await session.scalars(
            select(model).where(table.c.case_id.in_(ids)).order_by(table.c.id)
        )
        groups = attached.setdefault(name, {})
        for item in found:
            groups.setdefault(item.case_id, []).append(_plain(item))  # type: ignore[attr-defined]
    parents = {case.parent_id for case in batch if case.parent_id}
    numbers = await session.execute(select(Case.id, Case.number).where(Case.id.in_(parents)))
    parent_numbers = {row.id: row.number for row in numbers}
    return [
        _plain(case)
        | {"parent": parent_numbers.get(case.parent_id or 0)}
        | {name: attached[name].get(case.id, []) for name in ATTACHED}
        for case in batch
    ]


def _plain(item: Base) -> Row:
    names = (c.name for c in item.__table__.columns if c.name not in LEFT_OUT)
    return {name: _value(getattr(item, name)) for name in names}


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def mask_row(row: Row) -> Row:
    """The same row without what says who somebody is; the code that opens the case goes as well."""
    masked: Row = _mask_words(row)
    return masked | {
        "caller_name": mask_name(row.get("caller_name")),
        "caller_phone": mask_phone(row.get("caller_phone")),
        "summary": mask_part(row.get("summary") or "", row.get("text") or ""),
        "place_text": mask_part(row.get("place_text") or "", row.get("text") or "") or None,
        "tracking_code": "",
        "link_token": None,
    }


def _mask_words(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {name: _mask_words(item) for name, item in value.items()}
    return [_mask_words(item) for item in value] if isinstance(value, list) else value


async def import_case(session: AsyncSession, row: Row) -> bool:
    """Add one exported case with its history, chained anew: the chain holds this database's own
    numbers. Its parent may stand further down in the file: see ``link_parents``. Raises
    ``InvalidData`` for a row that is no exported case."""
    number = parse_number(str(row.get("number") or ""))
    if number is None:
        raise InvalidData(field="number")
    if await session.scalar(select(Case.id).where(Case.number == number)) is not None:
        return False
    case = Case(**_typed(Case, {name: row.get(name) for name in CASE_COLUMNS}))
    if row.get("parent"):
        case.parent_id = await session.scalar(select(Case.id).where(Case.number == row["parent"]))
    session.add(case)
    await session.flush()
    previous = "0" * 64
    for name, model in ATTACHED.items():
        for values in row.get(name) or ():
            item = model(**_typed(model, values), case_id=case.id)
            if isinstance(item, HistoryEntry):
                item.previous_hash = previous
                item.hash = previous = hash_entry(item)
            session.add(item)
    await session.flush()
    return True


async def link_parents(session: AsyncSession, parents: Mapping[str, str]) -> int:
    """Join merged cases that have no parent to the one they name; returns how many cannot be, for
    that one is not here. What was split off or joined elsewhere since is left alone."""
    missing = 0
    for number, parent in parents.items():
        child = await session.scalar(
            select(Case).where(
                Case.number == number,
                Case.state == State.MERGED.value,
                Case.parent_id.is_(None),
            )
        )
        if child is None:
            continue
        child.parent_id = await session.scalar(select(Case.id).where(Case.number == parent))
        missing += child.parent_id is None
    await session.flush()
    return missing


def _typed(model: type[Base], values: Row) -> Row:
    """Strings back to times where the column is one; unknown names are left out."""
    typed: Row = {}
    for column in model.__table__.columns:
        if column.name in LEFT_OUT or column.name not in values:
            continue
        value = values[column.name]
        if isinstance(value, str) and isinstance(column.type, UtcDateTime):
            try:
                value = datetime.fromisoformat(value)
            except ValueError as error:
                raise InvalidData(field=column.name) from error
        typed[column.name] = value
    return typed
