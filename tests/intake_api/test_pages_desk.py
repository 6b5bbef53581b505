"""The desk without JavaScript: paste, read, correct, file; queues; a case and its steps."""

from __future__ import annotations

import html
import re

import pytest
from aiohttp import FormData
from sqlalchemy import select

from cases.lifecycle import Role
from cases.models import Case, PredictionEntry
from tests.intake_api.conftest import LIGHT, House, csrf_of

CALL = "坐席：您好，请讲。\n市民：我姓王，电话13800001234。昨天晚上朝晖路三盏路灯全灭了，请尽快修。"


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send from the drafts' form."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        if not name or (kind and kind[1] in ("radio", "checkbox") and " checked" not in tag):
            continue
        fields[name[1]] = html.unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.S):
        fields[name] = html.unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    return fields


async def read_call(house: House, csrf: str, text: str = CALL) -> str:
    answer = await house.client.post("/desk/read", data={"csrf": csrf, "text": text})
    assert answer.status == 200, await answer.text()
    return await answer.text()


async def all_cases(house: House) -> list[Case]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(Case).order_by(Case.id)))


async def test_paste_read_file(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    page = await read_call(house, csrf)
    assert '<mark class="caller">13800001234</mark>' in page
    assert '<mark class="reason">路灯</mark>' in page
    answer = await house.client.post("/desk/file", data=fields_of(page))
    text = await answer.text()
    [case] = await all_cases(house)
    assert "已立案 1 件" in text
    assert case.number in text
    assert case.tracking_code in text
    assert (case.state, case.category, case.tagged_by) == ("dispatched", "zf.light", "agent-x")
    assert (case.caller_phone, case.channel) == ("13800001234", "phone")


async def test_a_corrected_tag_is_kept_beside_the_machines(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf))
    fields |= {"d0-other": "zf.road", "d0-urgency": "urgent"}
    await house.client.post("/desk/file", data=fields)
    [case] = await all_cases(house)
    assert (case.category, case.urgency) == ("zf.road", "urgent")
    async with house.database.reading() as session:
        prediction = await session.scalar(select(PredictionEntry))
    assert prediction is not None
    assert prediction.category == "zf.light"


async def test_out_of_scope_waits_for_a_decision(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf)) | {"d0-other": "na.scope"}
    await house.client.post("/desk/file", data=fields)
    [case] = await all_cases(house)
    assert (case.state, case.category) == ("submitted", "na.scope")


async def test_pressing_twice_files_once(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf))
    first = await house.client.post("/desk/file", data=fields, allow_redirects=False)
    second = await house.client.post("/desk/file", data=fields, allow_redirects=False)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(await all_cases(house)) == 1


