"""The overview and the ledger in headless Chromium: by keyboard, on a phone in the dark, without
JavaScript; axe looks at each page."""

from __future__ import annotations

from typing import Any

import pytest

from cases.lifecycle import Role
from tests.intake_api.conftest import House
from tests.intake_api.test_browser import visit
from tests.ledger.filling import fill, town_of_half_a_year

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1360, "height": 860}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
    ],
    ids=["desktop", "phone"],
)
async def test_the_overview_leads_to_what_presses(
    browser: Any, house: House, options: dict[str, Any]
) -> None:
    await fill(house.database, house.clock(), town_of_half_a_year())
    here = await visit(browser, house, **options)
    page = here.page
    await here.login(await house.add_user(Role.DISPATCHER))
    await page.click("text=训练室")
    await page.wait_for_selector("h1:has-text('训练室')")
    await here.check()
    # Every picture has words of its own.
    assert await page.locator("svg:not([aria-hidden='true']):not([aria-label])").count() == 0
    await page.focus("text=逐周的数字")
    await page.keyboard.press("Enter")
    assert await page.is_visible("th:has-text('2026-11-23')")
    await here.check()
    await page.click("a:has-text('社会生活噪声')")
    await page.wait_for_selector("h3:has-text('社会生活噪声')")
    await here.check()
    await page.focus(".todo a >> nth=0")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/training/ledger?outcome=misrouted")
    assert await page.locator("tbody tr").count() > 0
    await here.check()


async def test_the_ledger_is_asked_without_javascript(browser: Any, house: House) -> None:
    await fill(house.database, house.clock(), town_of_half_a_year())
    here = await visit(browser, house, java_script_enabled=False)
    page = here.page
    name = await house.add_user(Role.ADMIN)
    await here.open("/login")
    await page.fill("#name", name)
    await page.fill("#password", "fenghe-1234")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk")
    await here.open("/training/ledger")
    await page.select_option("#outcome", "wrong")
    await page.select_option("#category", "zf.noise")
    await page.click("button:has-text('筛选')")
    await page.wait_for_url("**outcome=wrong**")
    assert await page.locator("tbody tr").count() > 0
    assert await page.locator("tbody tr:has-text('机器判对')").count() == 0
    async with page.expect_download() as begun:
        await page.click("text=导出 XLSX")
    assert (await begun.value).suggested_filename == "ledger.xlsx"
