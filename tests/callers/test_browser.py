"""The call-back list worked off by keyboard, and the list of what calls lost, in headless Chromium
with an accessibility check of each page."""

from __future__ import annotations

from typing import Any

import pytest

from cases.actors import Actor
from cases.callers.transcripts import keep_transcript
from cases.lifecycle import Role
from cases.testing import make_draft
from cases.use_cases.file_case import file_case
from tests.callers.test_pages import PHONE, close_case
from tests.intake_api.conftest import House
from tests.intake_api.test_browser import visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CALL = "市民：我要投诉，桥头三盏路灯坏了，我母亲八十多岁差点摔跤，赶紧来修。"
SCREENS = [
    {"viewport": {"width": 1360, "height": 860}},
    {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
]


@pytest.mark.parametrize("options", SCREENS, ids=["desktop", "phone"])
async def test_a_call_back_by_keyboard(browser: Any, house: House, options: dict[str, Any]) -> None:
    await close_case(house)
    await house.add_user(Role.AGENT, name="小周")
    here = await visit(browser, house, **options)
    page = here.page
    await here.login("小周")
    await here.open("/desk/callbacks")
    await here.check()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=照着说")
    await here.check()
    await page.click("text=显示完整号码")
    await page.wait_for_selector(f"text={PHONE}")
    await page.keyboard.press("n")
    await here.check()
    await page.keyboard.press("t")
    await page.keyboard.press("Space")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("text=已记下：已告知")
    await here.check()


@pytest.mark.parametrize("options", SCREENS, ids=["desktop", "phone"])
async def test_what_calls_lost(browser: Any, house: House, options: dict[str, Any]) -> None:
    async with house.database.transaction() as session:
        case = await file_case(
            session,
            make_draft(text="桥头三盏路灯不亮", channel="phone"),
            actor=Actor(Role.AGENT, "小周"),
            town=house.town,
            now=house.clock(),
        )
        await keep_transcript(session, CALL, [case], kept_by="小周", now=house.clock())
    name = await house.add_user(Role.DISPATCHER)
    here = await visit(browser, house, **options)
    await here.login(name)
    await here.open("/desk/faithfulness")
    await here.page.wait_for_selector("text=赶紧来修")
    await here.check()