async def test_refusals_show_the_drafts_again(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    fields = fields_of(await read_call(house, csrf))
    none_chosen = {name: value for name, value in fields.items() if name != "d0-file"}
    answer = await house.client.post("/desk/file", data=none_chosen)
    assert (answer.status, "请至少勾选一件" in await answer.text()) == (422, True)
    no_tag = {name: value for name, value in fields.items() if name != "d0-category"}
    answer = await house.client.post("/desk/file", data=no_tag)
    assert (answer.status, "请先为每一件选定分类" in await answer.text()) == (422, True)
    wrong = fields | {"d0-other": "zf.nothing"}
    assert (await house.client.post("/desk/file", data=wrong)).status == 422
    assert await all_cases(house) == []


async def test_odd_pastes(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    for text, status in [
        ("", 422),
        ("  \n ", 422),
        ("👍", 200),
        ("<script>alert(1)</script>", 200),
    ]:
        answer = await house.client.post("/desk/read", data={"csrf": csrf, "text": text})
        page = await answer.text()
        assert answer.status == status
        assert "<script>alert" not in page
    huge = FormData({"csrf": csrf, "text": "长" * 200_001}, default_to_multipart=True)
    assert (await house.client.post("/desk/read", data=huge)).status == 422
    enormous = FormData({"csrf": csrf, "text": "a" * 10_000_000}, default_to_multipart=True)
    assert (await house.client.post("/desk/read", data=enormous)).status == 413


@pytest.mark.slow
async def test_a_very_long_call_is_read(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    text = "朝晖路的路灯不亮。" * 20_000
    form = FormData({"csrf": csrf, "text": text}, default_to_multipart=True)
    answer = await house.client.post("/desk/read", data=form)
    assert answer.status == 200


async def test_the_desk_works_without_the_classifier(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    house.tagger.fail_with = RuntimeError("gone")
    page = await read_call(house, csrf)
    assert "分类服务暂时不可用" in page
    fields = fields_of(page) | {"d0-other": "zf.light"}
    house.tagger.fail_with = RuntimeError("gone")
    await house.client.post("/desk/file", data=fields)
    assert [case.category for case in await all_cases(house)] == ["zf.light"]


async def test_queues_count_and_list(both_houses: House) -> None:
    house = both_houses
    agent = await house.token()
    light = await house.file(agent)
    unclear = await house.file(agent, "那个事情到底什么时候办")
    await house.login(Role.DISPATCHER)
    counts = await (await house.client.get("/desk/counts")).json()
    assert (counts["unaccepted"], counts["all"], counts["overdue"]) == (1, 2, 0)
    page = await (await house.client.get("/desk")).text()
    assert unclear["number"] in page
    assert light["number"] not in page
    found = await (await house.client.get("/desk", params={"q": "朝晖路"})).text()
    assert light["number"] in found
    nothing = await (await house.client.get("/desk", params={"q": "\x00<b>没有</b>"})).text()
    assert "<b>没有" not in nothing
    house.clock.advance(days=30)
    await house.login(Role.COMMANDER)
    assert "超期" in await (await house.client.get("/desk?queue=overdue")).text()


async def test_a_handler_sees_the_units_cases_only(house: House) -> None:
    agent = await house.token()
    light = await house.file(agent)
    fume = await house.file(agent, "楼下烧烤店油烟太大，窗户都不敢开")
    await house.login(Role.HANDLER)
    page = await (await house.client.get("/desk?queue=all")).text()
    assert light["number"] in page
    assert fume["number"] not in page
    assert 'name="text"' not in page
    assert (await house.client.get(f"/desk/cases/{fume['number']}")).status == 404
    for path in ("/desk/read", "/desk/file"):
        assert (await house.client.post(path, data={"csrf": "x"})).status == 403


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.CITIZEN, Role.BOT)])
async def test_every_role_opens_desk_and_case(house: House, role: Role) -> None:
    case = await house.file(await house.token())
    await house.login(role)
    assert (await house.client.get("/desk")).status == 200
    answer = await house.client.get(f"/desk/cases/{case['number']}")
    assert answer.status == 200
    page = await answer.text()
    assert ("查询码" in page) == (role in (Role.AGENT, Role.DISPATCHER, Role.ADMIN))


async def step(house: House, csrf: str, number: str, action: str, **data: str) -> tuple[int, str]:
    page = await (await house.client.get(f"/desk/cases/{number}")).text()
    version = re.search(r'name="version" value="(\d+)"', page)
    fields = {"csrf": csrf, "version": version[1] if version else ""} | data
    answer = await house.client.post(f"/desk/cases/{number}/{action}", data=fields)
    return answer.status, await answer.text()


async def test_a_unit_signs_contacts_and_replies(house: House) -> None:
    number = (await house.file(await house.token()))["number"]
    csrf = await house.login(Role.HANDLER)
    assert (await step(house, csrf, number, "sign"))[0] == 200
    status, page = await step(house, csrf, number, "contact", method="phone", content="已约好")
    assert (status, "先行联系已办好" in page) == (200, True)
    status, page = await step(house, csrf, number, "reply", outcome="", text="修好了 <b>")
    assert status == 422
    assert "修好了 &lt;b&gt;" in page  # what was typed is still there
    assert "办理结果" in page
    status, page = await step(house, csrf, number, "reply", outcome="solved", text="修好了")
    assert (status, "待审核" in page) == (200, True)
    csrf = await house.login(Role.DISPATCHER)
    assert (await step(house, csrf, number, "close"))[0] == 200
    [case] = await all_cases(house)
    assert case.state == "closed"


async def test_refused_steps_say_why(house: House) -> None:
    number = (await house.file(await house.token()))["number"]
    csrf = await house.login(Role.DISPATCHER)
    status, page = await step(house, csrf, number, "sign")
    assert (status, "您的角色不能做这一步" in page) == (403, True)
    status, page = await step(house, csrf, number, "close")
    assert (status, "当前状态下不能做这一步" in page) == (409, True)
    assert (await step(house, csrf, number, "explode"))[0] == 404
    status, page = await step(house, csrf, number, "reassign", version="1", unit="works_office")
    assert (status, "刚刚被别人更新过" in page) == (409, True)


async def test_a_dispatcher_chooses_units(house: House) -> None:
    agent = await house.token()
    number = (await house.file(agent, "那个事情到底什么时候办"))["number"]
    csrf = await house.login(Role.DISPATCHER)
    accept = {"category": "zf.light", "request_type": "help", "urgency": "normal"}
    assert (await step(house, csrf, number, "accept", **accept))[0] == 200
    page = await (await house.client.get(f"/desk/cases/{number}")).text()
    assert 'value="lighting_office" selected' in page  # the list's word is filled in
    dispatch = {"unit": "lighting_office", "coop_units": "works_office", "mode": "joint"}
    assert (await step(house, csrf, number, "dispatch", **dispatch))[0] == 200
    view = await (await house.client.get(f"/api/v1/cases/{number}", headers=agent)).json()
    assert (view["lead_unit"], view["coop_units"]) == ("lighting_office", ["works_office"])


async def test_a_cooperating_unit_reads_and_replies(house: House) -> None:
    dispatcher = await house.token(Role.DISPATCHER)
    number = (await house.file(dispatcher, "那个事情到底什么时候办"))["number"]
    await house.act(
        dispatcher, number, "accept", category="zf.light", request_type="help", urgency="normal"
    )
    await house.act(
        dispatcher,
        number,
        "dispatch",
        unit="lighting_office",
        coop_units=["works_office"],
        mode="joint",
    )
    csrf = await house.login(Role.HANDLER, unit="works_office")
    page = await (await house.client.get(f"/desk/cases/{number}")).text()
    assert re.findall(r'data-action="(\w+)"', page) == ["coop_reply"]
    status, page = await step(house, csrf, number, "coop_reply", text="路面已恢复")
    assert (status, "路面已恢复" in page) == (200, True)
    csrf = await house.login(Role.HANDLER, unit="lighting_office")
    assert (await step(house, csrf, number, "sign"))[0] == 200
    contact = {"method": "phone", "content": "已约时间"}
    status, page = await step(house, csrf, number, "contact", **contact)
    assert (status, 'name="released_units" value="works_office"' in page) == (200, True)
    assert 'name="released_units" value="market_office"' not in page
    assert 'data-action="coop_reply"' not in page
    answer = {"outcome": "solved", "text": "灯已修好"}
    assert (await step(house, csrf, number, "reply", **answer))[0] == 200


async def test_pages_hold_no_inline_script_or_style(house: House) -> None:
    case = await house.file(await house.token())
    csrf = await house.login(Role.DISPATCHER)
    pages = [await read_call(house, csrf)]
    for path in ("/desk", f"/desk/cases/{case['number']}", "/login", "/track", "/docs", "/nope"):
        pages.append(await (await house.client.get(path)).text())
    for page in pages:
        assert "style=" not in page
        assert "<style" not in page
        assert not re.search(r"\son\w+=", page)
        assert not re.search(r"<script(?![^>]*src=)", page)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert csrf_of(pages[0]) == csrf
    assert LIGHT
