"""The same event on a case's page: offered, merged, split; who reported it, who says what."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser
from sqlalchemy import select

from cases.lifecycle import Role, State
from cases.models import Case, CaseReporter
from cases.storage.database import Database
from cases.town import Town
from tests.intake_api.conftest import House, build_house
from tests.intake_api.test_browser import visit

CALL = "坐席：您好，请讲。\n市民：我姓周，电话13800004444。朝晖路桥头三盏路灯都不亮，请修一下。"
SAME = "朝晖路桥头那三盏路灯还是不亮，晚上没法走"


@pytest.fixture
async def house(
    sqlite_database: Database, town: Town, now: datetime, tmp_path: Path
) -> AsyncIterator[House]:
    built = await build_house(sqlite_database, town, now, tmp_path)
    yield built
    await built.client.close()


async def two_cases(house: House) -> tuple[str, str]:
    """The numbers of two cases of one event."""
    headers = await house.token(Role.AGENT)
    first = await house.file(headers, caller_name="王女士", caller_phone="13800001111")
    second = await house.file(headers, SAME, caller_name="李先生", caller_phone="13800002222")
    return first["number"], second["number"]


async def page_of(house: House, number: str) -> str:
    answer = await house.client.get(f"/desk/cases/{number}")
    assert answer.status == 200
    return await answer.text()


async def state_of(house: House, number: str) -> str:
    async with house.database.reading() as session:
        return str(await session.scalar(select(Case.state).where(Case.number == number)))


async def test_merge_from_the_offer_and_split_again(house: House) -> None:
    first, second = await two_cases(house)
    csrf = await house.login(Role.DISPATCHER)
    page = await page_of(house, second)
    assert "可能是同一件事" in page
    assert f'name="parent" value="{first}"' in page
    before = await state_of(house, second)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    answer = await house.client.post(
        f"/desk/cases/{second}/merge",
        data={"csrf": csrf, "version": version[1], "parent": first},
    )
    assert "并案已办好" in await answer.text()
    assert await state_of(house, second) == State.MERGED
    parent = await page_of(house, first)
    assert "已并入这一件" in parent
    assert "反映人 2 位" in parent
    assert f"来自 {second}" in parent
    assert "李**" in parent
    form = re.search(rf'action="/desk/cases/{second}/unmerge".*?</form>', parent, re.S)
    assert form
    version = re.search(r'name="version" value="(\d+)"', form[0])
    assert version
    answer = await house.client.post(
        f"/desk/cases/{second}/unmerge",
        data={"csrf": csrf, "version": version[1], "reason": "是另一座桥"},
    )
    assert "拆分已办好" in await answer.text()
    assert await state_of(house, second) == before
    assert "已并入这一件" not in await page_of(house, first)


async def test_what_is_another_event_is_refused_in_a_sentence(house: House) -> None:
    headers = await house.token(Role.AGENT)
    first = await house.file(headers)
    other = await house.file(headers, "柳浦路口路灯不亮，摸黑走了三天")
    csrf = await house.login(Role.DISPATCHER)
    answer = await house.client.post(
        f"/desk/cases/{other['number']}/merge", data={"csrf": csrf, "parent": first["number"]}
    )
    text = await answer.text()
    assert answer.status == 409
    assert "不是同一件事" in text
    assert await state_of(house, other["number"]) != State.MERGED


async def test_one_more_reporter_and_their_word(house: House) -> None:
    number, _ = await two_cases(house)
    csrf = await house.login(Role.AGENT)
    form = {"csrf": csrf, "name": "赵师傅", "phone": "0571-5550199", "text": SAME, "once": "a1"}
    page = await (await house.client.post(f"/desk/case-followers/{number}", data=form)).text()
    assert "又有人反映已办好" in page
    assert "赵**" in page
    assert "要打电话告知" in page
    await house.client.post(f"/desk/case-followers/{number}", data=form)
    async with house.database.reading() as session:
        [row] = list(await session.scalars(select(CaseReporter)))
    page = await (
        await house.client.post(
            f"/desk/case-words/{number}",
            data={"csrf": csrf, "reporter": str(row.id), "solved": "no", "words": "门口还黑着"},
        )
    ).text()
    assert "没有解决" in page
    assert "门口还黑着" in page
    assert "要人工" in page


async def test_the_first_reporter_again_is_an_urge(house: House) -> None:
    number, _ = await two_cases(house)
    csrf = await house.login(Role.AGENT)
    form = {"csrf": csrf, "phone": "138 0000 1111", "text": "怎么还没修", "once": "b1"}
    page = await (await house.client.post(f"/desk/case-followers/{number}", data=form)).text()
    assert "催办已办好" in page
    async with house.database.reading() as session:
        assert list(await session.scalars(select(CaseReporter))) == []


@pytest.mark.parametrize("role", [Role.HANDLER, Role.OBSERVER])
async def test_others_see_masks_and_no_buttons(house: House, role: Role) -> None:
    number, _ = await two_cases(house)
    csrf = await house.login(Role.AGENT)
    form = {"csrf": csrf, "name": "赵师傅", "phone": "13800003333", "anonymous": "1", "text": SAME}
    await house.client.post(f"/desk/case-followers/{number}", data=form)
    csrf = await house.login(role)
    page = await page_of(house, number)
    assert "反映人 2 位" in page
    assert "赵师傅" not in page
    assert "13800003333" not in page
    assert "/desk/case-followers/" not in page
    answer = await house.client.post(
        f"/desk/case-followers/{number}", data={"csrf": csrf, "text": SAME}
    )
    assert answer.status == 403


async def test_the_api_lists_and_attaches(house: House) -> None:
    first, second = await two_cases(house)
    headers = await house.token(Role.AGENT)
    answer = await house.client.get(f"/api/v1/cases/{second}/similar", headers=headers)
    [similar] = (await answer.json())["similar"]
    assert (similar["number"], similar["verdict"], similar["reporters"]) == (first, "same", 1)
    assert not similar["same_person"]
    body = {"text": SAME, "caller_phone": "13800003333", "source_system": "x", "source_id": "1"}
    kinds = []
    for _ in range(2):
        answer = await house.client.post(
            f"/api/v1/cases/{first}/followers", json=body, headers=headers
        )
        kinds.append((answer.status, (await answer.json())["kind"]))
    assert kinds == [(201, "follower"), (200, "known")]
    assert (await house.client.get("/api/v1/cases/x/similar", headers=headers)).status == 404
    handler = await house.token(Role.HANDLER)
    answer = await house.client.get(f"/api/v1/cases/{first}/similar", headers=handler)
    assert answer.status == 403


async def test_the_citizen_of_a_merged_case_follows_the_other_on_their_page(house: House) -> None:
    headers = await house.token(Role.AGENT)
    first = await house.file(headers)
    second = await house.file(headers, SAME)
    dispatcher = await house.token(Role.DISPATCHER)
    status, _ = await house.act(dispatcher, second["number"], "merge", parent=first["number"])
    assert status == 200
    form = {"number": second["number"], "code": second["tracking_code"]}
    page = await (await house.client.post("/track", data=form)).text()
    assert "已分派，等待承办单位签收" in page
    assert first["number"] in page
    assert first["tracking_code"] not in page


@pytest.mark.browser
@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1360, "height": 860}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
    ],
    ids=["desktop", "phone"],
)
async def test_the_pages_hold_for_everybody(
    house: House, browser: Browser, options: dict[str, Any]
) -> None:
    """For axe, at every width, by keyboard: the offer on a case and on the drafts of a call."""
    first, second = await two_cases(house)
    csrf = await house.login(Role.AGENT)
    form = {"csrf": csrf, "name": "赵师傅", "phone": "0571-5550199", "text": SAME, "once": "a1"}
    await house.client.post(f"/desk/case-followers/{first}", data=form)
    here = await visit(browser, house, **options)
    await here.login(await house.add_user(Role.DISPATCHER))
    for number in (first, second):
        await here.open(f"/desk/cases/{number}")
        assert await here.page.locator("#similar").is_visible()
        await here.check()
    button = here.page.get_by_role("button", name=re.compile("^并入"))
    await button.focus()
    assert await button.evaluate("node => node === document.activeElement")
    await here.open("/desk")
    await here.page.fill("#paste", CALL)
    await here.page.focus("#paste")
    await here.page.keyboard.press("Control+Enter")
    await here.page.wait_for_selector(".already")
    await here.check()
