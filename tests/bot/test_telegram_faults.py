"""Telegram on a bad day: throttled, cut off, blocked, malformed – over real HTTP, long polling."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.service import BotService
from bot.telegram_channel import TelegramSettings
from cases.models import Contact, InboxMessage
from cases.storage.database import Database
from cases.testing import KeywordClassifier
from cases.town import Town
from tests.bot.desk import all_cases, attachments_of, newest_case, outbox_rows
from tests.fakes.telegram_server import CUT, GARBAGE, HANG, TelegramServer, refuse

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
_IDS = itertools.count(500)


class Line:
    """A bot that polls a server which does as it is told."""

    def __init__(self, server: TelegramServer, service: BotService, database: Database) -> None:
        self.server = server
        self.service = service
        self.database = database

    def say(self, text: str = LIGHT, *, chat: int = 5, **fields: Any) -> dict[str, Any]:
        number = next(_IDS)
        chat_table = {"id": chat, "type": "private"}
        message = {"message_id": number, "date": 1, "chat": chat_table, "text": text, **fields}
        update = {"update_id": number, "message": message}
        self.server.updates.append(update)
        return update

    async def until(self, met: Callable[[], bool], within: float = 15.0) -> None:
        async with asyncio.timeout(within):
            while not met():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def states(self) -> list[str]:
        return [row.state for row in await outbox_rows(self.database)]

    async def until_states(self, *expected: str) -> None:
        async with asyncio.timeout(15):
            while await self.states() != list(expected):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@pytest.fixture
async def line(sqlite_database: Database, town: Town, tmp_path: Path) -> AsyncIterator[Line]:
    async with TelegramServer().running() as server:
        service = BotService(
            database=sqlite_database,
            classifier=KeywordClassifier(),
            town_provider=lambda: town,
            data_dir=tmp_path,
            telegram=TelegramSettings(
                token="123456:TEST", api_url=server.root, poll_seconds=1, answer_seconds=0.5
            ),
        )
        await service.start()
        yield Line(server, service, sqlite_database)
        await service.stop()


async def test_malformed_update_does_not_spoil_its_batch(line: Line) -> None:
    line.server.updates += [{"update_id": next(_IDS), "message": {"text": 7}}, "rubbish", None]
    line.say()
    await line.until(lambda: len(line.server.sent) == 1)
    assert len(await all_cases(line.database)) == 1
    async with line.database.reading() as session:
        kept = [row.state for row in await session.scalars(select(InboxMessage))]
    assert sorted(kept) == ["dead", "dead", "dead", "done"]


async def test_offset_moves_on_past_what_was_kept(line: Line) -> None:
    update = line.say()
    await line.until(lambda: update["update_id"] + 1 in line.server.offsets)
    assert not line.server.updates


async def test_redelivered_update_is_answered_once(line: Line) -> None:
    update = line.say()
    await line.until(lambda: len(line.server.sent) == 1)
    line.server.updates.append(update)
    line.say("你好")
    await line.until(lambda: len(line.server.sent) == 2)
    assert len(await all_cases(line.database)) == 1


async def test_conflict_is_waited_out(line: Line) -> None:
    line.server.faults["getUpdates"] = [refuse(409, "Conflict: terminated by other getUpdates")]
    line.say()
    await line.until(lambda: len(line.server.sent) == 1)


async def test_throttled_message_goes_out_once_after_the_wait(line: Line) -> None:
    line.server.faults["sendMessage"] = [refuse(429, "Too Many Requests", retry_after=1)]
    line.say()
    await line.until_states("sent")
    assert len(line.server.sent) == 1


async def test_outage_is_retried(line: Line) -> None:
    line.server.faults["sendMessage"] = [refuse(502, "Bad Gateway")]
    line.say()
    await line.until_states("sent")
    assert len(line.server.sent) == 1


@pytest.mark.parametrize("fault", [HANG, CUT, GARBAGE], ids=lambda fault: fault.name)
async def test_ambiguous_send_is_not_repeated(line: Line, fault: Any) -> None:
    line.server.faults["sendMessage"] = [fault]
    line.say()
    await line.until_states("uncertain")
    await asyncio.sleep(0.3)
    assert len(line.server.sent) == 1
    line.say("我的诉求")
    await line.until_states("uncertain", "sent")


async def test_blocked_chat_is_marked_and_heals_itself(line: Line) -> None:
    line.server.faults["sendMessage"] = [refuse(403, "Forbidden: bot was blocked by the user")]
    line.say()
    await line.until_states("dead")
    async with line.database.reading() as session:
        assert not (await session.scalars(select(Contact))).one().reachable
    line.say("我的诉求")
    await line.until_states("dead", "sent")
    async with line.database.reading() as session:
        assert (await session.scalars(select(Contact))).one().reachable


async def test_tap_is_answered_even_if_telegram_finds_it_too_old(line: Line) -> None:
    line.say()
    await line.until(lambda: len(line.server.sent) == 1)
    (wrong, *_), *_ = line.server.sent[0]["reply_markup"]["inline_keyboard"]
    line.server.faults["answerCallbackQuery"] = [refuse(400, "Bad Request: query is too old")]
    tap = {"id": "77", "data": wrong["callback_data"], "from": {"id": 5, "is_bot": False}}
    line.server.updates.append({"update_id": next(_IDS), "callback_query": tap})
    await line.until(lambda: len(line.server.sent) == 2)
    assert "应该是哪一类" in line.server.sent[1]["text"]


async def test_file_that_cannot_be_fetched_keeps_its_id(line: Line) -> None:
    line.server.faults["getFile"] = [refuse(400, "Bad Request: wrong file_id")]
    line.say("", caption=LIGHT, photo=[{"file_id": "f1", "width": 1, "height": 1}])
    await line.until(lambda: len(line.server.sent) == 1)
    (photo,) = await attachments_of(line.database, await newest_case(line.database))
    assert (photo.path, photo.external_file_id) == (None, "f1")
    assert "照片已附上" in line.server.sent[0]["text"]


async def test_file_is_fetched_into_the_data_folder(line: Line, tmp_path: Path) -> None:
    line.server.files["f2"] = b"\xff\xd8\xff" + bytes(100)
    line.say("", caption=LIGHT, photo=[{"file_id": "f2", "width": 1, "height": 1}])
    await line.until(lambda: len(line.server.sent) == 1)
    (photo,) = await attachments_of(line.database, await newest_case(line.database))
    assert photo.path is not None
    assert (tmp_path / "attachments" / photo.path).stat().st_size == 103


async def test_edited_message_amends(line: Line) -> None:
    update = line.say()
    await line.until(lambda: len(line.server.sent) == 1)
    edited = {**update["message"], "text": f"{LIGHT}，五天了", "edit_date": 9}
    line.server.updates.append({"update_id": next(_IDS), "edited_message": edited})
    await line.until(lambda: len(line.server.sent) == 2)
    assert (await newest_case(line.database)).text == f"{LIGHT}，五天了"


async def test_logs_hold_no_words_no_chat_and_no_token(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    line.server.faults["sendMessage"] = [refuse(400, "Bad Request: MARKER"), CUT]
    line.say(f"{LIGHT}，标记词", chat=987654321)
    await line.until_states("dead")
    line.say("我的诉求", chat=987654321)
    await line.until_states("dead", "uncertain")
    for secret in ("标记词", "987654321", "123456:TEST", "MARKER"):
        assert secret not in caplog.text
