"""Reading a file of orders in, from the first row to the last: what command and page share.

    look_at(path, town, now) -> Preview          columns, first rows, every row that cannot be taken
    await known_among(database, source, preview) -> int
    await run_import(path, import_id, …) -> OrderImport | None      None: overtaken or cancelled
    tagging_with(tagger) -> how run_import asks the classifier
    actor_of_import(job) -> Actor

Rows are read, tagged and stored a batch at a time, with how far the file is read. Without the
classifier the import stops and says so: twenty thousand untagged cases help nobody.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import structlog

from cases.actors import Actor
from cases.classification import Tag
from cases.errors import InvalidData
from cases.imports.columns import Columns, find_columns
from cases.imports.orders import BadRow, Order, OrderReader
from cases.lifecycle import Role
from cases.models import OrderImport
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.file_case import CaseDraft
from cases.use_cases.import_orders import (
    DONE,
    STOPPED,
    Batch,
    ReadOrder,
    Refusal,
    end_import,
    find_known,
    release_import,
    store_batch,
)
from intake_api.accounts.keys import Clock, Tagger, TownProvider
from intake_api.calls.call_reading import ReadCall, read_calls
from intake_api.imports.order_files import Row, open_orders

CHANNEL = "phone"
#: On SQLite nobody else writes while a batch is stored: half a second, not more.
BATCH = 40
SHOWN_ROWS, SHOWN_TROUBLES = 10, 200
_NOTHING = "没有读到诉求，请检查这一行的内容。"
_NO_CLASSIFIER = "分类服务没有应答，已停在这里；恢复后再点继续，已收的不会重复。"
_PIECE = 1 << 20
log = structlog.get_logger("huying.imports")
Tagging = Callable[[Sequence[str]], Awaitable[Sequence[Tag | None]]]


class ClassifierSilent(Exception):
    """The classifier did not answer."""


def tagging_with(tagger: Tagger) -> Tagging:
    """The classifier's tags in the domain's own type; raises ``ClassifierSilent``."""

    async def tag(texts: Sequence[str]) -> list[Tag | None]:
        try:
            tags = await tagger.classify_many(texts) if texts else ()
        except Exception as error:
            log.warning("classifier failed", error=type(error).__name__, texts=len(texts))
            raise ClassifierSilent from error
        return [Tag.from_dict(found.to_dict()) for found in tags]

    return tag


@dataclass
class Preview:
    """What a file holds before anything is written. ``source_ids`` of every good row."""

    header: tuple[str, ...]
    columns: Columns
    rows: int = 0
    first: list[Order] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused: int = 0
    source_ids: list[str] = field(default_factory=list)
    unknown_units: int = 0


def digest_of(path: Path) -> str:
    """What a file is known by, whatever it is called. Blocking."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def look_at(path: Path, town: Town, now: datetime) -> Preview:
    """Read the whole file and keep the beginning. Raises ``InvalidData``. Blocking."""
    with open_orders(path) as (header, rows):
        columns = find_columns(header)
        preview = Preview(tuple(header), columns)
        reader = _reader(columns, town, now)
        for item in _orders(reader, rows):
            preview.rows += 1
            if isinstance(item, Refusal):
                preview.refused += 1
                preview.refusals += [item] if len(preview.refusals) < SHOWN_TROUBLES else []
                continue
            preview.source_ids.append(item.source_id)
            if len(preview.first) < SHOWN_ROWS:
                preview.first.append(item)
        preview.unknown_units = sum(reader.unknown_units.values())
    if not preview.rows:
        raise InvalidData("文件里只有表头，没有工单。", field="file")
    return preview


async def known_among(database: Database, source: str, preview: Preview) -> int:
    """How many of the orders are cases already."""
    ids, known = preview.source_ids, 0
    async with database.reading() as session:
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            found = await find_known(session, source, some)
            known += sum(source_id in found for source_id in some)
    return known


def actor_of_import(job: OrderImport) -> Actor:
    """Whoever began it, whichever process goes on with it."""
    return Actor(Role(job.actor_role), job.actor_name, user_id=job.actor_id)


