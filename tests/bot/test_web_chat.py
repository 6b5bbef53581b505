"""The browser chat through a real HTTP server: plain forms, the script's way, and the stream."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import func, select

from bot.service import BotService
from bot.web_channel import add_routes
from cases.models import ChatMessage, Contact, InboxMessage
from cases.storage.database import Database
from cases.testing import KeywordClassifier
from cases.town import Town
from tests.bot.desk import all_cases, attachments_of, newest_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
JSON = {"Accept": "application/json"}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@dataclass
class Browser:
    """A browser that keeps its cookie and can read a page's forms."""

    client: TestClient[Any, Any]
    service: BotService
    database: Database
    _count: int = 0

    async def page(self) -> str:
        return await (await self.client.get("/chat")).text()

    async def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', await self.page())
        assert found
        return found[1]

    async def post(self, *, script: bool = True, **fields: Any) -> aiohttp.ClientResponse:
        self._count += 1
        fields = {"csrf": await self.csrf(), "client_id": f"client-{self._count:04d}", **fields}
        form = aiohttp.FormData()
        for name, value in fields.items():
            if isinstance(value, bytes):
                form.add_field(name, value, filename="a.png", content_type="image/png")
            else:
                form.add_field(name, value)
        return await self.client.post("/chat/messages", data=form, headers=JSON if script else {})

    async def wait_for(self, words: str) -> str:
        for _ in range(100):
            page = await self.page()
            if words in page:
                return page
            await asyncio.sleep(0.05)
        raise AssertionError(f"{words!r} never came")


@pytest.fixture
async def browser(sqlite_database: Database, town: Town, tmp_path: Path) -> AsyncIterator[Browser]:
    service = BotService(
        database=sqlite_database,
        classifier=KeywordClassifier(),
        town_provider=lambda: town,
        data_dir=tmp_path,
    )
    app = web.Application()
    add_routes(app, service)
    await service.start()
    async with TestClient(TestServer(app)) as client:
        yield Browser(client, service, sqlite_database)
    await service.stop()


async def test_page_explains_itself_and_needs_no_login(browser: Browser) -> None:
    response = await browser.client.get("/chat")
    page = await response.text()
    assert response.status == 200
    for words in ("自动助手", "不用登录", "110", 'role="log"', "风荷镇"):
        assert words in page


async def test_page_has_no_inline_script_or_style(browser: Browser) -> None:
    response = await browser.client.get("/chat")
    page = await response.text()
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


async def test_cookie_is_out_of_reach_of_scripts(browser: Browser) -> None:
    response = await browser.client.get("/chat", headers={"X-Forwarded-Proto": "https"})
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" in cookie


async def test_first_look_writes_nothing(browser: Browser) -> None:
    await browser.page()
    async with browser.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(InboxMessage)) == 0


async def test_plain_form_files_a_case_and_shows_the_receipt(browser: Browser) -> None:
    response = await browser.post(script=False, text=LIGHT)
    page = await response.text()
    case = await newest_case(browser.database)
    assert response.status == 200
    assert response.history[0].status == 303
    assert case.number in page
    assert case.channel == "web"
    assert '<button type="submit" name="tap"' in page


async def test_plain_button_works_as_a_form(browser: Browser) -> None:
    page = await (await browser.post(script=False, text=LIGHT)).text()
    undo = re.search(r'name="tap" value="([^"]+)">撤销<', page)
    assert undo
    page = await (await browser.post(script=False, tap=undo[1], label="撤销")).text()
    assert "已撤销" in page
    assert (await newest_case(browser.database)).state == "withdrawn"


async def test_script_gets_202_and_the_answer_by_stream(browser: Browser) -> None:
    response = await browser.post(text=LIGHT)
    assert response.status == 202
    line = (await response.json())["id"]
    answer = await _next_event(browser, after=line)
    assert "已登记" in answer["text"]
    assert answer["buttons"][0][0]["label"] == "类别不对"
    assert not answer["mine"]


async def test_stream_resumes_after_the_last_event(browser: Browser) -> None:
    await browser.post(text=LIGHT)
    await browser.wait_for("已登记")
    first = await _next_event(browser, after=0)
    assert first["mine"]
    assert first["text"] == LIGHT
    second = await _next_event(browser, last_event_id=first["id"])
    assert "已登记" in second["text"]


