"""A desk on a real database: it files, acts, follows and merges, each in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import Case, OutboxMessage
from cases.storage.database import Database
from cases.testing import make_draft
from cases.town import Town
from cases.use_cases.act import act
from cases.use_cases.contacts import upsert_contact
from cases.use_cases.file_case import file_case
from cases.use_cases.follow_report import Followed, follow_case, follow_drafts

AGENT = Actor(Role.AGENT, "小周")
DISPATCHER = Actor(Role.DISPATCHER, "王派单")
HANDLER = Actor(Role.HANDLER, "李经办", unit_code="lighting_office")


@dataclass
class Desk:
    """What a test needs; ``at`` is the moment of everything that happens."""

    database: Database
    town: Town
    at: datetime
    chats: dict[str, int] = field(default_factory=dict)

    async def file(self, chat: str | None = None, **changes: Any) -> Case:
        """A case, by chat or by phone."""
        async with self.database.transaction() as session:
            if chat is not None:
                changes["contact_id"] = await self._contact(session, chat)
            draft = make_draft(**changes)
            return await file_case(session, draft, actor=Actor.bot(), town=self.town, now=self.at)

    async def follow(
        self, case: Case, chat: str | None = None, actor: Actor = AGENT, **changes: Any
    ) -> Followed:
        """One more report of ``case``."""
        async with self.database.transaction() as session:
            if chat is not None:
                changes["contact_id"] = await self._contact(session, chat)
            return await follow_case(
                session,
                case.number,
                make_draft(**{"channel": "phone", **changes}),
                actor=actor,
                town=self.town,
                now=self.at,
            )

    async def follow_call(
        self, said: Sequence[tuple[str, str]], call: str = "call-1", **changes: Any
    ) -> list[Case]:
        """(number, words) of one call, all in one transaction."""
        source = {"channel": "phone", "source_system": "desk", "source_id": call, **changes}
        drafts = [
            (number, make_draft(text=words, source_index=index, **source))
            for index, (number, words) in enumerate(said)
        ]
        async with self.database.transaction() as session:
            return await follow_drafts(session, drafts, actor=AGENT, town=self.town, now=self.at)

    async def act(self, case: Case, action: str, actor: Actor = DISPATCHER, **data: Any) -> Case:
        async with self.database.transaction() as session:
            return await act(
                session, case.number, action, data, actor=actor, town=self.town, now=self.at
            )

    async def settle(self, case: Case) -> None:
        """Sign, contact, reply, close."""
        await self.act(case, "sign", HANDLER)
        await self.act(case, "contact", HANDLER, method="电话", content="已约时间")
        await self.act(case, "reply", HANDLER, outcome="solved", text="已换好三盏灯")
        await self.act(case, "close")

    async def row(self, case: Case) -> dict[str, Any]:
        """The row as it stands."""
        async with self.database.reading() as session:
            found = await session.get(Case, case.id)
            assert found is not None
            return {c.key: getattr(found, c.key) for c in Case.__table__.columns}

    async def told(self, chat_key: str) -> list[str]:
        """Everything queued for one chat or mobile, in order, that was not taken back."""
        async with self.database.reading() as session:
            rows = await session.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.chat_key == chat_key, OutboxMessage.state != "suppressed")
                .order_by(OutboxMessage.id)
            )
            return [row.payload["text"] for row in rows]

    async def _contact(self, session: Any, chat: str) -> int:
        contact = await upsert_contact(session, channel="test", chat_key=chat, now=self.at)
        return contact.id


@pytest.fixture
def desk(database: Database, town: Town, now: datetime) -> Desk:
    """Once on each engine."""
    return Desk(database, town, now)
