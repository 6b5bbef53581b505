"""A desk that files and acts, and what the ledger says afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import Case, PredictionEntry
from cases.storage.database import Database
from cases.testing import make_draft, make_tag
from cases.town import Town
from cases.use_cases.act import act
from cases.use_cases.contacts import upsert_contact
from cases.use_cases.file_case import file_case
from tests.intake_api.conftest import both_houses, house

__all__ = ["both_houses", "house"]

AGENT = Actor(Role.AGENT, "小周", user_id=1)
DISPATCHER = Actor(Role.DISPATCHER, "王派单")
LIGHTS, ROADS = "lighting_office", "works_office"


@dataclass
class Desk:
    """Each step in a transaction of its own, as the outside takes it."""

    database: Database
    town: Town
    now: datetime
    contact: int = 0

    async def file(self, actor: Actor | None = None, **changes: Any) -> Case:
        async with self.database.transaction() as session:
            contact = await upsert_contact(session, channel="test", chat_key="c1", now=self.now)
            self.contact = contact.id
            draft = make_draft(**{"contact_id": contact.id, **changes})
            who = actor or Actor.bot()
            return await file_case(session, draft, actor=who, town=self.town, now=self.now)

    async def suggested(self) -> Case:
        """One that waits for a person."""
        return await self.file(tag=make_tag(decision="suggest"))

    async def act(self, case: Case, action: str, actor: Actor = DISPATCHER, **data: Any) -> Case:
        async with self.database.transaction() as session:
            return await act(
                session, case.number, action, data, actor=actor, town=self.town, now=self.now
            )

    async def accept(self, case: Case, category: str = "zf.light", **data: Any) -> Case:
        values = {"category": category, "request_type": "help", "urgency": "normal", **data}
        return await self.act(case, "accept", AGENT, **values)

    async def give_back(self, case: Case, unit: str = LIGHTS, proposed: str = ROADS) -> Case:
        """退单"""
        head = Actor(Role.HANDLER_HEAD, "赵所长", unit_code=unit)
        return await self.act(
            case, "return", head, reason="不归我们管", basis="清单", proposed_unit=proposed
        )

    async def settle(self, case: Case, unit: str = LIGHTS) -> Case:
        """Signed, contacted, answered, closed."""
        handler = Actor(Role.HANDLER, "李经办", unit_code=unit)
        await self.act(case, "sign", handler)
        await self.act(case, "contact", handler, method="电话", content="已约时间")
        await self.act(case, "reply", handler, outcome="solved", text="已换好三盏灯")
        return await self.act(case, "close")

    async def word(self) -> PredictionEntry:
        """The only prediction there is."""
        async with self.database.reading() as session:
            rows = list(await session.scalars(select(PredictionEntry)))
        assert len(rows) == 1
        return rows[0]

    @property
    def citizen(self) -> Actor:
        return Actor.citizen(self.contact)


@pytest.fixture
def desk(database: Database, town: Town, now: datetime) -> Desk:
    return Desk(database, town, now)
