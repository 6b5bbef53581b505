"""The names of the sample town's registry."""

from __future__ import annotations

import pytest

from cases.addresses.names import NameIndex, load_names
from cases.storage.database import Database


@pytest.fixture
async def names(database: Database) -> NameIndex:
    async with database.reading() as session:
        return await load_names(session)
