"""Insert that leaves an existing row alone, on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models.base import Base


async def insert_or_ignore(session: AsyncSession, model: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique key stands in the way. ``True``: it was inserted."""
    sqlite_here = session.get_bind().dialect.name == "sqlite"
    insert: Any = sqlite.insert if sqlite_here else postgresql.insert
    # The row comes back only if it was inserted; a driver's row count is not to be trusted.
    key = inspect(model).primary_key
    statement = insert(model).values(**values).on_conflict_do_nothing().returning(*key)
    return (await session.execute(statement)).first() is not None
