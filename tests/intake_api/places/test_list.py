"""/desk/places without JavaScript: add, rename, switch off, find, who may."""

from __future__ import annotations

import html
import re

import pytest

from cases.lifecycle import Role
from cases.models import Place
from cases.use_cases.links import find_linked_place
from tests.intake_api.conftest import House
from tests.intake_api.places.desk import MARKET, PUBLIC, add, drawn, events, places, save, upload


async def test_a_place_is_added_and_its_code_leads_into_the_chat(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    answer = await add(house, csrf, " 风荷 <b>公园</b> ", latitude="30.5", longitude="120.25")
    page = await answer.text()
    assert answer.status == 200 and "已添加" in page
    place = (await places(house))["风荷 <b>公园</b>"]
    assert re.fullmatch(r"[A-Za-z0-9]{16}", place.token)
    assert (place.latitude, place.longitude, place.active) == (30.5, 120.25, True)
    assert "<b>公园" not in page
    address = f"{PUBLIC}/chat?start=loc_{place.token}"
    assert address in page and drawn(address) in page and "t.me" not in page
    assert "HUYING_PUBLIC_URL" not in page
    async with house.database.reading() as session:
        found = await find_linked_place(session, f"loc_{place.token}")
    assert found is not None and found.name == place.name
    (line,) = await events(house, place.token)
    assert (line.action, line.actor_name, line.actor_role) == ("add", "dispatcher-x", "dispatcher")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "请写地点名称"),
        ({"name": "长" * 41}, "最多 40 个字"),
        ({"name": "怪\x07名"}, "不能有特殊符号"),
        ({"name": "风荷农贸市场正门"}, "已经有“风荷农贸市场正门”这个点位"),
        ({"name": "新", "latitude": "30"}, "要一起填"),
        ({"name": "新", "latitude": "北", "longitude": "1"}, "要写成数字"),
        ({"name": "新", "latitude": "91", "longitude": "1"}, "纬度应在 -90 到 90"),
        ({"name": "新", "latitude": "nan", "longitude": "1"}, "纬度应在"),
        ({"name": "新", "latitude": "1", "longitude": "-180.1"}, "经度应在 -180 到 180"),
    ],
)
async def test_a_refusal_is_a_sentence_and_what_was_typed_stays(
    house: House, fields: dict[str, str], sentence: str
) -> None:
    csrf = await house.login(Role.ADMIN)
    before = set(await places(house))
    answer = await add(house, csrf, **fields)
    page = html.unescape(await answer.text())
    assert answer.status in (400, 422) and sentence in page
    assert f'value="{fields["name"]}"' in page
    assert set(await places(house)) == before


async def test_rename_switch_off_and_on_leave_their_lines(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    page = await (
        await save(house, csrf, MARKET, name="农贸市场东门", latitude="", longitude="")
    ).text()
    assert "已保存" in page and "风荷农贸市场正门 → 农贸市场东门" in page
    assert "30.2741 → 空" in page
    page = await (await save(house, csrf, MARKET, do="off")).text()
    assert "已停用" in page and "重新启用" in page and "打印贴纸" not in page
    async with house.database.reading() as session:
        assert await find_linked_place(session, f"loc_{MARKET}") is None
    same = await add(house, csrf, "农贸市场东门")
    assert "现在是停用的" in await same.text()
    assert (await save(house, csrf, MARKET, do="on")).status == 200
    assert [line.action for line in await events(house, MARKET)] == ["change", "off", "on"]


async def test_the_second_of_two_is_told(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    await save(house, csrf, MARKET, name="第一个人改的")
    answer = await save(house, csrf, MARKET, name="第二个人改的", version=0)
    page = await answer.text()
    assert answer.status == 409 and "刚刚被别人改过" in page
    assert 'value="第二个人改的"' in page and "第一个人改的" in await places(house)
    (line,) = await events(house, MARKET)
    assert f'name="version" value="{line.id}"' in page
    assert (await save(house, csrf, MARKET, name="再改", version="x")).status in (400, 422)


async def test_search(house: House) -> None:
    await house.login(Role.AGENT)
    for wanted in ("公交", "x9JfPa3YsE"):
        page = await (await house.client.get("/desk/places", params={"q": wanted})).text()
        assert page.count("data-row") == 1 and "风荷路公交总站" in page
    odd = await (await house.client.get("/desk/places", params={"q": "%<i>\x00"})).text()
    assert "没有查到" in odd and "<i>" not in odd
    assert (await house.client.get("/desk/places?page=99999999999")).status == 200


async def test_a_long_list_is_turned_over(house: House) -> None:
    async with house.database.transaction() as session:
        for number in range(120):
            session.add(Place(token=f"token{number:04}", name=f"点位{number:03}", active=True))
    await house.login(Role.AGENT)
    first = await (await house.client.get("/desk/places?q=点位")).text()
    assert first.count("data-row") == 100 and "查到 120 个" in first
    assert "第 1 / 2 页" in first and "上一页" not in first
    address = html.unescape(re.search(r'href="([^"]+page=2)"', first)[1])  # type: ignore[index]
    second = await (await house.client.get(address)).text()
    assert second.count("data-row") == 20 and "下一页" not in second


@pytest.mark.parametrize("role", [Role.AGENT, Role.HANDLER_HEAD, Role.OBSERVER, Role.GRID])
async def test_who_may_only_look_and_print(house: House, role: Role) -> None:
    csrf = await house.login(role)
    page = await (await house.client.get("/desk/places")).text()
    assert (
        "风荷农贸市场正门" in page and "添加点位" not in page and "/desk/places/import" not in page
    )
    page = await (await house.client.get(f"/desk/places/{MARKET}")).text()
    assert "不能改" in page and 'name="do"' not in page
    assert (await house.client.get(f"/desk/places/sheet?token={MARKET}")).status == 200
    assert (await add(house, csrf, "新的")).status == 403
    assert (await save(house, csrf, MARKET, name="新的")).status == 403
    assert (await save(house, csrf, MARKET, do="off")).status == 403
    assert (await upload(house, csrf, "名称\n新的\n")).status == 403
    assert "新的" not in await places(house) and not await events(house, MARKET)


async def test_not_without_login_and_not_from_elsewhere(house: House) -> None:
    paths = ("/desk/places", f"/desk/places/{MARKET}", "/desk/places/sheet", "/desk/places/export")
    for path in paths:
        answer = await house.client.get(path, allow_redirects=False)
        assert answer.status == 302 and "/login" in answer.headers["Location"]
    await house.login(Role.ADMIN)
    assert (await add(house, "x", "新的")).status == 403
    assert (await save(house, "x", MARKET, do="off")).status == 403
    assert (await upload(house, "x", "名称\n新的\n")).status == 403
    for path in ("/desk/places/nobody-knows-me", "/desk/places/short", "/desk/places/a.b.c.d.e"):
        assert (await house.client.get(path)).status == 404


async def test_on_either_database(both_houses: House) -> None:
    house = both_houses
    csrf = await house.login(Role.DISPATCHER)
    assert (await add(house, csrf, "A_B 100%")).status == 200
    token = (await places(house))["A_B 100%"].token
    for wanted, found in (("_B 1", 1), ("%A", 0), ("00%", 1), (token, 1)):
        page = await (await house.client.get("/desk/places", params={"q": wanted})).text()
        assert page.count("data-row") == found, wanted
    assert (await save(house, csrf, token, name="改过的")).status == 200
    assert (await save(house, csrf, token, do="off")).status == 200
    raw = await (await house.client.get("/desk/places/export")).read()
    assert "没变 4 个" in await (await upload(house, csrf, raw)).text()
