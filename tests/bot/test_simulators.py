"""From the first message to the rating, against Telegram simulators of other people.

One scenario, three ways in: telemelya by webhook, lo-bot-api-emulator by long polling and by
webhook with the secret. The bot is real, over real HTTP; only the classifier is a table.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import cards
from bot.service import BotService
from bot.telegram_channel import TelegramSettings
from bot.telegram_channel.settings import WEBHOOK_PATH
from bot.telegram_channel.webhook import add_routes
from cases.models import Case, OutboxMessage
from cases.storage.database import Database
from cases.testing import KeywordClassifier
from cases.town import Town
from tests.bot.desk import all_cases, attachments_of, outbox_rows, settle_case
from tests.fakes.simulators import lo_verdict, run_lo, run_telemelya
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

TOKEN = "123456789:TESTtokenTESTtokenTESTtokenTESTtoken"
SECRET = "a-secret_of-the_webhook"
CHAT = 4711
NOISE = "楼下半夜噪声很大，睡不着，请管一管"
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
_IDS = itertools.count(1)


class Citizen(Protocol):
    """The citizen's side of a simulator."""

    async def say(self, text: str) -> None: ...
    async def send_photo(self) -> None: ...
    async def tap(self, data: str, message_id: int) -> None: ...
    async def resend(self) -> None: ...


class Bot:
    """The bot as an installation runs it, and as it is killed and started again."""

    def __init__(self, database: Database, town: Town, folder: Path, api: str) -> None:
        self.database = database
        self.town = town
        self.folder = folder
        self.api = api
        self.port = free_port()
        self.webhook: str | None = f"http://127.0.0.1:{self.port}{WEBHOOK_PATH}"
        self.secret: str | None = None
        self._service: BotService | None = None
        self._server: TestServer | None = None

    async def start(self) -> None:
        settings = TelegramSettings(
            token=TOKEN,
            api_url=self.api,
            webhook_url=self.webhook,
            webhook_secret=self.secret,
            poll_seconds=5,
        )
        self._service = BotService(
            database=self.database,
            classifier=KeywordClassifier(),
            town_provider=lambda: self.town,
            data_dir=self.folder,
            telegram=settings,
        )
        app = web.Application()
        add_routes(app, self._service.telegram)
        self._server = TestServer(app, port=self.port)
        await self._server.start_server()
        await self._service.start()

    async def stop(self) -> None:
        assert self._service is not None
        assert self._server is not None
        await self._service.stop()
        await self._server.close()

    def wake(self) -> None:
        assert self._service is not None
        self._service.wake()


@asynccontextmanager
async def running(bot: Bot) -> AsyncIterator[Bot]:
    await bot.start()
    try:
        yield bot
    finally:
        await bot.stop()


async def until(found: Callable[[], Awaitable[Any]], what: str, within: float = 15.0) -> Any:
    """Wait for something in the database, without guessing how long it takes."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if result := await found():
            return result
        await asyncio.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {within} s")


async def sent_with(bot: Bot, words: str) -> OutboxMessage:
    """The sent message that contains ``words``."""

    async def look() -> OutboxMessage | None:
        rows = await outbox_rows(bot.database)
        return next((r for r in rows if words in r.payload["text"] and r.state == "sent"), None)

    row: OutboxMessage = await until(look, f"a message with {words!r}")
    return row


async def tell_the_whole_story(bot: Bot, citizen: Citizen) -> Case:
    """The scenario. Returns the case as it ended."""
    await citizen.say(NOISE)
    receipt = await sent_with(bot, "请问在什么地方")
    await citizen.resend()
    await bot.stop()
    await bot.start()
    await citizen.say("荷塘小区3幢")
    await sent_with(bot, "地点记下了")
    right = receipt.payload["buttons"][0][0]
    assert right["label"] == "对"
    for _ in range(2):
        await citizen.tap(right["data"], int(receipt.external_id or 0))
    await sent_with(bot, "已派给")
    await citizen.send_photo()
    await sent_with(bot, "照片已附在编号")
    (case,) = await all_cases(bot.database)
    await settle_case(bot.database, bot.town, case, datetime.now(UTC), text="已上门劝导。")
    bot.wake()
    closing = await sent_with(bot, "已办结")
    happy = closing.payload["buttons"][0][0]
    await citizen.tap(happy["data"], int(closing.external_id or 0))
    await sent_with(bot, "谢谢您的评价")
    return await check_the_end(bot)


async def check_the_end(bot: Bot) -> Case:
    (case,) = await all_cases(bot.database)
    assert (case.state, case.satisfaction, case.place_text) == ("evaluated", 5, "荷塘小区3幢")
    (photo,) = await attachments_of(bot.database, case)
    assert photo.path is not None
    assert (bot.folder / "attachments" / photo.path).read_bytes() == PHOTO

    async def all_went_out() -> bool:
        # The edit of the last card stands behind the answer, at the pace of one chat.
        rows = await outbox_rows(bot.database)
        return not {row.state for row in rows} & {"queued", "leased"}

    await until(all_went_out, "sending everything")
    rows = await outbox_rows(bot.database)
    # What one burst about a case said first went out as part of the last word.
    kept = [row for row in rows if row.state != "suppressed"]
    assert {row.state for row in kept} == {"sent"}
    assert {row.kind.split(".")[0] for row in rows if row not in kept} <= {"notice"}
    texts = [row.payload["text"] for row in kept if row.kind != cards.KIND]
    assert len([t for t in texts if "谢谢，按" in t]) == 1, "the double tap was answered twice"
    assert len([t for t in texts if "请问在什么地方" in t]) == 1, "the resent update was, too"
    return case


def private_message(**fields: Any) -> dict[str, Any]:
    return {
        "message_id": next(_IDS),
        "date": int(time.time()),
        "chat": {"id": CHAT, "type": "private", "first_name": "王"},
        "from": {"id": CHAT, "is_bot": False, "first_name": "王", "language_code": "zh-hans"},
        **fields,
    }


class TelemelyaCitizen:
    """Drives telemelya's control API as its own test client does."""

    def __init__(self, root: str, webhook: str, photo: Path) -> None:
        self._http = httpx.AsyncClient(
            base_url=root,
            headers={"Authorization": "Bearer key", "X-Test-Session": "story"},
            timeout=20,
            trust_env=False,
        )
        self._webhook = webhook
        self._photo = photo
        self._last: dict[str, Any] = {}

    async def say(self, text: str) -> None:
        await self._send(text=text)

    async def send_photo(self) -> None:
        uploaded = await self._http.post(
            "/api/v1/test/upload_media",
            params={"session_id": "story"},
            files={"file": ("a.jpg", self._photo.read_bytes(), "image/jpeg")},
        )
        await self._send(photo_file_id=uploaded.raise_for_status().json()["file_id"])

    async def tap(self, data: str, message_id: int) -> None:
        await self._send(callback_data=data, callback_message_id=message_id)

    async def resend(self) -> None:
        (await self._http.post(self._webhook, json=self._last)).raise_for_status()

    async def responses(self) -> list[dict[str, Any]]:
        answer = await self._http.get("/api/v1/test/responses", params={"session_id": "story"})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["responses"]
        return found

    async def _send(self, **fields: Any) -> None:
        answer = await self._http.post(
            "/api/v1/test/send_update",
            params={"bot_token": TOKEN},
            json={"chat_id": CHAT, **fields},
        )
        body = answer.raise_for_status().json()
        assert body["delivery"]["status_code"] == 200
        self._last = body["update"]


