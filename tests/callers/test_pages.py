"""The call-back pages as an agent sees them, and the short link of a text message."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from cases.lifecycle import Role, State
from cases.models import CallBack, Case
from tests.intake_api.conftest import House, csrf_of

PHONE = "0571-88001234"


async def close_case(house: House, also: str = "") -> str:
    """``also``: the number of a second caller, whose case is merged into this one first."""
    agent = await house.token(Role.AGENT)
    case = await house.file(agent, channel="phone", caller_phone=PHONE, caller_name="王女士")
    number: str = case["number"]
    handler = await house.token(Role.HANDLER)
    dispatcher = await house.token(Role.DISPATCHER)
    steps: list[tuple[dict[str, str], str, dict[str, Any]]] = [
        (
            dispatcher,
            "accept",
            {"category": "zf.light", "request_type": "help", "urgency": "normal"},
        ),
        (dispatcher, "dispatch", {"unit": "lighting_office"}),
        (handler, "sign", {}),
        (handler, "contact", {"method": "电话", "content": "已联系"}),
        (handler, "reply", {"outcome": "solved", "text": "灯已修好"}),
        (dispatcher, "close", {}),
    ]
    if also:
        second = await house.file(agent, channel="phone", caller_phone=also)
        await house.act(dispatcher, second["number"], "merge", parent=number)
    for headers, action, data in steps:
        status, body = await house.act(headers, number, action, **data)
        assert status == 200 or body.get("code") == "transition_forbidden", body
    return number


async def test_an_agent_works_the_list_off(house: House) -> None:
    number = await close_case(house)
    csrf = await house.login(Role.AGENT)
    page = await (await house.client.get("/desk/callbacks")).text()
    assert number in page and PHONE not in page and "0571****1234" in page
    assert "王**" in page and "王女士" not in page
    one = await (await house.client.get("/desk/callbacks/2")).text()
    assert "照着说" in one and number in one and PHONE not in one
    answer = await house.client.post("/desk/callbacks/2/phone", data={"csrf": csrf})
    shown = await answer.text()
    assert PHONE in shown
    csrf = csrf_of(shown)
    answer = await house.client.post(
        "/desk/callbacks/2/told", data={"csrf": csrf, "satisfaction": "5", "solved": "yes"}
    )
    assert answer.status == 200 and "已记下：已告知" in await answer.text()
    agent = await house.token(Role.AGENT)
    case = await (await house.client.get(f"/api/v1/cases/{number}", headers=agent)).json()
    assert (case["satisfaction"], case["solved"]) == (5, "yes")
    again = await house.client.post("/desk/callbacks/2/told", data={"csrf": csrf})
    assert again.status == 409 and "刚刚被别人处理过" in await again.text()


async def test_whose_case_was_merged_gives_a_word_and_no_rating(house: House) -> None:
    parent = await close_case(house, also="0571-88005678")
    async with house.database.reading() as session:
        found = await session.execute(
            select(CallBack.id, Case.number)
            .join(Case, Case.id == CallBack.case_id)
            .where(Case.state == State.MERGED, CallBack.state == "waiting")
        )
        row_id, other = found.one()
    csrf = await house.login(Role.AGENT)
    page = await (await house.client.get(f"/desk/callbacks/{row_id}")).text()
    assert "解决了吗" in page and "满意度" not in page and "同一件事" in page
    data = {"csrf": csrf, "solved": "partly", "comment": "还差一盏"}
    answer = await house.client.post(f"/desk/callbacks/{row_id}/told", data=data)
    assert answer.status == 200 and "已记下：已告知" in await answer.text()
    headers = await house.token(Role.DISPATCHER)
    case = await (await house.client.get(f"/api/v1/cases/{parent}", headers=headers)).json()
    assert case["satisfaction"] is None
    shown = await (await house.client.get(f"/desk/cases/{parent}")).text()
    assert "还差一盏" in shown and other in shown


async def test_a_bad_rating_shows_the_page_again(house: House) -> None:
    await close_case(house)
    csrf = await house.login(Role.AGENT)
    data = {"csrf": csrf, "satisfaction": "77", "comment": "他说还行"}
    answer = await house.client.post("/desk/callbacks/2/told", data=data)
    page = await answer.text()
    assert answer.status == 422 and "满意度应为 1 到 5" in page and "他说还行" in page


@pytest.mark.parametrize("role", [Role.HANDLER, Role.OBSERVER, Role.INSPECTOR])
async def test_others_are_not_let_in(house: House, role: Role) -> None:
    await house.login(role)
    for path in ("/desk/callbacks", "/desk/callbacks/1"):
        assert (await house.client.get(path)).status == 403


async def test_what_is_not_there(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    assert (await house.client.get("/desk/callbacks/77")).status == 404
    for path in ("/desk/callbacks/77/told", "/desk/callbacks/77/phone", "/desk/callbacks/1/eat"):
        assert (await house.client.post(path, data={"csrf": csrf})).status == 404


async def test_the_short_link_opens_the_chat(house: House) -> None:
    answer = await house.client.get("/s/abcdefghijkl", allow_redirects=False)
    assert answer.status == 302
    assert answer.headers["Location"] == "/chat?start=case_abcdefghijkl"
    assert (await house.client.get("/s/no!", allow_redirects=False)).status == 404
