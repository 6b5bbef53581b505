"""A house that the world reaches under an address of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.intake_api.conftest import House, build_house
from tests.intake_api.places.desk import PUBLIC


@pytest.fixture
async def house(sqlite_database, town, now, tmp_path: Path) -> AsyncIterator[House]:
    built = await build_house(sqlite_database, town, now, tmp_path, public_url=PUBLIC)
    yield built
    await built.client.close()
