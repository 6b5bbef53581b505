"""A registry file into the tables: in batches, as often as one likes.

    await load_registry(database, path, now=…, refuse=print) -> Loaded
    await load_sample(session, path, now)      into an empty table, for a first start
    await clear_registry(session)              before a file that replaces everything

A code that is there already is brought up to date, one that the file does not name is left. A row
that cannot be used is told to ``refuse`` as one sentence naming file, line and remedy; the others
are loaded. Every batch is a transaction of its own: nobody waits long, and a load that broke off
is simply run again.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.addresses.batches import Batch, Keeper, Written, write_batch, write_derived
from cases.addresses.registry_file import read_registry
from cases.addresses.registry_row import RegistryRow, place_of, read_row
from cases.errors import InvalidData, TownDataError
from cases.models import AddressAlias, AddressLoad, AddressUnit
from cases.storage.database import Database

BATCH = 4_000
_COLLECT_EVERY = 50_000


@dataclass
class Loaded:
    """What became of a file's rows; ``derived`` are places the rows only imply."""

    added: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    derived: int = 0

    def count(self, written: Written) -> None:
        """Add a batch."""
        self.added += written.added
        self.changed += written.changed
        self.same += written.same


async def load_registry(
    database: Database,
    path: Path,
    *,
    now: datetime,
    refuse: Callable[[str], None],
    report: Callable[[int], None] = lambda rows: None,
) -> Loaded:
    """Read the file in. Raises ``TownDataError`` where it is no registry at all."""
    reading = _Reading(path, refuse)
    rows = reading.rows()
    async with database.reading() as session:
        keeper = Keeper(empty=not await has_rows(session))
    with _rarely_collected():
        while batch := list(islice(rows, BATCH)):
            async with database.transaction() as session:
                reading.loaded.count(await write_batch(session, batch, keeper, reading.blame))
            report(reading.count)
        async with database.transaction() as session:
            await _finish(session, reading, now)
    return reading.loaded


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """A batch is many small objects that all live as long as it does: looking through them for
    cycles every 700 took a third of the load."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECT_EVERY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def load_sample(session: AsyncSession, path: Path, now: datetime) -> None:
    """The sample town's addresses into an empty table. Raises ``TownDataError`` at the first
    row that cannot be used."""
    if await has_rows(session):
        return

    def refuse(sentence: str) -> None:
        raise TownDataError(sentence)

    reading = _Reading(path, refuse)
    rows = list(reading.rows())
    reading.loaded.count(await write_batch(session, rows, Keeper(empty=True), reading.blame))
    await _finish(session, reading, now)


async def has_rows(session: AsyncSession) -> bool:
    """Whether there is any address."""
    return await session.scalar(select(AddressUnit.code).limit(1)) is not None


async def clear_registry(session: AsyncSession) -> None:
    """Forget every address."""
    for model in (AddressAlias, AddressUnit):
        await session.execute(delete(model))


async def _finish(session: AsyncSession, reading: _Reading, now: datetime) -> None:
    loaded = reading.loaded
    loaded.derived = await write_derived(session, reading.above)
    session.add(
        AddressLoad(
            file=reading.path.name[:120],
            added=loaded.added,
            changed=loaded.changed,
            refused=loaded.refused,
            at=now,
        )
    )
    await session.flush()


class _Reading:
    """One pass over a file: what was refused, what lies above the rows."""

    def __init__(self, path: Path, refuse: Callable[[str], None]) -> None:
        self.path = path
        self.loaded = Loaded()
        self.count = 0
        #: key → (place above, the grid of everything below it; "" where they differ)
        self.above: dict[int, tuple[RegistryRow, str]] = {}
        self._refuse = refuse
        self._seen: set[str] = set()
        self._last: tuple[tuple[RegistryRow, str], list[int]] | None = None

    def blame(self, line: int, sentence: str) -> None:
        """Tell that a row is not loaded."""
        self.loaded.refused += 1
        self._refuse(f"{self.path.name} 第 {line} 行：{sentence}")

    def rows(self) -> Iterator[Batch]:
        for line, cells in read_registry(self.path):
            self.count += 1
            try:
                row = read_row(cells)
                if row.code in self._seen:
                    raise InvalidData(
                        f"编码 {row.code} 前面已经用过；一个编码只能有一行，请改掉或并入别名。"
                    )
            except InvalidData as error:
                self.blame(line, error.sentence)
                continue
            self._seen.add(row.code)
            self._note_above(row)
            yield line, row

    def _note_above(self, row: RegistryRow) -> None:
        """Neighbouring rows mostly have the same places above them."""
        parent = row.parent()
        if parent is None:
            return
        if self._last is None or self._last[0] != (parent, row.road):
            keys: list[int] = []
            road = RegistryRow(row.district, road=row.road)
            for above in (parent, *place_of(parent).above, *((road,) if row.road else ())):
                key = place_of(above).key
                keys.append(key)
                self.above.setdefault(key, (above, row.grid))
            self._last = ((parent, row.road), keys)
        for key in self._last[1]:
            known = self.above[key]
            if known[1] != row.grid:
                self.above[key] = (known[0], "")
