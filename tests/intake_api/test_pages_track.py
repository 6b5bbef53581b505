"""The citizen's own view, by number and code."""

from __future__ import annotations

from typing import Any

import pytest

from cases.lifecycle import Role
from tests.intake_api.conftest import House


async def closed_case(house: House) -> dict[str, Any]:
    agent, handler = await house.token(), await house.token(Role.HANDLER)
    dispatcher = await house.token(Role.DISPATCHER)
    case = await house.file(agent, caller_phone="13800001234")
    for headers, action, data in [
        (handler, "sign", {}),
        (handler, "contact", {"method": "电话", "content": "内部记录"}),
        (handler, "reply", {"outcome": "solved", "text": "三盏灯已修好"}),
        (dispatcher, "note", {"text": "内部备注"}),
        (dispatcher, "close", {}),
    ]:
        status, body = await house.act(headers, case["number"], action, **data)
        assert status == 200, body
    return case


async def test_shows_steps_unit_and_result(house: House) -> None:
    case = await closed_case(house)
    data = {"number": case["number"], "code": case["tracking_code"]}
    answer = await house.client.post("/track", data=data)
    page = await answer.text()
    assert answer.status == 200
    for word in ("路灯管理所", "三盏灯已修好", "已解决", "请您评价"):
        assert word in page
    for word in ("13800001234", "内部备注", "内部记录"):
        assert word not in page


async def test_forgives_how_it_was_typed(house: House) -> None:
    case = await house.file(await house.token())
    data = {
        "number": " " + case["number"].replace("-", " ") + "　",
        "code": case["tracking_code"].lower(),
    }
    assert (await house.client.post("/track", data=data)).status == 200


async def test_one_sentence_for_every_wrong_pair(house: House) -> None:
    case, other = await house.file(await house.token()), await house.file(await house.token())
    pairs = [
        (case["number"], other["tracking_code"]),
        (case["number"], ""),
        ("2611-0000-0000", case["tracking_code"]),
        ("", ""),
        ("<b>", "\x00"),
    ]
    for number, code in pairs:
        answer = await house.client.post("/track", data={"number": number, "code": code})
        page = await answer.text()
        assert (answer.status, "编号或查询码不对" in page) == (404, True)
        assert "<b>" not in page.replace("<body>", "")


async def test_rates_a_closed_case(both_houses: House) -> None:
    house = both_houses
    case = await closed_case(house)
    data = {"number": case["number"], "code": case["tracking_code"]}
    answer = await house.client.post("/track/rate", data=data)
    assert "请先选择满意度" in await answer.text()
    answer = await house.client.post("/track/rate", data=data | {"satisfaction": "9"})
    assert "满意度应为 1 到 5" in await answer.text()
    answer = await house.client.post(
        "/track/rate", data=data | {"satisfaction": "5", "solved": "yes"}
    )
    assert "谢谢您的评价" in await answer.text()
    view = await house.client.get(f"/api/v1/cases/{case['number']}", headers=await house.token())
    assert ((await view.json())["state"], (await view.json())["satisfaction"]) == ("evaluated", 5)


async def test_an_unhappy_rating_reopens(house: House) -> None:
    case = await closed_case(house)
    data = {"number": case["number"], "code": case["tracking_code"], "satisfaction": "1"}
    page = await (await house.client.post("/track/rate", data=data)).text()
    assert "重新办理中" in page


async def test_a_wrong_code_rates_nothing(house: House) -> None:
    case = await closed_case(house)
    data = {"number": case["number"], "code": "ABCDEFGH", "satisfaction": "5"}
    assert (await house.client.post("/track/rate", data=data)).status == 404


async def test_tries_are_throttled(house: House) -> None:
    from intake_api.accounts.throttling import Throttle
    from intake_api.pages.track import THROTTLE

    house.client.app._state[THROTTLE] = Throttle("2/minute")  # type: ignore[union-attr]
    data = {"number": "1", "code": "2"}
    statuses = [(await house.client.post("/track", data=data)).status for _ in range(4)]
    assert statuses == [404, 404, 429, 429]


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_form_from_elsewhere_is_refused(house: House, origin: str) -> None:
    answer = await house.client.post("/track", data={}, headers={"Origin": origin})
    assert answer.status == 403
