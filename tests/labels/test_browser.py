"""Ten texts labelled by keyboard in headless Chromium; every page of the room for axe."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from cases.lifecycle import Role
from cases.models import LabelText
from cases.use_cases.label_suspects import record_suspects
from tests.intake_api.conftest import House
from tests.intake_api.test_browser import visit
from tests.labels.conftest import MATTERS, add_texts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCREENS = [
    {"viewport": {"width": 1360, "height": 860}},
    {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
]


async def settled(house: House) -> list[LabelText]:
    async with house.database.reading() as session:
        query = select(LabelText).where(LabelText.state == "settled").order_by(LabelText.settled_at)
        return list(await session.scalars(query))


async def test_ten_texts_by_keyboard(browser: Any, house: House) -> None:
    await add_texts(house.database, house.clock())
    here = await visit(browser, house, **SCREENS[0])
    page, keys = here.page, here.page.keyboard
    await here.login(await house.add_user(Role.DISPATCHER))
    await here.open("/training/label")
    await here.check()
    for number in range(1, 11):
        house.clock.advance(seconds=1)
        await keys.press("2" if number % 2 else "1")
        await keys.press("y")
        await keys.press("s")
        await keys.press("Enter")
        await page.wait_for_selector(f"text=今天您标了 {number} 条")
    found = await settled(house)
    assert len(found) == 10 and {text.category for text in found} == {"zf.light", "zf.road"}
    assert {(text.request_type, text.urgency) for text in found} == {("complaint", "urgent")}
    # Taken back, and labelled again with a category that was looked for.
    await keys.press("u")
    await page.wait_for_selector("text=已撤回")
    await here.check()
    await keys.press("/")
    await page.wait_for_selector("#q:focus")
    await keys.insert_text("流动摊贩")
    await keys.press("Enter")
    await page.wait_for_selector("text=已记下：占道经营与流动摊贩")
    before = await page.inner_text(".quote-text")
    await keys.press("n")
    await page.wait_for_selector("text=已跳过")
    assert await page.inner_text(".quote-text") != before
    await keys.press("?")
    assert await page.is_visible("#keys")
    await here.check()
    await keys.press("Escape")


@pytest.mark.parametrize("options", SCREENS, ids=["desktop", "phone"])
async def test_every_page_for_everybody(
    browser: Any, house: House, options: dict[str, Any]
) -> None:
    now = house.clock()
    await add_texts(house.database, now, MATTERS[:3])
    texts = await add_texts(house.database, now, MATTERS[3:6], category="zf.road")
    doubts = [
        {"key": text.key, "category": "zf.road", "suggested": "zf.light", "score": 0.9}
        for text in texts
    ]
    async with house.database.transaction() as session:
        await record_suspects(session, doubts, "model-1", house.town, now)
    here = await visit(browser, house, **options)
    page = here.page
    await here.login(await house.add_user(Role.DISPATCHER))
    for path in ("label", "suspects", "agreement", "files"):
        await here.open(f"/training/{path}")
        await here.check()
    await here.open("/training/suspects")
    for key, words in (("c", "已改为：路灯照明"), ("x", "已搁置"), ("k", "已保留原来的标签")):
        await page.keyboard.press(key)
        await page.wait_for_selector(f"text={words}")
    await here.check()
    await here.open("/training/files")
    raw = f"正文,类别\n{MATTERS[7]},zf.street\n{MATTERS[8]},不认识\n{MATTERS[9]},\n"
    await page.set_input_files(
        "#file", [{"name": "a.csv", "mimeType": "text/csv", "buffer": raw.encode()}]
    )
    await page.click("text=上传并预览")
    await page.wait_for_selector("text=哪一列是什么")
    await here.check()
    await page.click("button[value=start]")
    await page.wait_for_selector("h2:has-text('结果')")
    await here.check()
