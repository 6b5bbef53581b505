"""``/training/categories``: the list, one category, add, change, retire."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from cases.lifecycle import Role
from cases.models import LabelText
from classifier.registry import ModelRegistry
from classifier.training import train_files
from tests.categories.conftest import DRONE
from tests.intake_api.conftest import csrf_of

HOME = "/training/categories"


async def get(house, address):
    answer = await house.client.get(address)
    return answer.status, await answer.text()


async def post(house, where, csrf, /, **fields):
    answer = await house.client.post(f"{HOME}/{where}", data={"csrf": csrf, **fields})
    return answer.status, await answer.text()


async def add_label(house, key, text, category="", state="open"):
    async with house.database.transaction() as session:
        session.add(
            LabelText(
                key=key, text=text, source="import", at=house.clock(), state=state,
                category=category, created_at=house.clock(),
            )
        )  # fmt: skip


@pytest.mark.parametrize("role", [Role.AGENT, Role.HANDLER, Role.OBSERVER])
async def test_only_those_who_train_come_in(house, role):
    await house.login(role)
    assert (await get(house, HOME))[0] == 403


async def test_the_list_says_what_there_is(house):
    await house.login(Role.DISPATCHER)
    status, page = await get(house, HOME)
    assert status == 200
    assert "53 个在用" in page and "路灯照明" in page and "路灯管理所" in page
    assert "还没有模型" in page


async def test_adding_shows_it_in_desk_and_api_at_once(house):
    csrf = await house.login(Role.DISPATCHER)
    status, page = await post(house, "new", csrf, **DRONE)
    assert status == 200 and "接单台、聊天和接口现在就能选它" in page
    assert "还差 30 条" in page
    filed = await house.file(await house.token(), category="zf.drone")
    assert filed["category"] == "zf.drone"
    _, case = await get(house, f"/desk/cases/{filed['number']}")
    assert '<option value="zf.drone"' in case
    assert "无人机扰民" in (await get(house, HOME))[1]


async def test_each_field_answers_for_itself_and_keeps_what_was_typed(house):
    csrf = await house.login(Role.DISPATCHER)
    status, page = await post(
        house, "new", csrf, **(DRONE | {"name": "路灯照明", "examples": "短"})
    )
    assert status == 422
    assert "有 2 处要改" in page
    assert 'id="name-error">已经有叫“路灯照明”的类别（zf.light）。' in page
    assert "至少写 3 句" in page
    assert "无人机在居民区低飞" in page  # nothing typed is lost
    assert 'aria-invalid="true" aria-describedby="name-error name-hint"' in page


async def test_texts_that_look_like_it_are_offered_for_labelling(house):
    await add_label(house, "a" * 16, "楼上有人放无人机，航拍我家阳台", "zf.noise", "settled")
    await add_label(house, "b" * 16, "无人机太吵")
    await add_label(house, "c" * 16, "路灯坏了")
    csrf = await house.login(Role.DISPATCHER)
    _, page = await post(house, "new", csrf, **DRONE)
    links = [f"/training/label?key={name * 16}" in page for name in "abc"]
    assert links == [True, True, False]
    assert page.index("a" * 16) < page.index("b" * 16)  # more of its words first
    assert "社会生活噪声" in page and "还没标" in page


async def test_retiring_and_taking_it_back(house):
    csrf = await house.login(Role.DISPATCHER)
    await add_label(house, "a" * 16, "路灯不亮", "zf.light", "settled")
    status, page = await post(house, "zf.light", csrf, do="retire", version="0", replaced_by="")
    assert status == 422 and "由哪个类别接替" in page
    status, page = await post(
        house, "zf.light", csrf, do="retire", version="0", replaced_by="zf.road"
    )
    assert status == 200 and "已停用" in page and "道路井盖与排水" in page
    _, overview = await get(house, HOME)
    assert "52 个在用" in overview and "本镇标注 1" in overview  # counted with its successor
    version = page.split('name="version" value="')[1].split('"')[0]
    status, page = await post(house, "zf.light", csrf, do="restore", version=version)
    assert status == 200 and "已恢复使用" in page


async def test_a_page_that_is_too_old_keeps_what_was_typed(house):
    csrf = await house.login(Role.DISPATCHER)
    await post(house, "new", csrf, **DRONE)
    changed = DRONE | {"definition": "无人机低飞扰民的另一种说法，至少十个字"}
    status, page = await post(house, "zf.drone", csrf, do="save", version="0", **changed)
    assert status == 409 and "刚刚被别人改过" in page and "另一种说法" in page


async def test_words_in_a_name_are_no_markup(house):
    csrf = await house.login(Role.DISPATCHER)
    _, page = await post(house, "new", csrf, **(DRONE | {"name": "<b>无人机</b>"}))
    assert "<b>无人机</b>" not in page and "&lt;b&gt;无人机&lt;/b&gt;" in page


async def test_what_is_not_there_is_not_found(house):
    csrf = await house.login(Role.DISPATCHER)
    assert (await get(house, f"{HOME}/zf.nothing"))[0] == 404
    assert (await post(house, "zf.light", csrf, do="explode", version="0"))[0] == 404


async def test_a_form_from_elsewhere_is_refused(house):
    await house.login(Role.DISPATCHER)
    assert (await post(house, "new", "wrong", **DRONE))[0] == 403


@pytest.mark.slow
async def test_the_list_shows_how_good_the_serving_model_is(house, tmp_path):
    """Figures from the model's own folder, advice where training wrote some."""
    rows = tmp_path / "rows.csv"
    shipped = Path(__file__).parents[2] / "training_data" / "examples"
    with rows.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "category", "request_type", "urgency", "group"))
        for code in ("zf.light", "zf.dog", "sj.food"):
            with (shipped / f"{code}.csv").open(encoding="utf-8") as source:
                for row in list(csv.DictReader(source))[:40]:
                    writer.writerow([row[name] for name in (
                        "text", "category", "request_type", "urgency", "group")])  # fmt: skip
    registry = ModelRegistry(tmp_path / "models")
    report = train_files([rows], registry=registry, strength="lexical")
    advice = [
        {"kind": "merge", "categories": ["zf.light", "zf.dog"], "sentence": "试试合并", "data": {}}
    ]
    (report.path / "advice.json").write_text(json.dumps(advice), encoding="utf-8")
    await house.login(Role.DISPATCHER)
    _, page = await get(house, HOME)
    assert "试试合并" in page and "40 条" in page
    _, one = await get(house, f"{HOME}/zf.light")
    assert "在没见过的 40 条上认对" in one and "试试合并" in one
    assert csrf_of(one)
