"""Files that wait in a table for whichever process has time for them.

await claim(database, OrderImport, now, lease, file_of) -> OrderImport | None
may_pass(error) -> bool        the database's trouble, not the file's: later it may go on

A process that was silent for ``lease`` is taken for dead, and another goes on. Whatever else breaks
would break again with every claim, so whoever reads a file stops it with a sentence.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cases.models import LabelImport, OrderImport
from cases.storage.database import Database
from cases.use_cases.import_orders import RUNNING

Upload = TypeVar("Upload", OrderImport, LabelImport)
#: SQLSTATE: lost connection, rolled back, out of resources, shut down by an operator.
_PASSING = ("08", "40", "53", "57")


async def claim(
    database: Database,
    table: type[Upload],
    now: datetime,
    lease: timedelta,
    file_of: Callable[[Upload], Path],
) -> Upload | None:
    """The first that was begun, has no living owner, and whose file is on this machine."""
    waiting = _waiting(table, now - lease)
    async with database.reading() as session:
        # A file that was sent to another machine is that machine's.
        here = [row.id for row in await session.scalars(waiting) if file_of(row).is_file()]
    if not here:
        return None
    async with database.transaction() as session:
        row = await session.scalar(
            waiting.where(table.id == here[0]).with_for_update(skip_locked=True)
        )
        if row is not None:
            row.owner, row.updated_at = secrets.token_hex(8), now
        return row


def _waiting(table: type[Upload], silent_since: datetime) -> Select[Upload]:
    return (
        select(table)
        .where(
            table.state == RUNNING,
            table.path.is_not(None),
            or_(table.owner.is_(None), table.updated_at < silent_since),
        )
        .order_by(table.id)
    )


def may_pass(error: Exception) -> bool:
    """The database is away, locked or out of room."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    return isinstance(error, OSError | OperationalError | PoolTimeout) or state[:2] in _PASSING
