"""SQLite's connection for the event loop: one visit to its thread for each statement.

    connect(path, patience) -> Connection      what SQLAlchemy's ``async_creator`` returns

aiosqlite keeps a thread for each connection. By itself it goes there four times for a statement
(make a cursor, execute, fetch, close); a message costs some forty statements, and the visits were
half of its processor time. Here the thread does all four at once and brings the rows along.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import aiosqlite

_AT_ONCE = 1000
T = TypeVar("T")


class Connection(aiosqlite.Connection):
    """aiosqlite's connection with another cursor."""

    def cursor(self) -> Statement:  # type: ignore[override]
        """Costs nothing: the real cursor is made when there is something to execute."""
        return Statement(self)

    async def visit(self, work: Callable[..., T], *arguments: Any) -> T:
        """Have the connection's thread do something."""
        result: T = await self._execute(work, *arguments)  # type: ignore[no-untyped-call]
        return result


class Statement:
    """The part of a DBAPI cursor that SQLAlchemy uses.

    ``execute`` brings the first thousand rows along, which is nearly always all of them; only
    where there are more does the real cursor stay open, for ``fetchall`` or a stream.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open: sqlite3.Cursor | None = None
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Statement:
        return self

    async def execute(self, operation: str, parameters: Any = ()) -> Statement:
        """Raises what ``sqlite3`` raises."""
        await self._connection.visit(partial(self._run, "execute", operation, parameters))
        return self

    async def executemany(self, operation: str, parameters: Sequence[Any]) -> Statement:
        """Raises what ``sqlite3`` raises."""
        await self._connection.visit(partial(self._run, "executemany", operation, parameters))
        return self

    def _run(self, method: str, operation: str, parameters: Any) -> None:
        """In the connection's thread."""
        cursor = self._connection._conn.cursor()
        try:
            getattr(cursor, method)(operation, parameters)
            self.description = cursor.description
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
            self._rows = cursor.fetchmany(_AT_ONCE) if cursor.description else []
            self._open = cursor if len(self._rows) == _AT_ONCE else None
        finally:
            if cursor is not self._open:
                cursor.close()

    async def fetchall(self) -> list[Any]:
        """The rows not fetched yet."""
        rows, self._rows = self._rows, []
        if self._open:
            rows += await self._connection.visit(self._open.fetchall)
        return rows

    async def fetchmany(self, size: int) -> list[Any]:
        """At most ``size`` of them."""
        if len(self._rows) < size and self._open:
            self._rows += await self._connection.visit(self._open.fetchmany, size)
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchone(self) -> Any:
        """The next one, or ``None``."""
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def close(self) -> None:
        """May be called again."""
        cursor, self._open = self._open, None
        if cursor:
            await self._connection.visit(cursor.close)


async def connect(path: str, patience: float) -> Connection:
    """Open the file; ``patience``: seconds to wait for another writer."""
    connection = Connection(partial(sqlite3.connect, path, timeout=patience), iter_chunk_size=64)
    await connection
    return connection
