"""/training/models: compared, promoted where it passed, taken back, and who did it."""

from __future__ import annotations

import asyncio
import html
from pathlib import Path
from typing import Any

import pytest

from cases.lifecycle import Role
from cases.use_cases.served_models import list_events, note_server
from classifier.registry import ModelRegistry
from tests.intake_api.conftest import House
from tests.retraining.conftest import put_model, registry_at


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    """m1 serves; m2 passed against it, m3 did not."""
    registry = registry_at(tmp_path)
    put_model(registry, "m1")
    put_model(registry, "m2", passed=True)
    put_model(registry, "m3", passed=False, reasons=["综合执法退步 8 点，不像偶然。"])
    registry.promote("m1")
    return registry


async def post(house: House, path: str, csrf: str, serving: str) -> tuple[int, str]:
    answer = await house.client.post(
        f"/training/models/{path}", data={"csrf": csrf, "serving": serving}
    )
    return answer.status, html.unescape(await answer.text())


async def read(house: House, path: str = "") -> str:
    answer = await house.client.get(f"/training/models{path}")
    assert answer.status == 200
    return html.unescape(await answer.text())


async def test_the_comparison_in_plain_words(house: House, registry: ModelRegistry) -> None:
    await house.login(Role.DISPATCHER)
    page = await read(house, "/m2")
    assert "启用这个模型" in page and "可以启用" in page
    assert "80.0%" in page and "85.0%" in page and "+5.0" in page and "更好" in page
    assert "变差，不像偶然" in page and "-20.0" in page and "略低，可能是偶然" in page
    assert page.index("退步最多的类别") < page.index("进步最多的类别")
    assert "用 320 条例句训练" in page and 'src="/training/models/m2/charts/confusion.svg"' in page


async def test_promoted_and_taken_back(house: House, registry: ModelRegistry) -> None:
    csrf = await house.login(Role.DISPATCHER)
    status, page = await post(house, "m2/promote", csrf, "m1")
    assert status == 200 and "已启用" in page and registry.served() == ("m2", "m1")
    # A second press is told how things are, and changes nothing.
    status, page = await post(house, "m2/promote", csrf, "m1")
    assert status == 422 and "刚刚换过" in page
    status, page = await post(house, "rollback", csrf, "m2")
    assert status == 200 and "已退回" in page and registry.served() == ("m1",)
    status, page = await post(house, "rollback", csrf, "m2")
    assert status == 422 and "刚刚换过" in page
    status, page = await post(house, "rollback", csrf, "m1")
    assert status == 422 and "没有更早的模型" in page
    async with house.database.reading() as session:
        events = await list_events(session)
    assert [(e.deed, e.model_id, e.before_id, e.actor_name) for e in events] == [
        ("rolled_back", "m1", "m2", "dispatcher-x"),
        ("promoted", "m2", "m1", "dispatcher-x"),
    ]
    page = await read(house)
    assert "dispatcher-x" in page and "退回" in page


async def test_what_did_not_pass_is_not_promoted(house: House, registry: ModelRegistry) -> None:
    csrf = await house.login(Role.ADMIN)
    page = await read(house, "/m3")
    assert "不能启用" in page and "综合执法退步 8 点" in page and "启用这个模型" not in page
    status, page = await post(house, "m3/promote", csrf, "m1")
    assert status == 422 and "综合执法退步 8 点" in page and registry.served() == ("m1",)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("none", "没有对比结果"),
        ("stale", "请重新训练一次再比"),
        ("damaged", "不完整或已损坏"),
        ("m1", "已经在用"),
        ("nothing", ""),
    ],
)
async def test_reasons_against(
    house: House, registry: ModelRegistry, model: str, sentence: str
) -> None:
    put_model(registry, "none")
    put_model(registry, "stale", champion="m0")
    (put_model(registry, "damaged", passed=True) / "arrays.npz").write_bytes(b"other bytes")
    csrf = await house.login(Role.ADMIN)
    status, page = await post(house, f"{model}/promote", csrf, "m1")
    assert status == (404 if model == "nothing" else 422) and sentence in page
    assert registry.served() == ("m1",)


async def test_a_folder_that_cannot_be_read_takes_no_page_away(
    house: House, registry: ModelRegistry
) -> None:
    (registry.root / "m2" / "model.json").write_text("not json")
    (registry.root / "m3" / "comparison.json").write_text('{"passed": true, "tests": 3}')
    await house.login(Role.ADMIN)
    assert "不完整或已损坏" in await read(house)
    assert "不能启用" in await read(house, "/m2")
    assert "没有对比结果" in await read(house, "/m3")


async def test_who_serves_what(house: House, registry: ModelRegistry) -> None:
    async with house.database.transaction() as session:
        now = house.clock()
        await note_server(session, "a/1", "m1", trouble="", now=now)
        await note_server(session, "b/2", "m0", trouble="新模型没有换上。", now=now)
    await house.login(Role.ADMIN)
    page = await read(house)
    assert "已换上" in page and "新模型没有换上。" in page and "b/2 仍用 m0" in page


async def test_pictures_can_only_be_looked_at(house: House, registry: ModelRegistry) -> None:
    client: Any = house.client
    assert (await client.get("/training/models/m2/charts/confusion.svg")).url.path == "/login"
    await house.login(Role.DISPATCHER)
    answer = await client.get("/training/models/m2/charts/confusion.svg")
    assert answer.content_type == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("m2/charts/other.svg", "m2/charts/..%2f..%2fcurrent.svg", "..%2f/card.md"):
        assert (await client.get(f"/training/models/{path}")).status == 404
    answer = await client.get("/training/models/m2/card.md")
    assert answer.status == 200 and "attachment" in answer.headers["Content-Disposition"]


async def test_who_may(house: House, registry: ModelRegistry) -> None:
    for role in (Role.AGENT, Role.HANDLER, Role.OBSERVER):
        csrf = await house.login(role)
        assert (await house.client.get("/training/models")).status == 403
        status, _ = await post(house, "m2/promote", csrf, "m1")
        assert status == 403
    await house.login(Role.ADMIN)
    status, _ = await post(house, "m2/promote", "wrong", "m1")
    assert status == 403 and registry.served() == ("m1",)


async def test_of_two_who_press_at_once_one_is_told(house: House, registry: ModelRegistry) -> None:
    """The other was compared with a model that serves no longer."""
    put_model(registry, "m4", passed=True)
    csrf = await house.login(Role.ADMIN)
    answers = await asyncio.gather(
        post(house, "m2/promote", csrf, "m1"), post(house, "m4/promote", csrf, "m1")
    )
    assert sorted(status for status, _ in answers) == [200, 422]
    async with house.database.reading() as session:
        (event,) = await list_events(session)
    assert event.model_id == registry.served()[0]
