"""The same pages with keyboard and eye, and the sheets on paper."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cases.lifecycle import Role
from cases.models import Place
from tests.intake_api.conftest import House
from tests.intake_api.test_browser import visit


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1360, "height": 860}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
        {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False},
    ],
    ids=["desktop", "phone", "no script"],
)
async def test_in_a_browser(browser: Any, house: House, options: dict[str, Any]) -> None:
    scripted = options.get("java_script_enabled", True)
    name = await house.add_user(Role.DISPATCHER)
    here = await visit(browser, house, **options)
    page = here.page
    await here.login(name)

    async def check() -> None:
        if scripted:
            await here.check()

    await here.open("/desk/places")
    await check()
    await page.focus("#name")
    await page.keyboard.type("荷花公园南门")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("svg.qr")
    assert "已添加" in await page.inner_text(".notice")
    assert await page.is_visible("[data-copy]") is scripted
    await check()
    await page.click("text=← 扫码点位")
    await page.focus('[aria-labelledby="places"] [name=token] >> nth=0')
    await page.keyboard.press("Space")
    await page.click("text=打印勾选的")
    await page.wait_for_selector(".sticker")
    assert await page.locator(".sticker").count() == 1
    await check()
    async with house.database.transaction() as session:
        session.add(Place(token="a-long-name", name="很长的名称" * 8, active=True))
    for size in ("small", "large"):
        await here.open(f"/desk/places/sheet?all=1&size={size}")
        if scripted:
            await check_paper(page)


async def check_paper(page: Any) -> None:
    """As many pages of paper as on the screen, and nothing pushed off a sticker."""
    await page.emulate_media(media="print")
    pdf = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == await page.locator(".sheet").count()
    cut_off = await page.evaluate(
        "() => [...document.querySelectorAll('.sheet, .sticker')].filter((box) => "
        "box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1).length"
    )
    assert cut_off == 0
    assert not await page.is_visible("header.bar")
    await page.emulate_media(media="screen")
