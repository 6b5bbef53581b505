"""One door to the database.

SQLite runs in WAL mode with ``synchronous=FULL``: a committed message survives a power cut.
Write transactions begin IMMEDIATE, because a transaction that starts by reading and then
wants to write fails with "database is locked" under concurrency instead of waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from cases.storage.sqlite_connection import connect

_WRITING = "huying_writing"
_WAIT_FOR_WRITER = 30.0  # seconds


def normalise_url(url: str) -> URL:
    """The async form of ``sqlite:///…`` and ``postgresql://…`` addresses.

    Raises ``ValueError`` for any other database.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return parsed.set(drivername="sqlite+aiosqlite")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError(f"{backend}: Huying keeps its cases in SQLite or PostgreSQL")


def make_engine(url: str) -> AsyncEngine:
    """An engine with the settings above; the caller disposes of it."""
    parsed = normalise_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_async_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=10)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    opener = partial(connect, parsed.database or ":memory:", _WAIT_FOR_WRITER)
    engine = create_async_engine(parsed, async_creator=opener)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # Leave BEGIN to the listener below instead of to the driver's guesses.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


class Database:
    """The engine and its two kinds of session."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        # SQLite lets one write at a time, and a writer that finds it busy sleeps and looks again.
        # Within this process the next in line is woken instead.
        self._turn: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if self.is_sqlite else nullcontext()
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._writers = async_sessionmaker(
            self.engine.execution_options(**{_WRITING: True}), expire_on_commit=False
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether one file on this machine is the database."""
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that commits when the block ends and rolls back when it raises."""
        async with self._turn, self._writers() as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for looking only; nothing it changes is kept."""
        async with self._sessions() as session:
            yield session

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()
