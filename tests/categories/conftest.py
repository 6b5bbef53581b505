"""A desk whose town is read from the database, so that a change is seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from cases.actors import Actor
from cases.categories import CategoryDraft
from cases.lifecycle import Role
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town, load_town
from classifier.testing import FakeClassifier
from intake_api.accounts.passwords import Passwords
from intake_api.app import create_app
from intake_api.settings import Settings
from intake_api.town_keeper import TownKeeper
from tests.intake_api.conftest import House

DISPATCHER = Actor(Role.DISPATCHER, "王派单", user_id=1)
DRONE = {
    "code": "zf.drone",
    "platform": "zf",
    "name": "无人机扰民",
    "definition": "无人机在居民区低飞、偷拍、噪声扰民，请求劝阻或查处。",
    "vocabulary": "无人机、航拍、飞手",
    "examples": "有人天天在我们小区上空放无人机，嗡嗡响\n楼上总有航拍的飞机对着窗户拍，能管管吗\n"
    "公园里飞手把无人机开得很低，吓着老人了",
    "time_class": "G3",
    "lead_unit": "enforcement_team",
}


def drone(**changes: Any) -> CategoryDraft:
    """A category nobody has yet."""
    values: dict[str, Any] = DRONE | {
        "vocabulary": tuple(DRONE["vocabulary"].split("、")),
        "examples": tuple(DRONE["examples"].splitlines()),
    }
    return CategoryDraft(**(values | changes))


async def read_town(database: Database) -> Town:
    async with database.reading() as session:
        return await load_town(session)


@pytest.fixture
async def house(sqlite_database: Database, now: datetime, tmp_path: Path) -> AsyncIterator[House]:
    """Pages and API over a town that is read anew when somebody changes it."""
    keeper, passwords, clock = TownKeeper(sqlite_database), Passwords.cheap(), FrozenClock(now)
    await keeper.load()
    tagger = FakeClassifier()
    app = create_app(
        Settings(data_dir=tmp_path, login_rate="1000/minute", track_rate="1000/minute"),
        database=sqlite_database,
        tagger=tagger,
        town_provider=keeper,
        passwords=passwords,
        clock=clock,
        secret=b"s" * 32,
    )
    client: TestClient[Any, Any] = TestClient(TestServer(app))
    await client.start_server()
    yield House(client, sqlite_database, clock, tagger, keeper(), passwords)
    await client.close()
