"""/desk/answers without JavaScript: list, try, edit, preview, history, two people at once."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cases.lifecycle import Role
from cases.models import AnswerCardRow, Consultation
from cases.storage.database import Database
from cases.town import load_town
from cases.town_files import load_service_files
from tests.intake_api.conftest import House, build_house
from tests.intake_api.test_pages_desk import fields_of


@pytest.fixture
async def house(sqlite_database: Database, now: datetime, tmp_path: Path) -> AsyncIterator[House]:
    async with sqlite_database.transaction() as session:
        await load_service_files(session, now)
    async with sqlite_database.reading() as session:
        town = await load_town(session)
    built = await build_house(sqlite_database, town, now, tmp_path)
    yield built
    await built.client.close()


async def card(house: House, code: str = "HJ01") -> AnswerCardRow:
    async with house.database.reading() as session:
        row = await session.get(AnswerCardRow, code)
    assert row is not None
    return row


async def open_form(house: House, path: str = "/desk/answers/HJ01") -> dict[str, str]:
    answer = await house.client.get(path)
    assert answer.status == 200, await answer.text()
    return fields_of(await answer.text())


async def post(house: House, fields: dict[str, str], path: str = "/desk/answers/HJ01") -> Any:
    return await house.client.post(path, data=fields)


async def test_the_list_can_be_searched(house: House) -> None:
    await house.login(Role.AGENT)
    page = await (await house.client.get("/desk/answers")).text()
    assert page.count("data-row") == len(house.town.answers.cards)
    found = await (await house.client.get("/desk/answers", params={"q": "暂住证"})).text()
    assert "HJ01" in found and "JT02" not in found
    of_unit = await (await house.client.get("/desk/answers?unit=traffic_police")).text()
    assert "JT01" in of_unit and "HJ01" not in of_unit
    odd = await (await house.client.get("/desk/answers", params={"q": "<b>\x00"})).text()
    assert "<b>" not in odd and "没有查到这样的卡" in odd


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("我租的房子没有房产证，可以申请居住证不", "HJ01 居住证申领"),
        ("居住证办了一个多月还没拿到", "读起来像投诉"),
        ("明天会不会有台风", "没有一张卡的主题词对得上"),
    ],
)
async def test_a_question_can_be_tried(house: House, text: str, said: str) -> None:
    await house.login(Role.AGENT)
    page = await (await house.client.get("/desk/answers", params={"try": text})).text()
    assert said in page


async def test_edit_save_and_look_back(house: House) -> None:
    await house.login(Role.DISPATCHER)
    fields = await open_form(house) | {
        "answer": "住满半年就能办。",
        "promised_days": "",
        "do": "save",
    }
    answer = await post(house, fields)
    page = await answer.text()
    assert answer.status == 200 and "已保存" in page and "住满半年就能办。" in page
    row = await card(house)
    assert (row.version, row.updated_by) == (2, "dispatcher-x")
    assert (row.content["answer"], row.content["promised_days"]) == ("住满半年就能办。", -1)
    assert row.content["questions"] == list(house.town.answers.cards["HJ01"].questions)
    old = await (await house.client.get("/desk/answers/HJ01?version=1")).text()
    assert "首次申领不收费" in old and "第 1 版，不是现在的" in old


async def test_a_preview_saves_nothing(house: House) -> None:
    await house.login(Role.DISPATCHER)
    fields = await open_form(house) | {"answer": "先看看的<b>话</b>", "do": "preview"}
    page = await (await post(house, fields)).text()
    assert "先看看的&lt;b&gt;话" in page and "还没有保存" in page
    assert fields_of(page)["answer"] == "先看看的<b>话</b>"
    assert (await card(house)).version == 1


async def test_the_second_of_two_keeps_what_was_typed(house: House) -> None:
    await house.login(Role.DISPATCHER)
    fields = await open_form(house)
    await post(house, fields | {"title": "第一个人改的", "do": "save"})
    answer = await post(house, fields | {"title": "第二个人改的", "do": "save"})
    page = await answer.text()
    assert answer.status == 409 and "刚刚被别人改过" in page
    again = fields_of(page)
    assert (again["title"], again["version"]) == ("第二个人改的", "2")
    assert (await card(house)).title == "第一个人改的"
    assert (await post(house, again | {"do": "save"})).status == 200
    assert (await card(house)).title == "第二个人改的"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"materials": ""}, "“材料”不能为空"),
        ({"link": "ftp://x"}, "https:// 开头"),
        ({"questions": "就一句"}, "至少写两种"),
        ({"words": "居住证 +"}, "写得不完整"),
        ({"legal_days": "十五"}, "只能填整数"),
        ({"reviewed_on": "2026/13/1"}, "2026-11-30"),
        ({"unit": "nobody"}, "没有单位"),
        ({"version": "x"}, "请刷新"),
    ],
)
async def test_a_refusal_is_a_sentence_and_the_form_stays(
    house: House, change: dict[str, str], sentence: str
) -> None:
    await house.login(Role.ADMIN)
    fields = await open_form(house) | {"title": "改过的标题", "do": "save"} | change
    answer = await post(house, fields)
    page = await answer.text()
    assert answer.status in (400, 422) and sentence in html.unescape(page)
    assert fields_of(page)["title"] == "改过的标题"
    assert (await card(house)).version == 1


async def test_a_new_card(house: House) -> None:
    await house.login(Role.ADMIN)
    given = await open_form(house)
    blank = await open_form(house, "/desk/answers/new")
    assert blank["version"] == "0" and blank["title"] == ""
    fields = given | blank | {
        name: given[name] for name in given if name not in ("version", "csrf")
    } | {"code": "hj77", "title": "新的一张", "do": "save"}  # fmt: skip
    answer = await post(house, fields, "/desk/answers/new")
    assert answer.status == 200 and "HJ77" in await answer.text()
    assert (await card(house, "HJ77")).title == "新的一张"
    again = await post(house, fields, "/desk/answers/new")
    assert again.status in (400, 422) and "已经有了" in await again.text()


async def test_retire_and_restore(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    for deed, version, active in (("retire", 1, False), ("restore", 2, True)):
        fields = {"csrf": csrf, "version": str(version), "do": deed}
        assert (await post(house, fields)).status == 200
        assert (await card(house)).active is active
    assert (await card(house)).version == 3


async def test_who_may_only_read(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    page = await (await house.client.get("/desk/answers/HJ01")).text()
    assert "不能改" in page and "<textarea" not in page and "市民看到的" in page
    fields = {"csrf": csrf, "version": "1", "do": "retire"}
    assert (await post(house, fields)).status == 403
    assert (await house.client.get("/desk/answers/new")).status == 403
    assert (await card(house)).active


async def test_the_head_of_a_unit_keeps_the_units_cards(house: House) -> None:
    await house.login(Role.HANDLER_HEAD, unit="police_station")
    fields = await open_form(house) | {"title": "居住证", "do": "save"}
    assert (await post(house, fields)).status == 200
    page = await (await house.client.get("/desk/answers/MZ01")).text()
    assert "<textarea" not in page
    stolen = fields | {"version": "1"}
    assert (await post(house, stolen, "/desk/answers/MZ01")).status == 403


async def test_not_from_elsewhere_and_not_without_login(house: House) -> None:
    assert (await house.client.get("/desk/answers", allow_redirects=False)).status == 302
    await house.login(Role.DISPATCHER)
    fields = await open_form(house) | {"do": "save"}
    assert (await post(house, fields | {"csrf": "x"})).status == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = await house.client.post("/desk/answers/HJ01", data=fields, headers=foreign)
    assert answer.status == 403
    for path in ("/desk/answers/ZZ99", "/desk/answers/../x", "/desk/answers/hj01"):
        assert (await house.client.get(path)).status == 404


async def test_what_a_card_did_not_settle_is_shown_beside_it(house: House) -> None:
    asked_at = house.clock()
    async with house.database.transaction() as session:
        for state, text in (("filed", "<i>合同</i>没有怎么办"), ("solved", "好的那句")):
            session.add(
                Consultation(
                    channel="web", text=text, tag={}, offered=["HJ01"], card_code="HJ01",
                    card_version=1, state=state, at=asked_at, answered_at=asked_at,
                )
            )  # fmt: skip
    await house.login(Role.DISPATCHER)
    page = await (await house.client.get("/desk/answers/HJ01")).text()
    assert "&lt;i&gt;合同" in page and "好的那句" not in page
    assert "答 2 · 解决 1 · 转诉求 1" in page
    listed = await (await house.client.get("/desk/answers")).text()
    assert re.search(r"十分钟内答复</dt><dd>2 <small>100%", listed)


async def test_cards_stand_beside_a_case(house: House) -> None:
    text = "居住证办了一个多月还没拿到，派出所一直说在做"
    filed = await house.file(await house.token(), text)
    await house.login(Role.AGENT)
    page = await (await house.client.get(f"/desk/cases/{filed['number']}")).text()
    assert "居住证申领" in page and "答复卡 HJ01" in page
    other = await house.file(await house.token(), "朝晖路桥头三盏路灯不亮")
    page = await (await house.client.get(f"/desk/cases/{other['number']}")).text()
    assert "答复卡 " not in page