async def test_stream_shows_what_another_process_wrote(browser: Browser) -> None:
    response = await browser.post(text=LIGHT)
    await browser.wait_for("已登记")
    answer = await _next_event(browser, after=(await response.json())["id"])
    reading = asyncio.create_task(_next_event(browser, after=answer["id"]))
    await asyncio.sleep(0.2)
    async with browser.database.transaction() as session:
        own = await session.get_one(ChatMessage, answer["id"])
        session.add(
            ChatMessage(
                contact_id=own.contact_id,
                direction="out",
                text="承办单位已签收",
                buttons=[],
                client_id="outbox:900",
                at=own.at,
            )
        )
    assert (await asyncio.wait_for(reading, 5))["text"] == "承办单位已签收"


async def test_stranger_gets_no_stream(browser: Browser) -> None:
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.get(browser.client.make_url("/chat/events")) as response,
    ):
        assert response.status == 204


async def test_same_post_twice_is_one_message(browser: Browser) -> None:
    for _ in range(2):
        response = await browser.post(text=LIGHT, client_id="same-nonce")
        assert response.status == 202
    await browser.wait_for("已登记")
    assert len(await all_cases(browser.database)) == 1
    async with browser.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(InboxMessage)) == 1


async def test_other_words_under_an_old_nonce_are_not_lost(browser: Browser) -> None:
    for text in (LIGHT, "楼下半夜噪声很大，睡不着，请管一管"):
        await browser.post(text=text, client_id="same-nonce")
        await browser.wait_for("已登记")
    for _ in range(60):
        if len(await all_cases(browser.database)) == 2:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the second sentence was lost")


async def test_photo_is_kept_beside_the_case(browser: Browser, tmp_path: Path) -> None:
    await browser.post(text=LIGHT, photo=PNG)
    await browser.wait_for("照片已附上")
    (attachment,) = await attachments_of(browser.database, await newest_case(browser.database))
    assert attachment.path
    assert (tmp_path / "attachments" / attachment.path).read_bytes() == PNG


@pytest.mark.parametrize("script", [True, False])
async def test_bad_posts_get_one_sentence(browser: Browser, script: bool) -> None:
    large = b"\xff\xd8\xff" + b"\0" * (10 * 1024 * 1024)
    for status, sentence, fields in (
        (400, "请先写一句话", {"text": "  "}),
        (403, "页面放太久了", {"text": LIGHT, "csrf": "0" * 32}),
        (413, "照片超过10MB", {"text": LIGHT, "photo": large}),
        (415, "只能附照片", {"text": LIGHT, "photo": b"MZ" + b"\0" * 90}),
        (413, "最多4000个字", {"text": "长" * 4001}),
    ):
        response = await browser.post(script=script, **fields)
        assert response.status == status
        assert sentence in await response.text()
    assert await all_cases(browser.database) == []


async def test_refused_page_keeps_what_was_written(browser: Browser) -> None:
    response = await browser.post(script=False, text=LIGHT, photo=b"MZ" + b"\0" * 90)
    assert LIGHT in await response.text()


async def test_no_post_without_a_cookie(browser: Browser) -> None:
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.post(
            browser.client.make_url("/chat/messages"), data={"text": LIGHT, "csrf": ""}
        ) as response,
    ):
        assert response.status == 403


@pytest.mark.parametrize("body", [b"", b"\0\xff\xfe", b"[" * 100_000, b"--x\r\n", b'{"text": 1}'])
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain",
             "multipart/form-data"]
)  # fmt: skip
async def test_broken_bodies_are_refused_calmly(browser: Browser, body: bytes, kind: str) -> None:
    await browser.page()
    response = await browser.client.post(
        "/chat/messages", data=body, headers={"Content-Type": kind, **JSON}
    )
    assert 400 <= response.status < 500
    assert "Traceback" not in await response.text()


async def test_flood_is_slowed_with_a_sentence(browser: Browser) -> None:
    statuses = [(await browser.post(text=f"第{n}句话")).status for n in range(25)]
    assert statuses[0] == 202
    assert statuses[-1] == 429


async def test_markup_stays_text(browser: Browser) -> None:
    page = await (
        await browser.post(script=False, text="<img src=x onerror=alert(1)> 路灯坏了")
    ).text()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


async def test_location_reaches_the_case(browser: Browser) -> None:
    await browser.post(text="楼下半夜噪声很大", latitude="30.25", longitude="120.16")
    await browser.wait_for("已登记")
    assert (await newest_case(browser.database)).latitude == 30.25


