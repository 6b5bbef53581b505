"""随手拍: a report, a number, a code – and nothing in the database that says who."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from bot.service import BotService
from bot.web_channel import add_routes
from cases.photo_privacy import strip_metadata
from cases.storage.database import Database
from cases.testing import KeywordClassifier
from cases.town import Town
from tests.bot.desk import all_cases, attachments_of, newest_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
SECRET = b"GPS 30.2741 120.1551 iPhone-of-Wang"
SCAN = b"\xff\xda\x00\x02pixels\xff\xd9"


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    body = b"".join(
        bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2, "big") + data
        for marker, data in segments
    )
    return b"\xff\xd8" + body + SCAN


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(len(d).to_bytes(4, "big") + k + d + b"crc!" for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


PHOTO = jpeg((0xE0, b"JFIF\0"), (0xE1, b"Exif\0\0" + SECRET), (0xFE, SECRET), (0xDB, b"table"))


@pytest.fixture
async def client(
    sqlite_database: Database, town: Town, tmp_path: Path
) -> AsyncIterator[TestClient[Any, Any]]:
    service = BotService(
        database=sqlite_database,
        classifier=KeywordClassifier(),
        town_provider=lambda: town,
        data_dir=tmp_path / "data",
    )
    app = web.Application()
    add_routes(app, service)
    async with TestClient(TestServer(app)) as client:
        yield client


async def post(client: TestClient[Any, Any], text: str = LIGHT, **more: Any) -> tuple[int, str]:
    form = FormData()
    form.add_field("client_id", more.pop("nonce", "a" * 32))
    form.add_field("text", text)
    if photo := more.pop("photo", None):
        form.add_field("photo", photo, filename="IMG_Wang.jpg", content_type="image/jpeg")
    answer = await client.post("/tip", data=form, headers=more.pop("headers", {}))
    return answer.status, await answer.text()


async def test_number_and_code_and_no_cookie(
    client: TestClient[Any, Any], sqlite_database: Database
) -> None:
    page = await client.get("/tip")
    assert "Set-Cookie" not in page.headers
    assert "<script" not in await page.text()
    status, answer = await post(client)
    case = await newest_case(sqlite_database)
    assert status == 200
    assert case.number in answer
    assert case.tracking_code in answer
    assert case.state == "dispatched"
    assert (case.contact_id, case.anonymous, case.channel) == (None, True, "tip")


async def test_scan_of_database_and_files_finds_no_identifier(
    client: TestClient[Any, Any], sqlite_database: Database, tmp_path: Path
) -> None:
    headers = {"User-Agent": "Browser-of-Wang/7", "Cookie": "huying_chat=" + "c" * 43}
    headers["X-Forwarded-For"] = "203.0.113.77"
    status, _ = await post(client, photo=PHOTO, headers=headers)
    assert status == 200
    assert len(await attachments_of(sqlite_database, await newest_case(sqlite_database))) == 1
    dump = "\n".join(sqlite3.connect(tmp_path / "huying.db").iterdump())
    kept = b"".join(p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file())
    for marker in ("Wang", "203.0.113.77", "127.0.0.1", "c" * 43, "IMG_"):
        assert marker not in dump
        assert marker.encode() not in kept
    for table in ("contacts", "inbox", "outbox", "chat_messages", "dialogues"):
        assert not re.search(rf'INSERT INTO "{table}"', dump), table


async def test_sent_twice_is_one_case(
    client: TestClient[Any, Any], sqlite_database: Database
) -> None:
    _, first = await post(client)
    _, second = await post(client)
    (case,) = await all_cases(sqlite_database)
    assert case.number in first
    assert case.number in second
    await post(client, nonce="b" * 32)
    assert len(await all_cases(sqlite_database)) == 2


async def test_danger_names_the_numbers(client: TestClient[Any, Any]) -> None:
    _, answer = await post(client, "楼道着火了")
    assert "请先拨打110/119/120" in answer


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": ""}, 400, "请先写一句话"),
        ({"headers": {"Origin": "https://elsewhere.example"}}, 403, "再发一次"),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403, "再发一次"),
        ({"photo": b"GIF89a" + b"\0" * 40}, 415, "去不掉"),
        ({"photo": b"\0\0\0\x18ftypheic" + b"\0" * 40}, 415, "去不掉"),
        ({"photo": b"no picture"}, 415, "只能附照片"),
    ],
)
async def test_what_is_refused_says_why_and_keeps_the_words(
    client: TestClient[Any, Any],
    sqlite_database: Database,
    fields: dict[str, Any],
    status: int,
    words: str,
) -> None:
    given, page = await post(client, **fields)
    assert given == status
    assert words in page
    if fields.get("text") != "":
        assert LIGHT in page
    assert await all_cases(sqlite_database) == []


def test_photo_loses_what_the_camera_wrote_and_stays_a_photo() -> None:
    assert strip_metadata(PHOTO) == jpeg((0xE0, b"JFIF\0"), (0xDB, b"table"))
    hidden = strip_metadata(PHOTO + SECRET)
    assert hidden is not None
    assert SECRET not in hidden


def test_other_formats_are_cleaned_or_given_up() -> None:
    end = (b"IEND", b"")
    dirty = png((b"IHDR", b"head"), (b"eXIf", SECRET), (b"tEXt", SECRET), (b"IDAT", b"px"), end)
    assert strip_metadata(dirty + SECRET) == png((b"IHDR", b"head"), (b"IDAT", b"px"), end)
    chunks = b"VP8 " + (4).to_bytes(4, "little") + b"data"
    exif = b"EXIF" + len(SECRET).to_bytes(4, "little") + SECRET + b"\0" * (len(SECRET) % 2)
    webp = b"RIFF" + (4 + len(chunks + exif)).to_bytes(4, "little") + b"WEBP" + chunks + exif
    assert strip_metadata(webp) == b"RIFF" + (16).to_bytes(4, "little") + b"WEBP" + chunks
    assert strip_metadata(b"\xff\xd8\xff\xe1") is None
    assert strip_metadata(b"GIF89a") is None


async def test_script_for_other_sites_may_be_loaded_from_anywhere(
    client: TestClient[Any, Any],
) -> None:
    answer = await client.get("/chat/embed.js")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "javascript" in answer.headers["Content-Type"]
    assert "innerHTML" not in await answer.text()
