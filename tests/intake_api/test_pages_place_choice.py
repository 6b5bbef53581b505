"""The registry's places on the desk: offered with the draft, confirmed, kept with the case."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cases.lifecycle import Role
from tests.intake_api.conftest import House, csrf_of
from tests.intake_api.test_pages_desk import all_cases, fields_of, read_call

SURE = "市民：风荷路4号门口的三盏路灯全灭了，请尽快修。"
LOST = "市民：望江路88号的三盏路灯全灭了，请尽快修。"


def offered(page: str) -> list[str]:
    return re.findall(r'name="d0-place_code" value="([^"]*)"', page)


async def test_a_sure_place_is_chosen_and_filed_with_its_grid(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    page = await read_call(house, csrf, SURE)
    fields = fields_of(page)
    assert offered(page) == ["R0101-4", ""]
    assert fields["d0-place_code"] == "R0101-4"
    await house.client.post("/desk/file", data=fields)
    [case] = await all_cases(house)
    assert (case.place_text, case.place_code) == ("风荷路4号门口", "R0101-4")
    assert (case.place_name, case.place_grid) == ("云荷县风荷镇风荷社区风荷路4号", "风荷社区网格")


async def test_as_it_was_said_stays_as_it_was_said(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf, SURE)) | {"d0-place_code": ""}
    await house.client.post("/desk/file", data=fields)
    [case] = await all_cases(house)
    assert (case.place_text, case.place_code, case.place_grid) == ("风荷路4号门口", None, None)


async def test_a_place_offered_for_other_words_is_not_filed(house: House) -> None:
    """Without JavaScript the offer under the field does not follow what is typed into it."""
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf, SURE)) | {"d0-place": "风荷路7号"}
    await house.client.post("/desk/file", data=fields)
    [case] = await all_cases(house)
    assert (case.place_text, case.place_code) == ("风荷路7号", None)


async def test_other_words_are_looked_up_again(house: House) -> None:
    await house.login(Role.AGENT)
    answer = await house.client.get("/desk/drafts/places?draft=d0&q=风荷路7号")
    page = await answer.text()
    assert offered(page) == ["R0101-7", ""]
    assert "<html" not in page
    assert (
        "按原话登记"
        in await (await house.client.get("/desk/drafts/places?draft=d0&q=月球背面")).text()
    )
    assert (await house.client.get("/desk/drafts/places?draft=x&q=1")).status == 422
    await house.login(Role.HANDLER)
    assert (await house.client.get("/desk/drafts/places?draft=d0&q=风荷路7号")).status == 403


async def test_a_code_that_is_not_in_the_registry_is_refused(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf, SURE)) | {"d0-place_code": "R9999"}
    answer = await house.client.post("/desk/file", data=fields)
    assert (answer.status, "地址库里没有这个地点了" in await answer.text()) == (422, True)
    assert await all_cases(house) == []


async def test_no_place_in_the_registry_is_said(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    page = await read_call(house, csrf, LOST)
    assert offered(page) == []
    assert "地址库里没有这个地点" in page


async def confirm_later(house: House, number: str, csrf: str, **data: Any) -> tuple[int, str]:
    answer = await house.client.post(
        f"/desk/cases/{number}/supplement", data={"csrf": csrf, "version": "", **data}
    )
    return answer.status, await answer.text()


@pytest.mark.parametrize("role", [Role.AGENT, Role.DISPATCHER])
async def test_a_case_from_a_chat_gets_its_place_from_staff(house: House, role: Role) -> None:
    filed = await house.file(await house.token(), "门口的三盏路灯全灭了", place="风荷路4号")
    await house.login(role)
    number = filed["number"]
    page = await (await house.client.get(f"/desk/cases/{number}")).text()
    assert 'value="R0101-4"' in page
    status, page = await confirm_later(house, number, csrf_of(page), place_code="R0101-4")
    assert status == 200
    assert "风荷社区网格" in page
    assert page.count('value="R0101-4"') == 0
    [case] = await all_cases(house)
    assert (case.place_text, case.place_code) == ("风荷路4号", "R0101-4")
    # Another place: what was confirmed no longer holds.
    status, page = await confirm_later(house, number, csrf_of(page), place_text="风荷路7号")
    [case] = await all_cases(house)
    assert (case.place_text, case.place_code, case.place_grid) == ("风荷路7号", None, None)
    assert 'value="R0101-7"' in page


async def test_who_may_not_confirm_is_not_asked(house: House) -> None:
    filed = await house.file(await house.token(), "门口的三盏路灯全灭了", place="风荷路4号")
    await house.login(Role.COMMANDER)
    page = await (await house.client.get(f"/desk/cases/{filed['number']}")).text()
    assert "R0101-4" not in page


async def test_the_api_gives_code_and_grid(house: House) -> None:
    headers = await house.token()
    answer = await house.client.post(
        "/api/v1/transcripts", json={"text": SURE, "dry_run": True}, headers=headers
    )
    [draft] = (await answer.json())["drafts"]
    assert draft["place"]["code"] == "R0101-4"
    assert draft["place"]["text"] == "风荷路4号门口"
    filed = await house.file(headers, "三盏路灯全灭了", place="风荷路4号")
    status, case = await house.act(headers, filed["number"], "supplement", place_code="R0101-4")
    assert (status, case["place_code"], case["grid"]) == (200, "R0101-4", "风荷社区网格")
    status, body = await house.act(headers, filed["number"], "supplement", place_code="R9999")
    assert (status, body["code"]) == (422, "invalid_data")
