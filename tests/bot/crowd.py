"""A hundred citizens who talk to the bot at once, over a Bot API server that has bad moments.

Each says what is wrong and, once that is filed, adds two things at once. Texts are real
messages where ``../shared/data`` is there, else authored rows; nothing of them is kept.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import itertools
import random
import re
import statistics
import sys
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import func, select
from telegram import Bot

from bot.service import BotService
from bot.telegram_channel import TelegramSettings
from bot.words import word_pattern
from cases.classification import Tag
from cases.models import OutboxMessage
from cases.storage.database import Database
from cases.testing import make_tag
from cases.town import Town
from tests.fakes.telegram_server import HANG, TelegramServer, refuse

ROOT = Path(__file__).parents[2]
REAL = ROOT / ".." / "shared" / "data" / "taidi2020c_messages.csv"
TOKEN = "123456:CROWD"
MORE = "补充第{number}点，请看"
_PATIENCE = 500.0
_IDS = itertools.count(1)


def read_texts(count: int) -> tuple[str, list[str]]:
    """(where they are from, that many different texts of a length one types)."""
    source, rows = "authored rows", []
    if REAL.exists():
        csv.field_size_limit(sys.maxsize)
        with REAL.open(encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file))
        widest = max(range(len(table[1])), key=lambda i: statistics.mean(
            len(row[i]) for row in table[1:200] if len(row) > i))  # fmt: skip
        rows = [row[widest].strip()[:300] for row in table[1:] if len(row) > widest]
        source = "real messages"
    else:
        for path in sorted((ROOT / "training_data" / "examples").glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows += [row["text"] for row in csv.DictReader(file)][:10]
    # One matter each: the tagger below finds any two pieces of a text different.
    several = re.compile(word_pattern("several"))
    texts = list(dict.fromkeys(row for row in rows if len(row) >= 15 and not several.search(row)))
    random.Random(7).shuffle(texts)
    return source, [f"{text}（{number}）" for number, text in enumerate(texts[:count])]


class AnyTagger:
    """Some category for every text, the same each time; what is added later names none."""

    def __init__(self, town: Town) -> None:
        self._codes = sorted(town.responsibilities)

    async def classify(self, text: str) -> Tag:
        """By a fingerprint: what matters here is not which."""
        if text.startswith("补充"):
            return make_tag(platform="na", category="na.unclear", decision="human")
        digest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        code = self._codes[digest % len(self._codes)]
        return make_tag(category=code, platform=code.split(".")[0])


class TimingServer(TelegramServer):
    """Remembers when each chat was told what, and lets whoever waits know."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[int, list[tuple[float, str]]] = defaultdict(list)
        #: Chats whose next message is refused: they blocked the bot.
        self.blocked: set[int] = set()
        self._news: dict[int, asyncio.Event] = defaultdict(asyncio.Event)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["method"] == "sendMessage" and self.blocked:
            chat = int(str((await request.post())["chat_id"]))
            if chat in self.blocked:
                self.blocked.discard(chat)
                refusal = refuse(403, "Forbidden: bot was blocked by the user")
                return await self._misbehave(request, "sendMessage", {}, refusal)
        return await super()._handle(request)

    async def _answer(self, method: str, fields: dict[str, Any]) -> Any:
        answer = await super()._answer(method, fields)
        if method == "sendMessage":
            chat = int(fields["chat_id"])
            self.told[chat].append((time.perf_counter(), fields["text"]))
            self._news[chat].set()
        return answer

    def say(self, chat: int, text: str) -> float:
        """A citizen's message; returns when."""
        number = next(_IDS)
        citizen = {"id": chat, "is_bot": False, "first_name": "市民", "language_code": "zh"}
        message = {
            "message_id": number,
            "date": 1,
            "chat": {"id": chat, "type": "private"},
            "from": citizen,
            "text": text,
        }
        self.updates.append({"update_id": number, "message": message})
        return time.perf_counter()

    async def wait_for(self, chat: int, words: str, times: int = 1) -> float:
        """When the chat was told ``words`` that often."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                self._news[chat].clear()
                moments = [at for at, text in self.told[chat] if words in text]
                if len(moments) >= times:
                    return moments[times - 1]
                try:
                    await self._news[chat].wait()
                except asyncio.CancelledError:
                    heard = [text[:20] for _, text in self.told[chat]]
                    raise AssertionError(f"{words!r} was not heard; heard {heard}") from None


@dataclass
class Run:
    """What came of it; times in seconds from message to answer."""

    answers: list[float] = field(default_factory=list)
    seconds: float = 0.0
    lost: set[int] = field(default_factory=set)

    @property
    def per_second(self) -> float:
        return len(self.answers) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.answers)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def describe(self) -> str:
        p50, p95, p99 = (self.percentile(share) for share in (0.50, 0.95, 0.99))
        return (
            f"{len(self.answers)} answers, {self.per_second:.1f}/s, "
            f"p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s"
        )


class Crowd:
    """``faults`` injects 429, time-outs, 403 and malformed updates; ``restarts`` stops the bot
    in the middle and starts it again, that many times."""

    def __init__(
        self, database: Database, town: Town, folder: Path, server: TimingServer, *, restarts: int
    ) -> None:
        self.database, self.town, self.folder, self.server = database, town, folder, server
        self.restarts = restarts
        self.run = Run()
        self.chats: dict[int, str] = {}
        self._service: BotService | None = None
        self._dice = random.Random(11)

    async def play(self, texts: list[str], *, faults: bool, at_once: int = 100) -> Run:
        """Everybody talks; returns when everybody was answered."""
        self.chats = {1000 + number: text for number, text in enumerate(texts)}
        slots = asyncio.Semaphore(at_once)

        async def one(chat: int, text: str) -> None:
            async with slots:
                await self._citizen(chat, text, blocks=faults and chat % 33 == 0)

        await self._start()
        trouble = asyncio.create_task(self._make_trouble()) if faults else None
        began = time.perf_counter()
        crowd = [asyncio.create_task(one(chat, text)) for chat, text in self.chats.items()]
        try:
            for number in range(self.restarts):
                await self._until_answered(len(texts) * 3 * (number + 1) // (self.restarts + 2))
                await self._stop()
                await self._start()
            await asyncio.gather(*crowd)
            if trouble:
                trouble.cancel()
            await self._until_sent()
        finally:
            for task in (*crowd, *([trouble] if trouble else [])):
                task.cancel()
            self.run.seconds = time.perf_counter() - began
            await self._stop()
        return self.run

    async def _citizen(self, chat: int, text: str, *, blocks: bool) -> None:
        if blocks:
            self.server.blocked.add(chat)
        said = self.server.say(chat, text)
        if blocks:
            # The receipt is refused; whoever writes again is answered again.
            async with asyncio.timeout(_PATIENCE):
                while chat in self.server.blocked:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            said = self.server.say(chat, "我的诉求")
            self.run.answers.append(await self.server.wait_for(chat, "诉求") - said)
            self.run.lost.add(chat)
            return
        self.run.answers.append(await self.server.wait_for(chat, "已登记") - said)
        said = [self.server.say(chat, MORE.format(number=number)) for number in (1, 2)]
        for number, moment in enumerate(said, start=1):
            self.run.answers.append(await self.server.wait_for(chat, "已补充", number) - moment)

    async def _make_trouble(self) -> None:
        """One bad moment after another, none of them for long."""
        for number in itertools.count():
            await asyncio.sleep(2.0)
            kind = self._dice.choice(("slow down", "time-out", "rubbish"))
            if kind == "slow down":
                refusal = refuse(429, "Too Many Requests: retry after 1", retry_after=1)
                self.server.faults["sendMessage"].append(refusal)
            elif kind == "time-out" and number % 3 == 0:
                self.server.faults["sendMessage"].append(HANG)
            else:
                self.server.updates.append({"update_id": next(_IDS), "message": {"text": 7}})
                self.server.updates.append({"update_id": next(_IDS), "message": "rubbish"})

    async def _until_answered(self, count: int) -> None:
        async with asyncio.timeout(_PATIENCE):
            while len(self.run.answers) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _until_sent(self) -> None:
        """Everybody was told; a request that hangs may still be waited for."""
        leased = select(func.count()).where(OutboxMessage.state == "leased")
        async with asyncio.timeout(_PATIENCE):
            while True:
                async with self.database.reading() as session:
                    if not await session.scalar(leased):
                        return
                await asyncio.sleep(0.05)

    async def _start(self) -> None:
        self._service = BotService(
            database=self.database,
            classifier=AnyTagger(self.town),
            town_provider=lambda: self.town,
            data_dir=self.folder,
            telegram=TelegramSettings(
                token=TOKEN, api_url=self.server.root, poll_seconds=1, answer_seconds=1.5
            ),
        )
        await self._service.start()

    async def _stop(self) -> None:
        if self._service is not None:
            await self._service.stop(within=1.0)
            self._service = None


async def play_echo(server: TimingServer, texts: list[str], at_once: int = 100) -> Run:
    """The same crowd with a bot that only repeats: library, server and machine without us."""
    bot = Bot(TOKEN, base_url=f"{server.root}/bot", base_file_url=f"{server.root}/file/bot")
    await bot.initialize()
    run = Run()
    slots = asyncio.Semaphore(at_once)

    async def echo() -> None:
        offset = None
        while True:
            updates = await bot.do_api_request(
                "get_Updates", api_kwargs={"timeout": 1, **({"offset": offset} if offset else {})}
            )
            for update in updates:
                offset = update["update_id"] + 1
                message = update["message"]
                await bot.send_message(message["chat"]["id"], f"回：{message['text']}")

    async def one(chat: int, text: str) -> None:
        async with slots:
            for words in (text, *(MORE.format(number=n) for n in (1, 2))):
                said = server.say(chat, words)
                run.answers.append(await server.wait_for(chat, f"回：{words}") - said)

    task = asyncio.create_task(echo())
    began = time.perf_counter()
    try:
        await asyncio.gather(*(one(5000 + n, text) for n, text in enumerate(texts)))
    finally:
        run.seconds = time.perf_counter() - began
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await bot.shutdown()
    return run
