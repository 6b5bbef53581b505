"""The citizen's whole path in a real browser: live, without JavaScript, on a small dark phone.

Headless Chromium against the real routes; axe looks at each page. Skips where no Chromium is
installed, except in CI.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from bot.service import BotService
from bot.testing import PDF
from bot.web_channel import add_routes
from cases.models import Contact, Place
from cases.staff_files import store_upload
from cases.storage.database import Database
from cases.testing import KeywordClassifier
from cases.town import Town
from cases.use_cases.chats import answer_chat, take_chat
from tests.bot.desk import all_cases, attachments_of, newest_case, settle_case

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
NOISE = "楼下半夜噪声很大，睡不着，请管一管"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
# Times are generous: the machine that runs this may be busy.
PATIENCE = 20_000


class Site:
    """The chat as served, and the staff behind it."""

    def __init__(self, service: BotService, database: Database, town: Town, url: str) -> None:
        self.service = service
        self.database = database
        self.town = town
        self.url = url

    async def settle(self) -> None:
        case = await newest_case(self.database)
        await settle_case(self.database, self.town, case, datetime.now(UTC), text="已上门劝导。")
        self.service.wake()


@pytest.fixture
async def site(sqlite_database: Database, town: Town, tmp_path: Path) -> AsyncIterator[Site]:
    service = BotService(
        database=sqlite_database,
        classifier=KeywordClassifier(),
        town_provider=lambda: town,
        data_dir=tmp_path,
    )
    app = web.Application()
    add_routes(app, service)
    server = TestServer(app)
    await server.start_server()
    await service.start()
    yield Site(service, sqlite_database, town, str(server.make_url("/chat")))
    await service.stop()
    await server.close()


async def open_chat(browser: Browser, site: Site, **context: Any) -> tuple[Page, list[str]]:
    """A page in a browser of its own, and what its console complains about."""
    page = await (await browser.new_context(locale="zh-CN", **context)).new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(site.url)
    return page, complaints


async def check_accessible(page: Page) -> None:
    found = await Axe().run(page)
    violations = [
        (v["id"], [n["target"] for n in v["nodes"]]) for v in found.response["violations"]
    ]
    assert violations == []


async def check_fits(page: Page, width: int) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    small = await page.evaluate(
        """[...document.querySelectorAll("button, a, textarea")]
            .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44)
            .map(e => e.textContent)"""
    )
    assert small == []


@pytest.mark.parametrize(
    ("context", "width"),
    [
        ({"viewport": {"width": 1200, "height": 900}}, 1200),
        ({"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}, 360),
    ],
    ids=["desktop light", "phone dark"],
)
async def test_from_first_sentence_to_rating(
    browser: Browser, site: Site, tmp_path: Path, context: dict[str, Any], width: int
) -> None:
    page, complaints = await open_chat(browser, site, **context)
    await check_accessible(page)
    photo = tmp_path / "现场.png"
    photo.write_bytes(PNG)
    await page.set_input_files("#photo", photo)
    await expect(page.locator("#photo-hint")).to_have_text("现场.png")
    await page.fill("#text", NOISE)
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("请问在什么地方")).to_be_visible()
    await page.fill("#text", "荷塘小区3幢")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("地点记下了：荷塘小区3幢")).to_be_visible()
    await page.get_by_role("button", name="对", exact=True).click()
    await expect(page.get_by_text("谢谢，按“噪声扰民”办理")).to_be_visible()
    await site.settle()
    await page.get_by_role("button", name="满意", exact=True).click()
    await expect(page.get_by_text("谢谢您的评价")).to_be_visible()
    await expect(page.get_by_role("button", name="修改评价")).to_be_visible()
    await check_accessible(page)
    await check_fits(page, width)
    assert complaints == []
    (case,) = await all_cases(site.database)
    assert (case.state, case.satisfaction, case.place_text) == ("evaluated", 5, "荷塘小区3幢")
    assert len(await attachments_of(site.database, case)) == 1


async def test_everything_works_without_javascript(browser: Browser, site: Site) -> None:
    page, _ = await open_chat(
        browser, site, java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    await page.fill("#text", NOISE)
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("请问在什么地方")).to_be_visible()
    await page.get_by_role("button", name="跳过").click()
    await expect(page.get_by_text("照常办理")).to_be_visible()
    await page.get_by_role("button", name="对", exact=True).click()
    await expect(page.get_by_text("谢谢，按“噪声扰民”办理")).to_be_visible()
    assert (await newest_case(site.database)).state == "dispatched"


async def test_rated_card_turns_into_the_choice(browser: Browser, site: Site) -> None:
    page, complaints = await open_chat(browser, site)
    await file_and_close(page, site)
    card = page.locator("article", has_text="请点一下评价")
    await card.get_by_role("button", name="满意", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(card.get_by_text("✓ 您的评价：满意")).to_be_visible()
    await expect(card.get_by_role("button")).to_have_text(["修改评价"])
    assert await page.evaluate("document.activeElement.className") == "message ours"
    await card.get_by_role("button", name="修改评价").click()
    await page.get_by_role("button", name="一般", exact=True).click()
    await expect(card.get_by_text("✓ 您的评价：一般")).to_be_visible()
    await expect(page.get_by_role("button", name="满意", exact=True)).to_have_count(0)
    await page.reload()
    await expect(card.get_by_role("button")).to_have_text(["修改评价"])
    assert (await newest_case(site.database)).satisfaction == 3
    assert complaints == []


async def test_rated_card_turns_into_the_choice_without_javascript(
    browser: Browser, site: Site
) -> None:
    page, _ = await open_chat(browser, site, java_script_enabled=False)
    await file_and_close(page, site)
    card = page.locator("article", has_text="请点一下评价")
    await card.get_by_role("button", name="满意", exact=True).click()
    # The page that answers the tap shows it at once; nobody reloads.
    assert "✓ 您的评价：满意" in await card.inner_text()
    await expect(card.get_by_role("button")).to_have_text(["修改评价"])


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_photo_and_document_from_staff(
    browser: Browser, site: Site, tmp_path: Path, script: bool
) -> None:
    page, complaints = await open_chat(
        browser, site, java_script_enabled=script, viewport={"width": 360, "height": 740}
    )
    await page.fill("#text", "人工")
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("已转人工")).to_be_visible()
    picture = Path(__file__).parent / "data" / "square.png"
    drafts = (
        store_upload(tmp_path, "整改后.png", picture.read_bytes()),
        store_upload(tmp_path, "回函.pdf", PDF),
    )
    async with site.database.transaction() as session:
        now = datetime.now(UTC)
        await take_chat(session, 1, person="周", now=now)
        await answer_chat(session, 1, "请看。", person="周", now=now, files=drafts)
    site.service.wake()
    if not script:
        await until_there(page, "打开文件：回函.pdf")
    await expect(page.get_by_role("link", name="打开文件：回函.pdf")).to_be_visible()
    shown = page.get_by_role("img", name="整改后.png")
    await shown.scroll_into_view_if_needed()
    await expect(shown).to_have_js_property("complete", True)
    assert await shown.evaluate("picture => picture.naturalWidth") > 0
    if script:
        await check_accessible(page)
    await check_fits(page, 360)
    assert complaints == []


async def test_typing_is_shown_and_goes_with_the_next_message(browser: Browser, site: Site) -> None:
    page, complaints = await open_chat(browser, site)
    await page.fill("#text", NOISE)
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("请问在什么地方")).to_be_visible()
    async with site.database.reading() as session:
        key = (await session.scalars(select(Contact.chat_key))).one()
    await site.service.web.show_typing(key)
    typing = page.get_by_role("status").filter(has_text="正在输入…")
    await expect(typing).to_be_visible()
    await check_accessible(page)
    await page.fill("#text", "荷塘小区3幢")
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("地点记下了")).to_be_visible()
    await expect(typing).to_have_count(0)
    assert complaints == []


async def file_and_close(page: Page, site: Site) -> None:
    await page.fill("#text", "朝晖路桥头三盏路灯不亮")
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("已登记，编号")).to_be_visible()
    await site.settle()
    await until_there(page, "请点一下评价")


async def until_there(page: Page, words: str) -> None:
    """Live where a script runs; otherwise the page is asked for again."""
    for _ in range(100):
        if await page.get_by_text(words).count():
            return
        await page.wait_for_timeout(100)
        if not await page.locator("html.script").count():
            await page.reload()
    raise AssertionError(f"{words} never came")


async def test_conversation_is_there_again_after_a_reload(browser: Browser, site: Site) -> None:
    page, _ = await open_chat(browser, site)
    await page.fill("#text", NOISE)
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("请问在什么地方")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text(NOISE)).to_be_visible()
    await page.get_by_role("button", name="撤销").click()
    await expect(page.get_by_text("已撤销。")).to_be_visible()


async def test_message_written_offline_is_sent_once_when_back(browser: Browser, site: Site) -> None:
    page, _ = await open_chat(browser, site)
    await page.context.set_offline(True)
    await page.fill("#text", NOISE)
    await page.get_by_role("button", name="发送").click()
    await expect(page.locator("#status")).to_contain_text("网络断开")
    await page.context.set_offline(False)
    await expect(page.get_by_text("请问在什么地方")).to_be_visible()
    assert len(await all_cases(site.database)) == 1


async def test_keyboard_alone_is_enough(browser: Browser, site: Site) -> None:
    page, _ = await open_chat(browser, site)
    for _ in range(6):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "text":
            break
    await page.keyboard.type(NOISE)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("请问在什么地方")).to_be_visible()
    await page.keyboard.press("Shift+Tab")
    assert await page.evaluate("document.activeElement.textContent") == "撤销"
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("已撤销。")).to_be_visible()


async def test_anonymous_tip_on_a_small_dark_phone_without_javascript(
    browser: Browser, site: Site
) -> None:
    page, _ = await open_chat(
        browser,
        site,
        java_script_enabled=False,
        viewport={"width": 360, "height": 740},
        color_scheme="dark",
    )
    await page.context.clear_cookies()
    await page.get_by_role("link", name="匿名随手拍").click()
    await page.fill("#text", "朝晖路桥头三盏路灯不亮")
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text("请记下编号和查询码")).to_be_visible()
    case = await newest_case(site.database)
    await expect(page.get_by_text(case.tracking_code)).to_be_visible()


async def test_tip_page_is_accessible_and_fits(browser: Browser, site: Site) -> None:
    page, complaints = await open_chat(browser, site, viewport={"width": 360, "height": 740})
    await page.goto(site.url.replace("/chat", "/tip"))
    await check_accessible(page)
    await check_fits(page, 360)
    assert complaints == []


async def test_code_on_the_wall_names_the_place_on_the_page(browser: Browser, site: Site) -> None:
    async with site.database.reading() as session:
        place = (await session.scalars(select(Place))).first()
    assert place is not None
    page, _ = await open_chat(browser, site)
    await page.goto(f"{site.url}?start=loc_{place.token}")
    await expect(page.get_by_text(f"您在“{place.name}”扫了码")).to_be_visible()
    await check_accessible(page)
    await page.fill("#text", "门口的路灯不亮了")
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_text(f"地点：{place.name}")).to_be_visible()
    assert (await newest_case(site.database)).place_text == place.name


async def test_one_script_tag_opens_the_chat_from_another_site(
    browser: Browser, site: Site
) -> None:
    async def show(_request: web.Request) -> web.Response:
        script = f'<script async src="{site.url}/embed.js" data-label="反映问题"></script>'
        body = f"<!doctype html><html lang=zh><title>镇政府</title><h1>镇政府</h1>{script}</html>"
        return web.Response(text=body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", show)
    async with TestServer(app, host="localhost") as town_site:
        page = await (await browser.new_context(locale="zh-CN")).new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(str(town_site.make_url("/")))
        async with page.expect_popup() as opened:
            await page.get_by_role("link", name="反映问题").click()
        chat = await opened.value
        await chat.fill("#text", NOISE)
        await chat.get_by_role("button", name="发送").click()
        await expect(chat.get_by_text("请问在什么地方")).to_be_visible()
        assert await chat.evaluate("window.opener") is None
