"""A caller on the phone, the people who handle the case, and the text messages that come of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channel import Channel
from bot.service import BotService
from bot.sms_channel.channel import SmsChannel
from bot.sms_channel.file_drop import FileDrop
from bot.testing import MemoryChannel
from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import Case
from cases.storage.database import Database
from cases.testing import FrozenClock, KeywordClassifier, make_draft
from cases.town import Town
from cases.use_cases.act import act
from cases.use_cases.file_case import file_case
from tests.intake_api.conftest import house

__all__ = ["house"]

MOBILE = "13800001234"
LANDLINE = "0571-88001234"
LIGHTS = "lighting_office"
AGENT = Actor(Role.AGENT, "小周", user_id=1)


@dataclass
class Phone:
    """The town's end of the line: files calls, walks cases, reads what was sent."""

    database: Database
    town: Town
    clock: FrozenClock
    service: BotService
    folder: Path

    async def file(self, phone: str | None = MOBILE, **changes: Any) -> str:
        draft = make_draft(**{"channel": "phone", "caller_phone": phone, **changes})
        async with self.database.transaction() as session:
            case = await file_case(session, draft, actor=AGENT, town=self.town, now=self.clock())
            return case.number

    async def act(self, number: str, role: Role, action: str, **data: Any) -> None:
        name = "老陈" if role is Role.HANDLER else "小吴"
        unit = LIGHTS if role is Role.HANDLER else None
        actor = Actor(role, name, unit_code=unit)
        async with self.database.transaction() as session:
            await act(session, number, action, data, actor=actor, town=self.town, now=self.clock())

    async def settle_case(self, number: str) -> None:
        """Signed, contacted, replied, closed."""
        await self.act(number, Role.HANDLER, "sign")
        await self.act(number, Role.HANDLER, "contact", method="电话", content="已联系")
        await self.service.settle()
        self.clock.advance(hours=1)
        await self.act(number, Role.HANDLER, "reply", outcome="solved", text="三盏灯都换好了")
        await self.service.settle()
        self.clock.advance(minutes=5)
        await self.act(number, Role.DISPATCHER, "close")
        await self.service.settle()

    async def settle_case_again(self, number: str) -> None:
        """The second round, which begins with the unit's contact."""
        await self.act(number, Role.HANDLER, "contact", method="电话", content="又去了一次")
        await self.act(number, Role.HANDLER, "reply", outcome="solved", text="重新修过了")
        await self.service.settle()
        await self.act(number, Role.DISPATCHER, "close")
        await self.service.settle()

    async def case(self, number: str) -> Case:
        async with self.database.reading() as session:
            found = await session.scalar(select(Case).where(Case.number == number))
            assert found is not None
            return found

    def sent(self) -> list[dict[str, str]]:
        """Every line of the file drop, oldest first."""
        files = sorted(self.folder.glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def with_rules(self, **rules: Any) -> None:
        """Another policy for callers from now on."""
        callers = {**self.town.policy["callers"], **rules}
        self.town = replace(self.town, policy={**self.town.policy, "callers": callers})


@pytest.fixture
async def chat() -> MemoryChannel:
    return MemoryChannel()


@pytest.fixture
async def phone(
    database: Database, town: Town, tmp_path: Path, chat: MemoryChannel
) -> AsyncIterator[Phone]:
    """Over the file drop, once on each database."""
    clock = FrozenClock()
    made: list[Phone] = []
    sms: Channel = SmsChannel(
        FileDrop(tmp_path / "sms", clock=clock), public_url="https://hy.fenghe.cn"
    )
    service = BotService(
        database=database,
        classifier=KeywordClassifier(),
        town_provider=lambda: made[0].town if made else town,
        data_dir=tmp_path,
        channels=(sms, chat),
        clock=clock,
    )
    made.append(Phone(database, town, clock, service, tmp_path / "sms"))
    yield made[0]
    await service.stop()
