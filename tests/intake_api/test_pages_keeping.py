"""Nothing typed at the desk is lost, and two people do not answer one case unawares."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from cases.lifecycle import Role
from cases.models import KeptCall
from intake_api.sweeping import sweep
from tests.intake_api.conftest import House, csrf_of
from tests.intake_api.test_pages_desk import CALL, all_cases, fields_of, read_call


async def kept_calls(house: House) -> list[KeptCall]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(KeptCall)))


async def test_a_read_call_waits_until_it_is_filed(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    await read_call(house, csrf)
    desk = await (await house.client.get("/desk")).text()
    assert "还没有立案" in desk
    page = await (await house.client.get("/desk/kept")).text()
    await house.client.post("/desk/file", data=fields_of(page))
    assert len(await all_cases(house)) == 1
    assert "还没有立案" not in await (await house.client.get("/desk")).text()
    answer = await house.client.get("/desk/kept", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/desk")


async def test_what_was_typed_comes_back(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf))
    typed = fields | {
        "caller_name": "王女士",
        "d0-text": "朝晖路三盏路灯不亮，昨晚有人摔倒",
        "d0-place": "风荷路7号",
        "d0-other": "zf.road",
        "d0-urgency": "urgent",
        "anonymous": "1",
    }
    del typed["d0-category"]
    answer = await house.client.post("/desk/keep", data=typed)
    assert answer.status == 204
    page = await (await house.client.get("/desk/kept")).text()
    again = fields_of(page)
    for name in ("caller_name", "d0-text", "d0-place", "d0-other", "d0-urgency", "anonymous"):
        assert again[name] == typed[name], name
    assert again["read_id"] == fields["read_id"]
    assert "d0-category" not in again
    # The registry is asked for the words that stand there now.
    assert 'value="R0101-7"' in page
    assert again["d0-place_read"] == "风荷路7号"


async def test_a_refused_form_keeps_the_edits(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf)) | {
        "d0-text": "改过的内容",
        "d0-urgency": "urgent",
    }
    del fields["d0-file"]
    answer = await house.client.post("/desk/file", data=fields)
    again = fields_of(await answer.text())
    assert answer.status == 422
    assert (again["d0-text"], again["d0-urgency"]) == ("改过的内容", "urgent")
    assert "d0-file" not in again


async def test_a_kept_call_can_be_thrown_away(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf))
    await read_call(house, csrf)
    drop = {"csrf": csrf, "read_id": fields["read_id"]}
    await house.client.post("/desk/kept/drop", data=drop)
    [left] = await kept_calls(house)
    assert left.read_id != fields["read_id"]


async def test_two_tabs_keep_two_calls(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    first = fields_of(await read_call(house, csrf))
    second = fields_of(await read_call(house, csrf, "市民：学院路的井盖丢了，请来看看。"))
    desk = await (await house.client.get("/desk")).text()
    assert desk.count("还没有立案") == 2
    await house.client.post("/desk/file", data=first)
    page = await (await house.client.get(f"/desk/kept?call={second['read_id']}")).text()
    assert "学院路" in page
    assert fields_of(page)["read_id"] == second["read_id"]


async def test_a_kept_call_is_its_agents_own_and_goes_after_a_day(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    await read_call(house, csrf)
    await house.login(Role.DISPATCHER)
    assert CALL[3:10] not in await (await house.client.get("/desk")).text()
    await sweep(house.database, house.clock())
    assert len(await kept_calls(house)) == 1
    await sweep(house.database, house.clock() + timedelta(days=1, minutes=1))
    assert await kept_calls(house) == []


async def test_keeping_takes_only_a_form_with_a_call(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    assert (await house.client.post("/desk/keep", data={"csrf": csrf})).status == 422
    assert (await house.client.post("/desk/keep", data={"pasted": "x"})).status == 403
    csrf = await house.login(Role.HANDLER)
    kept = {"csrf": csrf, "pasted": "x", "read_id": "1"}
    assert (await house.client.post("/desk/keep", data=kept)).status == 403


async def test_two_people_at_one_case_hear_of_each_other(both_houses: House) -> None:
    house = both_houses
    filed = await house.file(await house.token())
    here = f"/desk/cases/{filed['number']}/presence"
    csrf = await house.login(Role.AGENT)
    first = await (await house.client.post(here, data={"csrf": csrf, "writing": "1"})).json()
    assert first == {"sentence": ""}
    csrf = await house.login(Role.DISPATCHER)
    second = await (await house.client.post(here, data={"csrf": csrf})).json()
    assert "agent-x 正在办这件" in second["sentence"]
    house.clock.advance(minutes=1)
    alone = await (await house.client.post(here, data={"csrf": csrf})).json()
    assert alone == {"sentence": ""}


async def test_presence_is_for_cases_one_may_see(house: House) -> None:
    filed = await house.file(await house.token())
    csrf = await house.login(Role.HANDLER, unit="fire_station")
    answer = await house.client.post(f"/desk/cases/{filed['number']}/presence", data={"csrf": csrf})
    assert answer.status == 404
    page = await (await house.client.get("/desk")).text()
    assert csrf_of(page) == csrf