async def test_rating_in_the_browser(browser: Browser, town: Town) -> None:
    from datetime import UTC, datetime

    from tests.bot.desk import settle_case

    await browser.post(text=LIGHT)
    await browser.wait_for("已登记")
    case = await newest_case(browser.database)
    await settle_case(browser.database, town, case, datetime.now(UTC))
    browser.service.wake()
    page = await browser.wait_for("已办结")
    happy = re.search(r'name="tap" value="([^"]+)">满意<', page)
    assert happy
    await browser.post(tap=happy[1], label="满意")
    await browser.wait_for("谢谢您的评价")
    assert (await newest_case(browser.database)).satisfaction == 5


async def test_edit_is_told_on_the_stream_and_can_be_resumed(browser: Browser, town: Town) -> None:
    page = await _rated(browser, town)
    line = int(re.findall(r'data-id="(\d+)"', page[: page.index("✓ 您的评价")])[-1])
    after = await _newest_shown(browser, before_edits=True)
    event = await _next_event(browser, after=after, name="edit")
    assert event["id"] == line
    assert event["text"].endswith("✓ 您的评价：满意")
    assert [b["label"] for row in event["buttons"] for b in row] == ["修改评价"]
    # A reconnecting page goes on behind the edit: its own id is what it remembers.
    newest = await _newest_shown(browser, before_edits=False)
    await browser.post(text="谢谢")
    assert (await _next_event(browser, last_event_id=newest))["mine"]


async def test_edit_is_no_message_of_the_page(browser: Browser, town: Town) -> None:
    await _rated(browser, town)
    page = await browser.page()
    assert page.count("✓ 您的评价：满意") == 1
    assert page.count("请点一下评价") == 1


async def test_plain_tap_answers_with_the_edited_card(browser: Browser, town: Town) -> None:
    page = await _rated(browser, town)
    assert "✓ 您的评价：满意" in page
    assert ">基本满意<" not in page


async def test_typing_is_told_to_whoever_listens(browser: Browser) -> None:
    await browser.post(text=LIGHT)
    await browser.wait_for("已登记")
    async with browser.database.reading() as session:
        (key,) = await session.scalars(select(Contact.chat_key))
    after = await _newest_shown(browser, before_edits=False)

    async def show() -> None:
        while not browser.service.web.listeners._waiting.get(key):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await browser.service.web.show_typing(key)
        await browser.service.web.show_typing("somebody else")

    task = asyncio.create_task(show())
    assert await _next_event(browser, after=after, name="typing") == {}
    await task


async def test_files_need_a_line_of_this_chat(browser: Browser) -> None:
    await browser.post(text=LIGHT)
    page = await browser.wait_for("已登记")
    (line, *_) = re.findall(r'data-id="(\d+)"', page)
    for path in (line, "0", "99999", "9" * 18, "9" * 30, "x", "../../etc/passwd"):
        assert (await browser.client.get(f"/chat/files/{path}")).status == 404


async def _rated(browser: Browser, town: Town) -> str:
    """A closed case, rated by a plain form; the page that came back."""
    from datetime import UTC, datetime

    from tests.bot.desk import settle_case

    await browser.post(text=LIGHT)
    await browser.wait_for("已登记")
    case = await newest_case(browser.database)
    await settle_case(browser.database, town, case, datetime.now(UTC))
    browser.service.wake()
    page = await browser.wait_for("请点一下评价")
    happy = re.search(r'name="tap" value="([^"]+)">满意<', page)
    assert happy
    answer = await browser.post(script=False, tap=happy[1], label="满意")
    return await answer.text()


async def _newest_shown(browser: Browser, *, before_edits: bool) -> int:
    query = select(func.max(ChatMessage.id))
    if before_edits:
        query = query.where(ChatMessage.direction != "edit")
    async with browser.database.reading() as session:
        return int(await session.scalar(query) or 0)


async def test_assets_are_served(browser: Browser) -> None:
    for name in ("chat.css", "chat.js", "icon.svg"):
        assert (await browser.client.get(f"/chat/static/{name}")).status == 200


async def _next_event(
    browser: Browser,
    *,
    after: int = 0,
    last_event_id: int | None = None,
    name: str = "message",
) -> dict[str, Any]:
    headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    url = f"/chat/events?after={after}"
    async with browser.client.get(url, headers=headers) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        async with asyncio.timeout(5):
            async for raw in response.content:
                if raw.startswith(b"event: "):
                    assert raw == f"event: {name}\n".encode()
                if raw.startswith(b"data: "):
                    event: dict[str, Any] = json.loads(raw[6:])
                    return event
    raise AssertionError("the stream ended")
