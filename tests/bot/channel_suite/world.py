"""The bot over one channel, started, stopped and started again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.service import BotService
from bot.telegram_channel import TelegramSettings
from bot.telegram_channel.channel import TelegramChannel
from bot.telegram_channel.settings import WEBHOOK_PATH
from bot.telegram_channel.webhook import add_routes as add_webhook
from bot.web_channel import add_routes as add_chat
from cases.models import Case, HistoryEntry
from cases.storage.database import Database
from cases.testing import KeywordClassifier
from cases.town import Town
from tests.bot.screens import LoScreen, Screen, ScreenServer, TelemelyaScreen
from tests.bot.wires import BrowserWire, MovableClock, TelegramWire, Wire
from tests.fakes.simulators import run_lo, run_telemelya
from tests.ports import free_port

TOKEN = "123456789:TESTtokenTESTtokenTESTtokenTESTtoken"
LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
NOISE = "楼下半夜噪声很大，睡不着，请管一管"
OTHER_LIGHT = "文化路口的路灯也都坏了，请派人来修"
SIMULATORS = [
    "telegram",
    pytest.param("telemelya", marks=pytest.mark.e2e),
    pytest.param("lo", marks=pytest.mark.e2e),
]


class World:
    """The bot over one channel, started, stopped and started again."""

    def __init__(self, kind: str, database: Database, town: Town, folder: Path) -> None:
        self.kind, self.database, self.folder = kind, database, folder
        # What a burst is has a test of its own; the others need not wait for its end.
        notices = {**town.policy["notices"], "hold_seconds": 0}
        self.town = replace(town, policy={**town.policy, "notices": notices})
        self.clock = MovableClock()
        self.stack = AsyncExitStack()
        self.port = free_port()
        self.api: str | None = None
        self.server: ScreenServer | None = None
        self.service: BotService
        self.app_server: TestServer | None = None
        self.wire: Wire

    async def open(self) -> Wire:
        if self.kind == "telegram":
            self.server = ScreenServer()
            await self.stack.enter_async_context(self.server.running())
            self.api = self.server.root
        elif self.kind == "telemelya":
            self.api = self.stack.enter_context(run_telemelya())
        elif self.kind == "lo":
            self.api = self.stack.enter_context(run_lo(self.folder / "journal.jsonl"))
        await self.start()
        self.wire = self._make_wire()
        self.wire.restart = self.restart
        if self.kind != "browser":
            self.wire.screen = self._make_screen()
        return self.wire

    async def start(self) -> None:
        telegram = None
        webhook = self.kind == "telemelya"
        if self.api is not None:
            telegram = TelegramSettings(
                token=TOKEN,
                api_url=self.api,
                webhook_url=f"http://127.0.0.1:{self.port}{WEBHOOK_PATH}" if webhook else None,
                poll_seconds=1,
                answer_seconds=3.0,
            )
        self.service = BotService(
            database=self.database,
            classifier=KeywordClassifier(),
            town_provider=lambda: self.town,
            data_dir=self.folder,
            telegram=telegram,
            clock=self.clock,
        )
        app = web.Application()
        add_chat(app, self.service)
        add_webhook(app, self.service.telegram)
        self.app_server = TestServer(app, port=self.port)
        await self.app_server.start_server()
        await self.service.start()
        if self.service.telegram is not None and self.kind == "telegram":
            await self._until_named(self.service.telegram)

    async def stop(self) -> None:
        assert self.app_server is not None
        await self.service.stop()
        await self.app_server.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()
        self.wire.service = self.service
        if isinstance(self.wire, BrowserWire):
            await self.wire.forget_client()

    async def close(self) -> None:
        await self.stop()
        await self.stack.aclose()

    async def _until_named(self, channel: TelegramChannel) -> None:
        for _ in range(200):
            if channel.intake.bot_name:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("Telegram was never greeted")

    def _make_wire(self) -> Wire:
        pieces = (self.service, self.database, self.town, self.clock)
        if self.kind == "browser":
            return BrowserWire(*pieces, client=self._browser)
        return TelegramWire(*pieces, deliver=self._deliver)

    def _make_screen(self) -> Screen:
        if self.server is not None:
            return self.server
        if self.kind == "lo":
            return LoScreen(self.folder / "journal.jsonl")
        return TelemelyaScreen(str(self.api), TOKEN)

    async def _browser(self) -> TestClient[Any, Any]:
        assert self.app_server is not None
        client = TestClient(self.app_server)
        self.stack.push_async_callback(client.session.close)
        return client

    async def _deliver(self, update: dict[str, Any]) -> None:
        if self.server is not None:
            self.server.updates.append(update)
            return
        async with httpx.AsyncClient(trust_env=False) as http:
            if self.kind == "lo":
                update = {k: v for k, v in update.items() if k != "update_id"}
                url = f"{self.api}/__fixture/updates"
                answer = await http.post(url, json={"token": TOKEN, "update": update})
            else:
                url = f"http://127.0.0.1:{self.port}{WEBHOOK_PATH}"
                answer = await http.post(url, json=update)
            answer.raise_for_status()


Opener = Callable[[str], Awaitable[World]]


def photo_sizes(name: str) -> list[dict[str, Any]]:
    return [{"file_id": name, "file_unique_id": name, "width": 90, "height": 90, "file_size": 900}]


async def history_of(wire: Wire, case: Case) -> list[HistoryEntry]:
    async with wire.database.reading() as session:
        rows = await session.scalars(select(HistoryEntry).where(HistoryEntry.case_id == case.id))
        return list(rows)
