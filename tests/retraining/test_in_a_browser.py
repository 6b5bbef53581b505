"""The pages in headless Chromium: by keyboard, accessible, narrow and wide, without JavaScript."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cases.lifecycle import Role
from cases.use_cases.served_models import note_server
from cases.use_cases.training_jobs import (
    Outcome,
    Progress,
    claim_job,
    finish_job,
    note_progress,
)
from tests.intake_api.conftest import House
from tests.intake_api.test_browser import visit
from tests.retraining.conftest import put_model, registry_at

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SCREENS = [
    {"viewport": {"width": 1360, "height": 860}},
    {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
    {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False},
]


@pytest.mark.parametrize("options", SCREENS, ids=["desktop", "phone", "no script"])
async def test_from_the_button_to_the_rollback(
    browser: Any, house: House, tmp_path: Path, options: dict[str, Any]
) -> None:
    """The worker's part is played here; see test_story.py for the real one."""
    registry = registry_at(tmp_path)
    put_model(registry, "m1")
    put_model(registry, "m2", passed=True, warnings=["留作考试的本地诉求只有 60 条。"])
    put_model(registry, "m3", passed=False, reasons=["平台“综合执法”变差了。"])
    registry.promote("m1")
    scripted = options.get("java_script_enabled", True)
    here = await visit(browser, house, **options)
    page, shots = here.page, tmp_path / "shots"
    await here.login(await house.add_user(Role.DISPATCHER))

    async def check(name: str) -> None:
        if scripted:
            await here.check()
        await page.screenshot(path=shots / f"{name}.png", full_page=True)

    async with house.database.transaction() as session:
        await note_server(session, "town-1/4711", "m1", trouble="", now=house.clock())
    await here.open("/training/retrain")
    await check("retrain")
    await page.focus("button.primary")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/training/retrain/*")
    job_id = int(page.url.rsplit("/", 1)[1])
    counts = {"case": 212, "desk": 40, "held_out": 50}
    async with house.database.transaction() as session:
        await claim_job(session, "run", house.clock())
        progress = Progress("learning", 0.61, counts)
        await note_progress(session, job_id, "run", progress, house.clock())
    if not scripted:
        await page.click("text=更新进度")
    await page.wait_for_selector("text=61")
    await check("job")
    async with house.database.transaction() as session:
        await finish_job(session, job_id, "run", Outcome("m2", True), house.clock())
    if not scripted:
        await page.reload()
    await page.wait_for_selector("text=对比通过")
    await check("done")
    await page.focus("main a.primary")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/training/models/m2")
    await check("comparison")
    assert await page.evaluate("[...document.images].every(i => i.alt)")
    await here.open("/training/models/m3")
    await check("refused")
    assert not await page.is_visible("text=启用这个模型")
    await here.open("/training/models/m2")
    await page.focus("text=启用这个模型")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=已启用。")
    assert registry.served()[0] == "m2"
    await page.focus("summary:has-text('退回上一个')")
    await page.keyboard.press("Enter")
    await check("models")
    await page.focus("text=确认退回")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=已退回。")
    assert registry.served()[0] == "m1"
    await check("taken back")
