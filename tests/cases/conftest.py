"""A desk that files and acts, and the people at it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import OutboxMessage
from cases.testing import make_draft
from cases.use_cases.act import act
from cases.use_cases.contacts import upsert_contact
from cases.use_cases.file_case import file_case

DISPATCHER = Actor(Role.DISPATCHER, "王派单")
HANDLER = Actor(Role.HANDLER, "李经办", unit_code="lighting_office")
HEAD = Actor(Role.HANDLER_HEAD, "赵所长", unit_code="lighting_office")
COMMANDER = Actor(Role.COMMANDER, "钱指挥")


@pytest.fixture
def desk(database, town, now):
    """File and act, each in a transaction of its own, as the outside does."""

    class Desk:
        at = now

        async def file(self, actor=None, **changes):
            async with database.transaction() as session:
                contact = await upsert_contact(session, channel="test", chat_key="c1", now=self.at)
                self.contact = contact.id
                draft = make_draft(**{"contact_id": contact.id, **changes})
                return await file_case(
                    session, draft, actor=actor or Actor.bot(), town=town, now=self.at
                )

        async def act(self, case, action, actor=DISPATCHER, version=None, **data):
            async with database.transaction() as session:
                return await act(
                    session,
                    case.number,
                    action,
                    data,
                    actor=actor,
                    town=town,
                    now=self.at,
                    expected_version=version,
                )

        @property
        def citizen(self):
            return Actor.citizen(self.contact)

        async def notices(self):
            async with database.reading() as session:
                rows = await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
                return [row.payload["text"] for row in rows]

        async def settle(self, case):
            await self.act(case, "sign", HANDLER)
            await self.act(case, "contact", HANDLER, method="电话", content="已约时间")
            await self.act(case, "reply", HANDLER, outcome="solved", text="已换好三盏灯")
            return await self.act(case, "close")

    return Desk()
