"""A running application on a test client, people of every role, tokens of every role."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from cases.lifecycle import Role
from cases.models import User
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town
from classifier.testing import FakeClassifier
from intake_api.accounts.auth import create_token
from intake_api.accounts.passwords import Passwords
from intake_api.app import create_app
from intake_api.settings import Settings

PASSWORD = "fenghe-1234"
UNITS = {Role.HANDLER: "lighting_office", Role.HANDLER_HEAD: "lighting_office"}
LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片，老人走路害怕，请尽快修一下"

Client = TestClient[Any, Any]


@dataclass
class House:
    """The application of one test and what a test needs to knock at it."""

    client: Client
    database: Database
    clock: FrozenClock
    tagger: FakeClassifier
    town: Town
    passwords: Passwords

    async def token(self, role: Role | str = Role.AGENT, unit: str | None = None) -> dict[str, str]:
        """Headers of a fresh token."""
        role = Role(role)
        async with self.database.transaction() as session:
            token = await create_token(
                session,
                name=f"测试{role.value}",
                role=role,
                unit_code=unit or UNITS.get(role),
                now=self.clock(),
            )
        return {"Authorization": f"Bearer {token}"}

    async def add_user(self, role: Role | str, unit: str | None = None, name: str = "") -> str:
        """A person with a password; returns the name."""
        role = Role(role)
        name = name or f"user-{role.value}"
        async with self.database.transaction() as session:
            session.add(
                User(
                    name=name,
                    role=role.value,
                    unit_code=unit or UNITS.get(role),
                    password_hash=await self.passwords.hash(PASSWORD),
                    active=True,
                    created_at=self.clock(),
                )
            )
        return name

    async def login(self, role: Role | str, unit: str | None = None) -> str:
        """Log the client in as a new person of ``role``; returns the page's CSRF token."""
        self.client.session.cookie_jar.clear()
        name = await self.add_user(role, unit, name=f"{Role(role).value}-{unit or 'x'}")
        page = await (await self.client.get("/login")).text()
        answer = await self.client.post(
            "/login",
            data={"csrf": csrf_of(page), "name": name, "password": PASSWORD, "next": ""},
            allow_redirects=False,
        )
        assert answer.status == 303, await answer.text()
        return csrf_of(await (await self.client.get("/desk")).text())

    async def file(self, headers: dict[str, str], text: str = LIGHT, **body: Any) -> dict[str, Any]:
        """A case opened over the API."""
        answer = await self.client.post(
            "/api/v1/cases", json={"text": text, **body}, headers=headers
        )
        assert answer.status == 201, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found

    async def act(
        self, headers: dict[str, str], number: str, action: str, **data: Any
    ) -> tuple[int, dict[str, Any]]:
        """One action over the API; (status, body)."""
        answer = await self.client.post(
            f"/api/v1/cases/{number}/{action}", json=data, headers=headers
        )
        return answer.status, await answer.json()


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page[:2000]
    return found[1]


HouseMaker = Callable[..., Awaitable[House]]


async def build_house(
    database: Database,
    town: Town,
    now: datetime,
    data_dir: Path,
    tagger: Any = None,
    **settings: Any,
) -> House:
    clock, passwords = FrozenClock(now), Passwords.cheap()
    tagger = tagger or FakeClassifier()
    app = create_app(
        Settings(data_dir=data_dir, login_rate="1000/minute", track_rate="1000/minute", **settings),
        database=database,
        tagger=tagger,
        town_provider=lambda: town,
        passwords=passwords,
        clock=clock,
        secret=b"s" * 32,
    )
    client = TestClient(TestServer(app))
    await client.start_server()
    return House(client, database, clock, tagger, town, passwords)


@pytest.fixture
async def house(
    sqlite_database: Database, town: Town, now: datetime, tmp_path: Path
) -> AsyncIterator[House]:
    built = await build_house(sqlite_database, town, now, tmp_path)
    yield built
    await built.client.close()


@pytest.fixture
async def both_houses(
    database: Database, town: Town, now: datetime, tmp_path: Path
) -> AsyncIterator[House]:
    """Once on SQLite, once on PostgreSQL: for what writes and searches."""
    built = await build_house(database, town, now, tmp_path)
    yield built
    await built.client.close()