class LoCitizen:
    """Queues updates at lo-bot-api-emulator."""

    def __init__(self, root: str) -> None:
        self._http = httpx.AsyncClient(base_url=root, timeout=20, trust_env=False)
        self._last: dict[str, Any] = {}

    async def say(self, text: str) -> None:
        await self._queue({"message": private_message(text=text)})

    async def send_photo(self) -> None:
        # The file has to lie on the server first: whoever sends one puts it there.
        uploaded = await self._http.post(
            f"/bot{TOKEN}/sendPhoto",
            data={"chat_id": str(CHAT)},
            files={"photo": ("a.jpg", PHOTO, "image/jpeg")},
        )
        sizes = uploaded.raise_for_status().json()["result"]["photo"]
        await self._queue({"message": private_message(photo=sizes)})

    async def tap(self, data: str, message_id: int) -> None:
        tap = {
            "id": str(next(_IDS)),
            "from": {"id": CHAT, "is_bot": False, "first_name": "王"},
            "chat_instance": "1",
            "data": data,
            "message": private_message(message_id=message_id),
        }
        await self._queue({"callback_query": tap})

    async def resend(self) -> None:
        """The same message under the next update id: the emulator takes no used one."""
        await self._queue(self._last)

    async def _queue(self, update: dict[str, Any]) -> None:
        answer = await self._http.post(
            "/__fixture/updates", json={"token": TOKEN, "update": update}
        )
        answer.raise_for_status()
        self._last = update


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Path]:
    return tmp_path / "journal.jsonl"


async def test_telemelya_by_webhook(
    sqlite_database: Database, town: Town, tmp_path: Path, photo: Path
) -> None:
    with run_telemelya() as root:
        bot = Bot(sqlite_database, town, tmp_path, root)
        async with running(bot):
            assert bot.webhook is not None
            await _webhook_registered(root)
            citizen = TelemelyaCitizen(root, bot.webhook, photo)
            case = await tell_the_whole_story(bot, citizen)
            responses = await citizen.responses()
    sent = [r for r in responses if r["method"] == "sendMessage"]
    assert case.number in sent[0]["text"]
    assert "inline_keyboard" in sent[0]["reply_markup"]
    assert sum(r["method"] == "answerCallbackQuery" for r in responses) == 3


async def test_lo_by_long_polling(
    sqlite_database: Database, town: Town, tmp_path: Path, journal: Path
) -> None:
    with run_lo(journal) as root:
        bot = Bot(sqlite_database, town, tmp_path, root)
        bot.webhook = None
        async with running(bot):
            await tell_the_whole_story(bot, LoCitizen(root))
    # Our restarted poller may come before the emulator saw the old connection close.
    passed, said = lo_verdict(journal, "answerCallbackQuery", allow=("getUpdates:409",))
    assert passed, said


async def test_lo_by_webhook_with_secret(
    sqlite_database: Database, town: Town, tmp_path: Path, journal: Path
) -> None:
    with run_lo(journal) as root:
        bot = Bot(sqlite_database, town, tmp_path, root)
        bot.secret = SECRET
        async with running(bot):
            await tell_the_whole_story(bot, LoCitizen(root))
            async with httpx.AsyncClient(trust_env=False) as forger:
                assert bot.webhook is not None
                forged = await forger.post(bot.webhook, json={"update_id": 1})
            assert forged.status_code == 403
    passed, said = lo_verdict(journal, "answerCallbackQuery", "setWebhook")
    assert passed, said


async def _webhook_registered(root: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:

        async def look() -> bool:
            answer = await http.post(f"{root}/bot{TOKEN}/getWebhookInfo")
            return bool(answer.json()["result"]["url"])

        await until(look, "registering the webhook")
