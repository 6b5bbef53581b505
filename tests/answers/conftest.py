"""A database that also holds the sample town's cards, errands and runners, and its town."""

from __future__ import annotations

from datetime import datetime

import pytest

from cases.models import Contact
from cases.storage.database import Database
from cases.town import Town, load_town
from cases.town_files import load_service_files


@pytest.fixture
async def served(database: Database, now: datetime) -> Database:
    """Once on each engine."""
    async with database.transaction() as session:
        await load_service_files(session, now)
    return database


@pytest.fixture
async def served_town(served: Database) -> Town:
    async with served.reading() as session:
        return await load_town(session)


@pytest.fixture
async def citizen(served: Database, now: datetime) -> Contact:
    async with served.transaction() as session:
        contact = Contact(channel="memory", chat_key="7", created_at=now, seen_at=now)
        session.add(contact)
    return contact
