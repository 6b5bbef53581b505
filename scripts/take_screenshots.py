"""Take the pictures in docs/images/ from a running demo.

    huying serve --demo --port 8099              prints the demo password and the setup link
    python scripts/take_screenshots.py http://127.0.0.1:8099 PASSWORD SETUP-LINK

Needs Chromium and the development requirements. The README shows what this takes: run it after a
change that can be seen, and look at the pictures before committing them.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
BAR = "楼下酒吧每天晚上低音炮吵到两点，孩子要中考了"
PERMIT = "请问居住证怎么办，要带什么"
CALL = """坐席：您好，这里是风荷镇便民热线，请讲。
市民：你好，我姓王，电话13800001234。昨天晚上朝晖路桥头三盏路灯全灭了，漆黑一片，我妈走过差点摔倒。\
上个月报过一次，来修了没两天又坏。请你们尽快派人修一下。
市民：另外还有一件事，我们楼下那家烧烤店油烟太大，十二点还在烤，窗户都不敢开，希望你们管一管。
坐席：好的，我帮您登记。"""
AGAIN = """坐席：您好，请讲。
市民：我住朝晖路这边，桥头那三盏路灯又不亮了，晚上什么都看不见，麻烦来修一下。我姓李，电话13900002222。"""
STAFF_PAGES = {
    "desk": "/desk",
    "chats": "/desk/chats",
    "answers": "/desk/answers",
    "errands": "/desk/errands",
    "places": "/desk/places",
    "macros": "/desk/macros",
    "callbacks": "/desk/callbacks",
    "import": "/desk/import",
}


async def open_page(browser: Browser, width: int, height: int, **options: Any) -> Page:
    """A page of a browser that nobody used before."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", **options
    )
    return await context.new_page()


async def shoot(page: Page, name: str) -> None:
    """Wait until nothing moves any more, then take the picture."""
    await page.wait_for_timeout(1500)
    await page.screenshot(path=IMAGES / f"{name}.png")


async def say(page: Page, text: str) -> None:
    """Send a message in the chat and wait for the answer."""
    before = await page.locator("[data-from=town], .town, .bot").count()
    await page.fill("textarea", text)
    await page.keyboard.press("Enter")
    for _ in range(40):
        await page.wait_for_timeout(250)
        if await page.locator("[data-from=town], .town, .bot").count() > before:
            break


async def show_citizens_side(browser: Browser, url: str, setup: str) -> None:
    """The pages nobody signs in to."""
    chat = await open_page(browser, 900, 900)
    await chat.goto(f"{url}/chat")
    for text in (LIGHT, BAR):
        await say(chat, text)
    await shoot(chat, "chat")
    phone = await open_page(browser, 360, 740, color_scheme="dark")
    await phone.goto(f"{url}/chat")
    await say(phone, PERMIT)
    await shoot(phone, "chat-phone")
    page = await open_page(browser, 800, 760)
    for name, path in {"track": "/track", "tip": "/tip", "login": "/login", "api": "/docs"}.items():
        await page.goto(url + path)
        await shoot(page, name)
    await page.goto(setup)
    await shoot(page, "setup")


async def show_staffs_side(browser: Browser, url: str, password: str) -> None:
    """The desk and the pages beside it."""
    page = await open_page(browser, 1360, 860)
    await page.goto(f"{url}/login")
    await page.fill("input[name=name]", "demo-dispatcher")
    await page.fill("input[name=password]", password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk*")
    for name, path in STAFF_PAGES.items():
        await page.goto(url + path)
        await shoot(page, name)
    await page.goto(f"{url}/desk")
    await page.fill("textarea", CALL)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("mark")
    await shoot(page, "drafts")
    await show_checks(page, url)
    await page.goto(f"{url}/desk?queue=all")
    await page.locator("tr", has_text="办理中").first.locator("a").first.click()
    await shoot(page, "case")


async def show_checks(page: Page, url: str) -> None:
    """From drafts that lost a demand to the page that says so, and the same event once more."""
    await page.fill("[name=d1-text]", "楼下烧烤店油烟太大")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("[name=mend]")
    await shoot(page, "review")
    await page.click("[name=as_is]")
    await page.wait_for_url("**/desk?filed=*")
    await page.goto(f"{url}/desk/faithfulness")
    await shoot(page, "faithfulness")
    await page.goto(f"{url}/desk")
    await page.fill("textarea", AGAIN)
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("[name=d0-follow]")
    await shoot(page, "same-event")


async def main(url: str, password: str, setup: str) -> None:
    """Everything, into docs/images/."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        await show_citizens_side(browser, url, setup)
        await show_staffs_side(browser, url, password)
        await browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
