"""The browser story: a person labels ten cases, retrains, reads the comparison, lets the new model
serve, sees a new case tagged by it, and takes it back. Nothing is played: server, worker, training
process and Chromium are the real ones.

With ``HUYING_TEST_PICTURES=FOLDER`` each station leaves a picture there (docs/images).
"""

from __future__ import annotations

import asyncio
import difflib
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from cases.models import LabelText, PredictionEntry
from tests.crash.server import CATEGORIES, Server, huying
from tests.intake_api.conftest import PASSWORD
from tests.retraining.small_town import (
    DISPATCHER,
    add_labels,
    prepare_town,
    read_rows,
    registry,
    with_database,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
LABELLED = 10
_FIRST = 100  # rows from here on are what the citizens of this story say


class Person:
    """Somebody at a browser."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.troubles: list[str] = []
        self._pictures = os.environ.get("HUYING_TEST_PICTURES")
        page.on("pageerror", lambda error: self.troubles.append(str(error)))

    async def open(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def log_in(self) -> None:
        await self.open("/login")
        await self.page.fill("#name", DISPATCHER)
        await self.page.fill("#password", PASSWORD)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url("**/desk")

    async def picture(self, name: str) -> None:
        if self._pictures:
            await self.page.screenshot(path=Path(self._pictures) / f"training-{name}.png")

    async def label(self, right: dict[str, str]) -> None:
        """One text, by keyboard: a number for a card, or the name of the category."""
        shown = await self.page.inner_text(".quote-text")
        (text,) = difflib.get_close_matches(shown, right, n=1, cutoff=0.3)
        cards = await self.page.eval_on_selector_all(
            "[data-candidates] input", "inputs => inputs.map(input => input.value)"
        )
        if right[text] in cards:
            await self.page.keyboard.press(str(cards.index(right[text]) + 1))
        else:
            await self.page.fill("#q", right[text])
        unset = "fieldset:not(:has(input:checked)) input[data-key]"
        while await self.page.query_selector(unset):
            await (await self.page.query_selector(unset)).check()
        async with self.page.expect_navigation():
            await self.page.focus(".label-form button.primary")
            await self.page.keyboard.press("Enter")

    async def see_pictures(self) -> None:
        """Down the page until every picture has come."""
        drawn = "[...document.images].every(i => i.complete && i.naturalWidth > 0)"
        for figure in await self.page.query_selector_all("figure img"):
            await figure.scroll_into_view_if_needed()
        for _ in range(100):
            if await self.page.evaluate(drawn):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("a picture did not come")

    async def until_shown(self, words: str, path: str, tries: int = 120) -> None:
        """Load a page again and again until it says so."""
        for _ in range(tries):
            await self.open(path)
            if await self.page.locator(f"text={words}").count():
                return
            await asyncio.sleep(0.5)
        raise AssertionError(f"{path} never said {words}: {await self.page.inner_text('main')}")


async def file_case(server: Server, token: str, text: str) -> None:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client,
        client.post(f"{server.address}/api/v1/cases", json={"text": text}) as answer,
    ):
        assert answer.status == 201, await answer.text()


def newest_prediction(data_dir: Path) -> str:
    """The model that tagged the newest case."""

    async def read(database: Any) -> str:
        async with database.reading() as session:
            newest = select(PredictionEntry.model).order_by(PredictionEntry.id.desc()).limit(1)
            return str(await session.scalar(newest))

    return with_database(data_dir, read)


def count_labels(data_dir: Path) -> int:
    async def read(database: Any) -> int:
        async with database.reading() as session:
            mine = select(func.count()).where(LabelText.state == "settled")
            return int(await session.scalar(mine) or 0)

    return with_database(data_dir, read)


async def test_from_a_label_to_a_model_and_back(browser: Any, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    first = await asyncio.to_thread(prepare_town, data_dir)
    await asyncio.to_thread(add_labels, data_dir, 26)
    there = await asyncio.to_thread(count_labels, data_dir)
    printed = huying("tokens", "create", "t", "--role", "agent", "--data-dir", str(data_dir))
    token = printed.split()[-1]
    right = {
        row["text"]: category
        for category in CATEGORIES[:5]
        for row in read_rows(category)[_FIRST : _FIRST + 3]
    }
    server = Server(data_dir)
    server.start()
    try:
        await server.ready()
        for text in right:
            await file_case(server, token, text)
        context = await browser.new_context(viewport={"width": 1360, "height": 860})
        context.set_default_timeout(30_000)
        me = Person(await context.new_page(), server.address)
        page = me.page
        await me.log_in()

        await me.open("/training/label")
        await me.picture("label")
        for _ in range(LABELLED):
            await me.label(right)
        assert await asyncio.to_thread(count_labels, data_dir) == there + LABELLED

        await me.open("/training/retrain")
        await page.select_option("#strength", "lexical")
        await me.picture("retrain")
        await page.focus("button:has-text('开始训练')")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/training/retrain/*")
        await page.wait_for_selector("main >> text=/学习|比较|看对比|继续/", timeout=300_000)
        await me.picture("progress")
        await page.wait_for_selector("main >> text=/看对比|继续/", timeout=300_000)
        said = await page.inner_text("main")
        assert "对比通过" in said, said
        await page.focus("a:has-text('看对比')")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/training/models/*")
        second = page.url.rsplit("/", 1)[1]
        await me.picture("comparison")
        assert await page.locator("table.compare >> text=留作考试的本地诉求").count() == 1
        await me.see_pictures()
        await page.focus("text=启用这个模型")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=已启用。")
        await me.until_shown("已换上", "/training/models")
        await me.picture("models")
        assert registry(data_dir).served() == (second, first)

        await file_case(server, token, read_rows("zf.light")[_FIRST + 9]["text"])
        assert await asyncio.to_thread(newest_prediction, data_dir) == second
        await me.open("/training/models")
        await page.click("summary:has-text('退回上一个')")
        await page.click("text=确认退回")
        await page.wait_for_selector("text=已退回。")
        await me.until_shown("已换上", "/training/models")
        await file_case(server, token, read_rows("zf.light")[_FIRST + 10]["text"])
        assert await asyncio.to_thread(newest_prediction, data_dir) == first
        history = await page.inner_text("section:has(#past)")
        assert history.count(DISPATCHER) == 2 and "启用" in history and "退回" in history
        assert me.troubles == []
    finally:
        server.kill()
