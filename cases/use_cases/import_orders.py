"""A file of orders into cases, a batch at a time (导入).

    await begin_import(session, what, actor=…, owner=…, now=…) -> OrderImport
    await store_batch(database, import_id, batch, owner=…, actor=…, town=…, now=…) -> bool
    await end_import(session, import_id, state, owner=…, now=…, trouble="") -> None
    await release_import(session, import_id, owner)
    await start_import(session, import_id, now) -> bool
    await cancel_import(session, import_id, now) -> bool
    await forget_imports(session, now) -> names of files to delete
    await find_known(session, source, source_ids) -> set
    await read_refused(session, import_id, limit) -> RefusedRows

Cases, refused rows and how far the file is read are one transaction: killed at any moment, the
import goes on behind its last batch. An order that is there already is left alone, whichever file
brought it. A run that was overtaken by another (``owner``) or cancelled stores nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseError
from cases.lifecycle import Action, State, list_actions
from cases.models import Case, OrderImport, RefusedRow
from cases.storage.database import Database
from cases.storage.insert import insert_or_ignore
from cases.town import Town
from cases.use_cases.act import perform
from cases.use_cases.file_case import CaseDraft, file_case

READY, RUNNING, DONE, CANCELLED, STOPPED = "ready", "running", "done", "cancelled", "stopped"
_KEPT_CELL = 20_000
#: How long a file waits to be begun, and how long refused rows can be fetched.
_KEEP_FILES, _KEEP_ROWS = timedelta(days=7), timedelta(days=30)
_NAMED_UNIT = "来件指定的承办单位"


@dataclass(frozen=True)
class ImportedFile:
    """What is read in; ``path`` is the copy in the data folder, if there is one."""

    source: str
    file: str
    digest: str
    header: Sequence[str]
    path: str | None = None


@dataclass(frozen=True)
class ReadOrder:
    """One order, read into the cases it is about; ``cells`` are its row, should it be refused."""

    line: int
    source_id: str
    drafts: tuple[CaseDraft, ...]
    unit: str | None = None
    cells: Sequence[str] = ()


@dataclass(frozen=True)
class Refusal:
    """A row that could not be taken."""

    line: int
    sentence: str
    cells: Sequence[str]


@dataclass(frozen=True)
class Batch:
    """The rows up to ``line``: ``rows`` of them in all."""

    line: int
    rows: int
    orders: Sequence[ReadOrder]
    refusals: Sequence[Refusal]


async def begin_import(
    session: AsyncSession, what: ImportedFile, *, actor: Actor, owner: str, now: datetime
) -> OrderImport:
    """The import of this very file that was not finished, taken over; else a new one."""
    found = await session.scalar(
        select(OrderImport)
        .where(
            OrderImport.digest == what.digest,
            OrderImport.source == what.source,
            OrderImport.path.is_(None) if what.path is None else OrderImport.path == what.path,
            OrderImport.state.in_((RUNNING, STOPPED)),
        )
        .order_by(OrderImport.id.desc())
        .limit(1)
    )
    if found is None:
        found = new_import(what, actor=actor, state=RUNNING, now=now)
        session.add(found)
    found.owner, found.state, found.trouble, found.updated_at = owner, RUNNING, "", now
    await session.flush()
    return found


def new_import(what: ImportedFile, *, actor: Actor, state: str, now: datetime) -> OrderImport:
    """The row for a file of which nothing was read yet."""
    return OrderImport(
        source=what.source,
        file=what.file[:120],
        digest=what.digest,
        path=what.path,
        header=list(what.header),
        state=state,
        actor_id=actor.user_id,
        actor_name=actor.name,
        actor_role=actor.role.value,
        line=0,
        rows=0,
        taken=0,
        known=0,
        refused=0,
        cases=0,
        trouble="",
        created_at=now,
        updated_at=now,
    )


async def store_batch(
    database: Database,
    import_id: int,
    batch: Batch,
    *,
    owner: str,
    actor: Actor,
    town: Town,
    now: datetime,
) -> OrderImport | None:
    """File what is new. ``None``: this run works on the import no longer, nothing was stored."""
    async with database.transaction() as session:
        job = await _own(session, import_id, owner)
        if job is None:
            return None
        wanted = [order.source_id for order in batch.orders]
        known = await find_known(session, job.source, wanted)
        refusals = list(batch.refusals)
        for order in batch.orders:
            if order.source_id in known:
                job.known += 1
                continue
            try:
                job.cases += await _file_order(session, order, actor=actor, town=town, now=now)
            except CaseError as error:
                refusals.append(Refusal(order.line, error.sentence, order.cells))
                continue
            except IntegrityError:
                job.known += 1  # another file brought it at this very moment
                continue
            known.add(order.source_id)
            job.taken += 1
        for refusal in refusals:
            job.refused += await insert_or_ignore(session, RefusedRow, **_refused(job, refusal))
        job.line, job.updated_at = batch.line, now
        job.rows += batch.rows
        return job


async def _own(session: AsyncSession, import_id: int, owner: str) -> OrderImport | None:
    return await session.scalar(
        select(OrderImport)
        .where(
            OrderImport.id == import_id,
            OrderImport.owner == owner,
            OrderImport.state == RUNNING,
        )
        .with_for_update()
    )


async def _file_order(
    session: AsyncSession, order: ReadOrder, *, actor: Actor, town: Town, now: datetime
) -> int:
    """All cases of one order, or none of them."""
    async with session.begin_nested():
        for draft in order.drafts:
            case = await file_case(session, draft, actor=actor, town=town, now=now)
            if order.unit is not None and case.lead_unit != order.unit:
                await _send_to(session, case, order.unit, actor=actor, town=town, now=now)
    return len(order.drafts)


async def _send_to(
    session: AsyncSession, case: Case, unit: str, *, actor: Actor, town: Town, now: datetime
) -> None:
    """The unit that the other system named: as far as whoever imports may, else a note says it."""
    allowed = {edge.action for edge in list_actions(State(case.state), actor.role)}
    if Action.REASSIGN in allowed and case.state == State.DISPATCHED:
        action, data = Action.REASSIGN, {"unit": unit, "reason": _NAMED_UNIT}
    else:
        action, data = Action.NOTE, {"text": f"{_NAMED_UNIT}：{town.unit_name(unit)}"}
    await perform(session, case, action, data, actor=actor, town=town, now=now, notify=False)


def _refused(job: OrderImport, refusal: Refusal) -> dict[str, object]:
    cells = [cell.replace("\x00", "")[:_KEPT_CELL] for cell in refusal.cells]
    return {
        "import_id": job.id,
        "line": refusal.line,
        "sentence": refusal.sentence[:300],
        "cells": cells,
    }


async def find_known(session: AsyncSession, source: str, source_ids: Sequence[str]) -> set[str]:
    """Those of the orders that are cases already."""
    if not source_ids:
        return set()
    found = await session.scalars(
        select(Case.source_id)
        .where(Case.source_system == source, Case.source_id.in_(source_ids))
        .distinct()
    )
    return {source_id for source_id in found if source_id is not None}


async def read_refused(
    session: AsyncSession, import_id: int, limit: int | None = None
) -> list[RefusedRow]:
    """The rows that could not be taken, in the order of the file."""
    found = await session.scalars(
        select(RefusedRow)
        .where(RefusedRow.import_id == import_id)
        .order_by(RefusedRow.line)
        .limit(limit)
    )
    return list(found)


async def end_import(
    session: AsyncSession,
    import_id: int,
    state: str,
    *,
    owner: str,
    now: datetime,
    trouble: str = "",
) -> None:
    """Finished, or stopped with a reason; what was filed stays."""
    job = await _own(session, import_id, owner)
    if job is not None:
        job.state, job.trouble, job.updated_at = state, trouble[:300], now


async def release_import(session: AsyncSession, import_id: int, owner: str) -> None:
    """A process that goes down hands over what it was at."""
    job = await _own(session, import_id, owner)
    if job is not None:
        job.owner = None


async def start_import(session: AsyncSession, import_id: int, now: datetime) -> bool:
    """Let whoever reads files in begin, or go on where it stopped. ``False``: it had ended."""
    job = await session.get(OrderImport, import_id, with_for_update=True)
    if job is None or job.state not in (READY, STOPPED):
        return False
    job.state, job.owner, job.trouble, job.updated_at = RUNNING, None, "", now
    return True


async def forget_imports(session: AsyncSession, now: datetime) -> list[str]:
    """Files nobody began and rows nobody fetched, in time; the names of copies to delete."""
    waiting = OrderImport.state.in_((READY, STOPPED)) & (OrderImport.updated_at < now - _KEEP_FILES)
    for job in await session.scalars(select(OrderImport).where(waiting)):
        job.state, job.updated_at = CANCELLED, now
    ended = select(OrderImport).where(
        OrderImport.state.in_((DONE, CANCELLED)), OrderImport.path.is_not(None)
    )
    gone = []
    for job in await session.scalars(ended):
        gone.append(job.path or "")
        job.path = None
    old = select(OrderImport.id).where(OrderImport.updated_at < now - _KEEP_ROWS)
    await session.execute(delete(RefusedRow).where(RefusedRow.import_id.in_(old)))
    return gone


async def cancel_import(session: AsyncSession, import_id: int, now: datetime) -> bool:
    """Whoever works on it finds out with the next batch. ``False``: it had ended already."""
    job = await session.get(OrderImport, import_id, with_for_update=True)
    if job is None or job.state not in (READY, RUNNING, STOPPED):
        return False
    job.state, job.updated_at = CANCELLED, now
    return True
