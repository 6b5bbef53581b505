"""The agent's whole path in headless Chromium, by keyboard, with an accessibility check of each
page: log in, paste a call, correct a tag, file, find the case, act on it, look it up as a citizen.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from cases.lifecycle import Role
from tests.intake_api.conftest import PASSWORD, House

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CALL = "坐席：您好，请讲。\n市民：我姓王，电话13800001234。昨天晚上朝晖路三盏路灯全灭了，请尽快修。"
SERIOUS = ("serious", "critical")


class Visit:
    """One page of one browser context, with everything that went wrong on it."""

    def __init__(self, page: Any, house: House) -> None:
        self.page, self.house = page, house
        self.troubles: list[str] = []
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: Any) -> None:
        if message.type == "error":
            self.troubles.append(message.text)

    async def open(self, path: str) -> None:
        await self.page.goto(str(self.house.client.make_url(path)))

    async def check(self) -> None:
        """Nothing serious for axe, nothing wider than the screen, nothing on the console."""
        from axe_playwright_python.async_playwright import Axe

        results = await Axe().run(self.page)
        found = [v for v in results.response["violations"] if v["impact"] in SERIOUS]
        assert not found, (self.page.url, [(v["id"], v["nodes"][0]["html"]) for v in found])
        wide = await self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{self.page.url} is wider than the screen"
        assert self.troubles == []

    async def login(self, name: str) -> None:
        await self.open("/login")
        await self.page.wait_for_selector("#name:focus")
        await self.page.keyboard.type(name)
        await self.page.keyboard.press("Tab")
        await self.page.keyboard.type(PASSWORD)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_url("**/desk")


async def visit(browser: Any, house: House, **options: Any) -> Visit:
    context = await browser.new_context(**options)
    context.set_default_timeout(15_000)
    return Visit(await context.new_page(), house)


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1360, "height": 860}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
    ],
    ids=["desktop", "phone"],
)
async def test_the_agents_whole_path(browser: Any, house: House, options: dict[str, Any]) -> None:
    name = await house.add_user(Role.DISPATCHER)
    here = await visit(browser, house, **options)
    page = here.page
    await here.open("/login")
    await here.check()
    await here.login(name)
    await here.check()
    await page.wait_for_selector("#paste:focus")
    await page.keyboard.insert_text(CALL)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("[data-draft]")
    await here.check()
    await page.keyboard.press("2")
    chosen = await page.input_value(".choice input:checked")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(".filed")
    await here.check()
    words = await page.inner_text(".filed li")
    found = re.search(r"(\d{4}-\d{4}-\d{4}).*查询码\s*(\w{8})", words, re.S)
    assert found, words
    number, code = found[1], found[2]
    headers = await house.token(Role.ADMIN)
    case = await (await house.client.get(f"/api/v1/cases/{number}", headers=headers)).json()
    assert case["category"] == chosen

    await page.click(f'a:has-text("{number}")')
    await page.wait_for_selector("[data-case]")
    await here.check()
    await page.keyboard.press("n")
    await page.keyboard.type("已与来电人核对地点")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector(".notice")
    assert "已与来电人核对地点" in await page.inner_text(".timeline")
    await page.keyboard.press("?")
    assert await page.is_visible("#keys")
    await here.check()
    await page.keyboard.press("Escape")
    await page.wait_for_selector("#keys", state="hidden")
    await page.keyboard.press("g")
    await page.wait_for_url("**/desk")

    await here.open("/track")
    await here.check()
    await page.fill("#number", number)
    await page.fill("#code", code)
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".timeline")
    await here.check()
    await here.open("/docs")
    await here.check()


async def test_works_without_javascript(browser: Any, house: House) -> None:
    name = await house.add_user(Role.AGENT)
    here = await visit(browser, house, java_script_enabled=False)
    page = here.page
    await here.login(name)
    await page.fill("#paste", CALL)
    await page.click("text=读取 >> nth=0")
    await page.click('button:has-text("立案")')
    await page.click(".filed a")
    await page.click("summary:has-text('备注')")
    await page.fill("#note-text", "没有脚本也能办")
    await page.click("details[open] button:has-text('备注')")
    assert "没有脚本也能办" in await page.inner_text(".timeline")
    await page.click("[data-help]")
    assert await page.is_visible("#keys")


async def test_counts_refresh_by_themselves(browser: Any, house: House) -> None:
    name = await house.add_user(Role.DISPATCHER)
    here = await visit(browser, house)
    page = here.page
    await here.login(name)
    assert await page.inner_text('[data-count="unaccepted"]') == "0"
    await house.file(await house.token(), "那个事情到底什么时候办")
    await page.evaluate("window.dispatchEvent(new Event('focus'))")
    await page.wait_for_selector('[data-count="unaccepted"]:has-text("1")')
    assert await page.is_visible("[data-fresh]")
    assert here.troubles == []


async def test_the_drafts_by_keyboard(browser: Any, house: House) -> None:
    """Follow instead of file, look a number up, press Enter in a field: nothing is lost."""
    there = await house.file(await house.token(), "朝晖路三盏路灯全灭了，晚上漆黑一片")
    here = await visit(browser, house, viewport={"width": 1360, "height": 860})
    page = here.page
    await here.login(await house.add_user(Role.AGENT))
    await page.wait_for_selector("#paste:focus")
    await page.keyboard.insert_text(CALL)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("[data-follow]")
    await here.check()
    await page.keyboard.press("f")
    assert await page.input_value("[data-follow] input:checked") == there["number"]
    await page.keyboard.press("f")
    assert await page.input_value("[data-follow] input:checked") == ""
    await page.keyboard.press("x")
    assert not await page.is_checked("[data-file-it]")
    await page.keyboard.press("x")
    await page.focus("#d0-place")
    await page.keyboard.press("Enter")
    async with page.context.expect_page() as opened:
        await page.click('button:has-text("按电话查以前的诉求")')
    beside = await opened.value
    await beside.wait_for_load_state()
    assert beside.url.endswith("/desk/callers")
    assert len(page.context.pages) == 2
    await beside.close()
    await page.focus("[data-categories] input")
    await page.keyboard.press("f")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/desk?followed=*")
    assert "已跟进 1 件" in await page.inner_text(".filed")
    assert here.troubles == []
