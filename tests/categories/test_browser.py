"""The pages of categories in headless Chromium: by keyboard, clean for axe, wide and narrow."""

from __future__ import annotations

import os
from typing import Any

import pytest

from cases.lifecycle import Role
from cases.models import LabelText
from tests.categories.conftest import DRONE
from tests.intake_api.test_browser import visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SHOTS = os.environ.get("HUYING_TEST_SHOTS", "")


async def shoot(seen: Any, name: str) -> None:
    if SHOTS:
        await seen.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (360, "dark")], ids=["wide", "narrow"]
)
async def test_a_category_is_added_and_retired_in_a_browser(browser, house, width, scheme):
    async with house.database.transaction() as session:
        session.add(
            LabelText(
                key="a" * 16, text="楼上有人放无人机，航拍我家阳台", source="import",
                at=house.clock(), state="open", created_at=house.clock(),
            )
        )  # fmt: skip
    name = await house.add_user(Role.DISPATCHER)
    seen = await visit(
        browser, house, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    await seen.login(name)
    await seen.open("/training/categories")
    await seen.check()
    await shoot(seen, f"list-{scheme}")
    await seen.page.get_by_role("link", name="添加一个类别").press("Enter")
    await seen.page.wait_for_url("**/categories/new")
    await seen.check()
    await seen.page.get_by_role("button", name="添加").press("Enter")
    await seen.page.wait_for_selector(".field-error")
    seen.troubles.clear()  # the browser reports the 422 it was answered with
    await seen.check()
    await shoot(seen, f"errors-{scheme}")
    for field, value in DRONE.items():
        spot = seen.page.locator(f"#{field}")
        if field in ("platform", "time_class", "lead_unit"):
            await spot.select_option(value)
        else:
            await spot.fill(value)
    await seen.page.get_by_role("button", name="添加").press("Enter")
    await seen.page.wait_for_url("**/categories/zf.drone?done=add")
    await seen.check()
    await shoot(seen, f"one-{scheme}")
    assert await seen.page.get_by_role("link", name="去标").count() == 1
    await seen.page.locator("#replaced_by").select_option("zf.noise")
    await seen.page.get_by_role("button", name="停用").press("Enter")
    await seen.page.wait_for_url("**/categories/zf.drone?done=retire")
    await seen.check()
