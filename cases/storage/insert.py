"""Insert that leaves an existing row alone, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models.base import Base


async def insert_or_ignore(session: AsyncSession, model: type[Base], **values: Any) -> bool:
    """Insert a row unless a unique key stands in the way. ``True``: it was inserted."""
    statement = _statement(model, session.get_bind().dialect.name)
    return (await session.execute(statement, [values])).first() is not None


async def insert_all_or_ignore(
    session: AsyncSession, model: type[Base], rows: Sequence[dict[str, Any]]
) -> list[Any]:
    """The same for many rows; the primary keys (of one column) of those that were inserted."""
    if not rows:
        return []
    statement = _statement(model, session.get_bind().dialect.name)
    return [row[0] for row in await session.execute(statement, list(rows))]


@lru_cache
def _statement(model: type[Base], dialect: str) -> Any:
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    # The row comes back only if it was inserted; a driver's row count is not to be trusted.
    return insert(model).on_conflict_do_nothing().returning(*inspect(model).primary_key)