async def run_import(
    path: Path,
    job: OrderImport,
    *,
    database: Database,
    tag: Tagging,
    town: TownProvider,
    clock: Clock,
    owner: str,
    report: Callable[[OrderImport], None] = lambda job: None,
    may_go_on: Callable[[], bool] = lambda: True,
) -> OrderImport | None:
    """From behind the last batch to the end. ``None``: somebody else goes on with it, or it was
    cancelled. A trouble that ends it stands in ``job.trouble``; raises nothing for the file. Where
    ``may_go_on`` says no it rests between two batches, still running in the table."""
    actor, source, skip = actor_of_import(job), job.source, job.line
    try:
        with ExitStack() as stack:
            # In a thread: to find out what it is, a file may have to be read through.
            header, rows = await asyncio.to_thread(stack.enter_context, open_orders(path))
            reader = _reader(find_columns(header), town(), clock())
            items = _orders(reader, rows)
            while batch := await asyncio.to_thread(_take, items, skip):
                known = await _known_in(database, source, batch)
                ready = await _read_batch(batch, known, tag, source, town(), clock())
                stored = await store_batch(
                    database, job.id, ready, owner=owner, actor=actor, town=town(), now=clock()
                )
                if stored is None:
                    return None
                job = stored
                report(job)
                if not may_go_on():
                    return await _rest(database, job, owner)
        state, trouble = DONE, ""
    except InvalidData as error:
        state, trouble = STOPPED, error.sentence
    except ClassifierSilent:
        state, trouble = STOPPED, _NO_CLASSIFIER
    async with database.transaction() as session:
        await end_import(session, job.id, state, owner=owner, now=clock(), trouble=trouble)
    job.state, job.trouble = state, trouble
    return job


async def _rest(database: Database, job: OrderImport, owner: str) -> OrderImport:
    """Whoever looks next goes on with it at once."""
    async with database.transaction() as session:
        await release_import(session, job.id, owner)
    return job


def _reader(columns: Columns, town: Town, now: datetime) -> OrderReader:
    units = {unit.name: unit.code for unit in town.units.values()}
    units |= {code: code for code in town.units}
    return OrderReader(columns, units=units, zone=town.calendar.zone, now=now)


def _orders(reader: OrderReader, rows: Iterator[Row]) -> Iterator[Order | Refusal]:
    for row in rows:
        if row.trouble:
            yield Refusal(row.line, row.trouble, row.cells)
            continue
        try:
            yield reader.read(row.line, row.cells)
        except BadRow as error:
            yield Refusal(row.line, str(error), row.cells)


def _take(items: Iterator[Order | Refusal], skip: int) -> list[Order | Refusal]:
    """The next rows that are not done yet. In a thread: a file may hold a hundred thousand."""
    return list(islice((item for item in items if item.line > skip), BATCH))


async def _known_in(database: Database, source: str, items: Sequence[Order | Refusal]) -> set[str]:
    async with database.reading() as session:
        ids = [item.source_id for item in items if isinstance(item, Order)]
        return await find_known(session, source, ids)


async def _read_batch(
    items: Sequence[Order | Refusal],
    known: set[str],
    tag: Tagging,
    source: str,
    town: Town,
    now: datetime,
) -> Batch:
    """What is a case already is neither read nor tagged: the second time costs next to nothing."""
    zone = town.calendar.zone
    there = [item for item in items if isinstance(item, Order)]
    orders = [order for order in there if order.source_id not in known]
    refusals = [item for item in items if isinstance(item, Refusal)]
    calls = await read_calls(
        tag, [(order.text, (order.received_at or now).astimezone(zone)) for order in orders]
    )
    read = [ReadOrder(o.line, o.source_id, ()) for o in there if o.source_id in known]
    for order, call in zip(orders, calls, strict=True):
        drafts = _drafts(order, call, source)
        if drafts:
            read.append(ReadOrder(order.line, order.source_id, drafts, order.unit, order.cells))
        else:
            refusals.append(Refusal(order.line, _NOTHING, order.cells))
    return Batch(items[-1].line, len(items), read, refusals)


def _drafts(order: Order, call: ReadCall, source: str) -> tuple[CaseDraft, ...]:
    return call.case_drafts(
        channel=CHANNEL,
        name=order.name,
        phone=order.phone,
        place=order.place,
        source_system=source,
        source_id=order.source_id,
        received_at=order.received_at,
        receipt=False,
    )
