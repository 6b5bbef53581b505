"""The names of the registry, kept by a process that serves.

keeper = NameKeeper(); await keeper.names(session) -> NameIndex

Reads them again when a file was loaded since, which one small query tells.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from cases.addresses.names import NameIndex, load_names


class NameKeeper:
    """One for each process."""

    def __init__(self) -> None:
        self._names: NameIndex | None = None

    async def names(self, session: AsyncSession) -> NameIndex:
        """The names as they are now."""
        self._names = await load_names(session, self._names)
        return self._names
