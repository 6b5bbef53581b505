"""The webhook's door and the intake behind it, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.service import BotService
from bot.telegram_channel import TelegramSettings
from bot.telegram_channel.settings import WEBHOOK_PATH
from bot.telegram_channel.webhook import SECRET_HEADER, add_routes
from cases.models import InboxMessage
from cases.storage.database import Database
from cases.testing import KeywordClassifier
from cases.town import Town

SECRET = "s3cret-of_the-webhook"
UPDATE = {
    "update_id": 7,
    "message": {"message_id": 3, "chat": {"id": 5, "type": "private"}, "text": "路灯坏了"},
}
Client = TestClient[Any, Any]


def make_service(database: Database, town: Town, folder: Path, **settings: Any) -> BotService:
    telegram = TelegramSettings(token="123456:TEST", api_url="http://127.0.0.1:9", **settings)
    return BotService(
        database=database,
        classifier=KeywordClassifier(),
        town_provider=lambda: town,
        data_dir=folder,
        telegram=telegram,
    )


@pytest.fixture
async def door(sqlite_database: Database, town: Town, tmp_path: Path) -> AsyncIterator[Client]:
    service = make_service(
        sqlite_database,
        town,
        tmp_path,
        webhook_url="https://town.example",
        webhook_secret=SECRET,
    )
    app = web.Application()
    add_routes(app, service.telegram)
    async with TestClient(TestServer(app)) as client:
        yield client
    await service.stop()


async def rows(database: Database) -> list[InboxMessage]:
    async with database.reading() as session:
        return list(await session.scalars(select(InboxMessage).order_by(InboxMessage.id)))


async def post(door: Client, body: bytes, secret: str | None = SECRET) -> int:
    headers = {"Content-Type": "application/json"}
    if secret is not None:
        headers[SECRET_HEADER] = secret
    async with door.post(WEBHOOK_PATH, data=body, headers=headers) as response:
        return response.status


async def test_update_is_committed_before_the_200(door: Client, sqlite_database: Database) -> None:
    assert await post(door, json.dumps(UPDATE).encode()) == 200
    (row,) = await rows(sqlite_database)
    assert (row.state, row.chat_key, row.payload["update_id"]) == ("new", "5", 7)


async def test_resent_update_is_kept_once(door: Client, sqlite_database: Database) -> None:
    for _ in range(3):
        assert await post(door, json.dumps(UPDATE).encode()) == 200
    assert len(await rows(sqlite_database)) == 1


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "密钥"])
async def test_forged_update_is_turned_away(
    door: Client, sqlite_database: Database, secret: str | None
) -> None:
    if secret == "密钥":
        secret = secret.encode().decode("latin-1")
    assert await post(door, json.dumps(UPDATE).encode(), secret) == 403
    assert await rows(sqlite_database) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"7",
        b"[]",
        b'{"update_id": "x"}',
        b'{"update_id": 1, "message": {}}',
        b'{"update_id": 1, "message": {"message_id": 1, "chat": {"id": "\\u0000"}}}',
    ],
)
async def test_what_is_no_update_is_kept_dead_and_answered(
    door: Client, sqlite_database: Database, body: bytes
) -> None:
    assert await post(door, body) == 200
    (row,) = await rows(sqlite_database)
    assert row.state == "dead"


async def test_deep_nesting_inside_an_update_breaks_nothing(
    door: Client, sqlite_database: Database
) -> None:
    deep = '{"update_id":1,"message":{"message_id":1,"chat":{"id":5},"text":"x","y":%s}}'
    assert await post(door, (deep % ("[" * 900 + "]" * 900)).encode()) == 200
    assert len(await rows(sqlite_database)) == 1


async def test_large_body_is_refused(door: Client, sqlite_database: Database) -> None:
    assert await post(door, b'{"x": "' + b"a" * (1024 * 1024) + b'"}') == 413
    assert await rows(sqlite_database) == []


async def test_kinds_we_do_not_serve_are_waved_through(
    door: Client, sqlite_database: Database
) -> None:
    assert await post(door, b'{"update_id": 1, "poll_answer": {}}') == 200
    assert await rows(sqlite_database) == []


async def test_no_door_without_a_webhook(
    sqlite_database: Database, town: Town, tmp_path: Path
) -> None:
    service = make_service(sqlite_database, town, tmp_path)
    app = web.Application()
    add_routes(app, service.telegram)
    add_routes(app, None)
    async with TestClient(TestServer(app)) as client:
        assert (await client.post(WEBHOOK_PATH, json=UPDATE)).status == 404
    await service.stop()


async def test_one_malformed_update_does_not_spoil_the_batch(
    sqlite_database: Database, town: Town, tmp_path: Path
) -> None:
    service = make_service(sqlite_database, town, tmp_path)
    assert service.telegram is not None
    batch = [{"update_id": 1, "message": 7}, UPDATE, "rubbish"]
    assert await service.telegram.intake.take(batch) == 1
    assert sorted(row.state for row in await rows(sqlite_database)) == ["dead", "dead", "new"]
    await service.stop()


def test_settings_show_no_secret() -> None:
    settings = TelegramSettings(token="123:abc", webhook_secret=SECRET, webhook_url="https://x.cn")
    assert "123:abc" not in repr(settings)
    assert SECRET not in repr(settings)
    assert settings.full_webhook_url == f"https://x.cn{WEBHOOK_PATH}"
