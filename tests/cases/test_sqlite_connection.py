"""SQLite by way of our own cursor: the same answers, long results in pieces, errors as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from cases.storage.database import make_engine

ROWS = 2500  # more than are brought along at once
TABLE = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("name", String))


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[AsyncConnection]:
    engine = make_engine(f"sqlite:///{tmp_path / 'x.db'}")
    async with engine.connect() as connection:
        await connection.run_sync(TABLE.metadata.create_all)
        await connection.execute(insert(TABLE), [{"name": f"n{i}"} for i in range(ROWS)])
        await connection.commit()
        yield connection
    await engine.dispose()


async def test_few_and_many_rows(connection: AsyncConnection) -> None:
    ids = list((await connection.execute(select(TABLE.c.id).order_by(TABLE.c.id))).scalars())
    assert ids == list(range(1, ROWS + 1))
    first = await connection.execute(select(TABLE).order_by(TABLE.c.id))
    assert first.first() == (1, "n0"), "the rest is let go"
    exactly = await connection.execute(select(TABLE.c.id).limit(1000))
    assert len(exactly.all()) == 1000
    assert (await connection.execute(select(TABLE).where(TABLE.c.id < 0))).all() == []


async def test_a_stream_comes_in_pieces(connection: AsyncConnection) -> None:
    query = select(TABLE.c.id).order_by(TABLE.c.id).execution_options(yield_per=300)
    async with connection.stream(query) as result:
        pieces = [len(piece) async for piece in result.partitions()]
    assert pieces == [300] * 8 + [100]
    async with connection.stream(query) as result:
        async for row in result:
            if row.id == 1200:
                break
    assert (await connection.execute(select(TABLE.c.id).limit(1))).scalar() == 1


async def test_counts_and_keys_come_back(connection: AsyncConnection) -> None:
    changed = await connection.execute(update(TABLE).where(TABLE.c.id <= 7).values(name="x"))
    assert changed.rowcount == 7
    added = await connection.execute(insert(TABLE).values(name="y"))
    assert added.inserted_primary_key == (ROWS + 1,)


async def test_errors_are_the_drivers_own(connection: AsyncConnection) -> None:
    with pytest.raises(IntegrityError):
        await connection.execute(insert(TABLE).values(id=1, name="again"))
    await connection.rollback()
    with pytest.raises(OperationalError):
        await connection.execute(text("SELECT nothing FROM nowhere"))
