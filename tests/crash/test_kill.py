"""``kill -9`` at random moments: no message lost, no case filed twice.

Citizens write over Telegram and in the browser, a hotline posts transcripts, and each tries
again until it was acknowledged, as the real ones do. Meanwhile the whole process group is
killed and started anew, at moments drawn from a seed. Afterwards everything said has to be in
exactly one case; a chat may have been told twice only where the outbox says so.

``HUYING_TEST_KILLS`` sets how often (20 in every run; ``make crash`` a hundred times).
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sqlite3
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from tests.crash.bot_api import BotApi
from tests.crash.server import Server, huying, train_small_model

pytestmark = [pytest.mark.crash, pytest.mark.timeout(3000)]
KILLS = int(os.environ.get("HUYING_TEST_KILLS", "20"))
SEED = 20261123
_PATIENT = 30
RETRY = (aiohttp.ClientError, ConnectionError, TimeoutError)


class Crowd:
    """Everybody who wants something, each with a sentence of their own."""

    def __init__(self, server: Server, api: BotApi, token: str) -> None:
        self.server, self.api, self.token = server, api, token
        self.said: list[str] = []
        self.done = asyncio.Event()

    def sentence(self, kind: str) -> str:
        text = f"{kind}{len(self.said)}号：朝晖路第{len(self.said)}根灯杆的路灯不亮，晚上漆黑一片"
        self.said.append(text)
        return text

    async def over_telegram(self) -> None:
        chat = 7000
        while not self.done.is_set():
            # People who wait for an answer, not a flood: the backlog stays small.
            if chat - 7000 - len(self.api.received) > _PATIENT:
                await asyncio.sleep(0.1)
                continue
            chat += 1
            self.api.say(chat, self.sentence("电报"))
            await asyncio.sleep(0.25)

    async def in_the_browser(self) -> None:
        while not self.done.is_set():
            text = self.sentence("网页")
            jar = aiohttp.CookieJar(unsafe=True)  # our address is a number, not a name
            limit = aiohttp.ClientTimeout(total=10)
            async with aiohttp.ClientSession(timeout=limit, cookie_jar=jar) as browser:
                await self._until(self._post_chat, browser, text, f"nonce-{len(self.said):08d}")
            await asyncio.sleep(0.1)

    async def _post_chat(self, browser: aiohttp.ClientSession, text: str, nonce: str) -> bool:
        async with browser.get(f"{self.server.address}/chat") as page:
            html = await page.text()
        csrf = re.search(r'name="csrf" value="([^"]+)"', html)
        if csrf is None:
            return False
        async with browser.post(
            f"{self.server.address}/chat/messages",
            data={"csrf": csrf[1], "client_id": nonce, "text": text},
            headers={"Accept": "application/json"},
        ) as response:
            return response.status == 202

    async def from_the_hotline(self) -> None:
        while not self.done.is_set():
            text = self.sentence("热线")
            body = {"text": text, "source_system": "12345", "source_id": f"T{len(self.said)}"}
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as client:
                await self._until(self._post_transcript, client, body)
            await asyncio.sleep(0.1)

    async def _post_transcript(self, client: aiohttp.ClientSession, body: dict) -> bool:
        async with client.post(
            f"{self.server.address}/api/v1/transcripts",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
        ) as response:
            return response.status in (200, 201)

    async def _until(self, attempt, *arguments) -> None:
        while True:
            try:
                if await attempt(*arguments):
                    return
            except RETRY:
                pass
            await asyncio.sleep(0.1)


async def _wait_until_quiet(database: Path, within: float = 120) -> None:
    deadline = asyncio.get_running_loop().time() + within
    while asyncio.get_running_loop().time() < deadline:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as rows:
            (waiting,) = rows.execute(
                "SELECT (SELECT count(*) FROM inbox WHERE state = 'new') + "
                "(SELECT count(*) FROM outbox WHERE state IN ('queued', 'leased'))"
            ).fetchone()
        if waiting == 0:
            return
        await asyncio.sleep(0.3)
    pytest.fail(f"{waiting} messages still waiting")


async def test_killed_at_random_moments_nothing_is_lost_or_filed_twice(tmp_path):
    chance = random.Random(SEED)
    data_dir = tmp_path / "data"
    await asyncio.to_thread(train_small_model, data_dir)
    await asyncio.to_thread(huying, "db", "upgrade", "--data-dir", str(data_dir))
    printed = await asyncio.to_thread(
        huying, "tokens", "create", "热线", "--role", "agent", "--data-dir", str(data_dir)
    )
    api = BotApi()
    await api.start()
    server = Server(
        data_dir,
        HUYING_TELEGRAM_TOKEN="1:crash-test",
        HUYING_TELEGRAM_API_URL=f"http://127.0.0.1:{api.port}",
    )
    crowd = Crowd(server, api, printed.strip().splitlines()[-1])
    server.start()
    try:
        await server.ready()
        people = [
            asyncio.create_task(person)
            for person in (crowd.over_telegram(), crowd.in_the_browser(), crowd.from_the_hotline())
        ]
        for kill in range(KILLS):
            # Every fourth kill hits while it is still starting.
            if kill % 4 != 3:
                await server.ready()
            await asyncio.sleep(chance.uniform(0.0, 2.5))
            server.kill()
            server.start()
        await server.ready()
        await asyncio.sleep(1)
        crowd.done.set()
        await asyncio.gather(*people)
        while api.updates[1:]:  # noqa: ASYNC110 (the bot confirms by its next offset)
            await asyncio.sleep(0.2)
        await _wait_until_quiet(data_dir / "huying.db")
    finally:
        server.kill()
        await api.stop()
    _check(data_dir / "huying.db", crowd, api)


def _check(database: Path, crowd: Crowd, api: BotApi) -> None:
    with sqlite3.connect(database) as rows:
        cases = Counter(text for (text,) in rows.execute("SELECT text FROM cases"))
        dead = rows.execute("SELECT count(*) FROM inbox WHERE state = 'dead'").fetchone()[0]
        outbox = rows.execute(
            "SELECT channel, chat_key, payload, state FROM outbox ORDER BY id"
        ).fetchall()
        (numbers, distinct) = rows.execute(
            "SELECT count(number), count(DISTINCT number) FROM cases"
        ).fetchone()
    lost = [text for text in crowd.said if cases[text] == 0]
    twice = [text for text in crowd.said if cases[text] > 1]
    print(f"{KILLS} kills, {len(crowd.said)} messages, {len(lost)} lost, {len(twice)} twice")
    assert len(crowd.said) > KILLS * 3
    assert (lost, twice, dead) == ([], [], 0)
    assert numbers == distinct == len(crowd.said)
    told_twice = 0
    for channel, chat, payload, state in outbox:
        assert state == "sent", (channel, state)
        if channel != "telegram":
            continue
        text = json_text(payload)
        times = sum(text in received for received in api.received[int(chat)])
        assert times >= 1, "a receipt never went out"
        if times > 1:
            told_twice += 1
            assert '"ambiguous": true' in payload, "told twice without saying so"
    print(f"{told_twice} of {len(outbox)} messages went out twice, each marked ambiguous")


def json_text(payload: str) -> str:
    import json

    return str(json.loads(payload)["text"])
