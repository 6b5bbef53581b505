"""A caller's case gets a link into the caller's own chat: on demand, written down, used once."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.testing import talk
from cases.actors import Actor
from cases.errors import PermissionDenied, RuleBroken
from cases.history import verify_history
from cases.lifecycle import Role
from cases.models import Case, HistoryEntry
from cases.use_cases.follow import show_link
from tests.intake_api.conftest import LIGHT, House, build_house
from tests.intake_api.test_browser import visit

PUBLIC = "http://huying.example"
LINK = re.compile(rf'value="({PUBLIC}/chat\?start=(case_[A-Za-z0-9_-]+))"')


@pytest.fixture
async def house(sqlite_database, town, now, tmp_path: Path) -> AsyncIterator[House]:
    built = await build_house(sqlite_database, town, now, tmp_path, public_url=PUBLIC)
    yield built
    await built.client.close()


async def file(house: House, **body: Any) -> str:
    filed = await house.file(await house.token(), LIGHT, **body)
    return str(filed["number"])


async def case_page(house: House, number: str) -> str:
    return html.unescape(await (await house.client.get(f"/desk/cases/{number}")).text())


async def reveal(house: House, csrf: str, number: str) -> Any:
    return await house.client.post(f"/desk/case-links/{number}", data={"csrf": csrf})


async def lines(house: House, number: str) -> list[HistoryEntry]:
    async with house.database.reading() as session:
        query = (
            select(HistoryEntry)
            .join(Case, Case.id == HistoryEntry.case_id)
            .where(Case.number == number, HistoryEntry.action == "show_link")
        )
        return list(await session.scalars(query))


async def test_shown_on_demand_written_down_and_used(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    number = await file(house)
    page = await case_page(house, number)
    assert "显示跟进链接" in page and "case_" not in page
    answer = await reveal(house, csrf, number)
    page = html.unescape(await answer.text())
    assert answer.status == 200 and "调出跟进链接已办好" in page
    found = LINK.search(page)
    assert found and '<svg viewBox="0 0' in page and "显示跟进链接" not in page
    (line,) = await lines(house, number)
    assert (line.actor_name, line.actor_role, line.citizen_text) == ("agent-x", "agent", None)
    async with house.database.reading() as session:
        assert [broken async for broken in verify_history(session)] == []

    async with talk(house.database, house.town, clock=house.clock) as chat:
        await chat.say(f"/start {found[2]}")
    page = await case_page(house, number)
    assert "已绑定" in page and "case_" not in page and "显示跟进链接" not in page
    late = await reveal(house, csrf, number)
    assert late.status == 200 and "已绑定" in await late.text()
    assert len(await lines(house, number)) == 1


async def test_it_stays_for_half_an_hour_with_whoever_asked(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    number = await file(house)
    await reveal(house, csrf, number)
    house.clock.advance(minutes=29)
    payload = LINK.search(await case_page(house, number))[2]  # type: ignore[index]
    house.clock.advance(minutes=2)
    assert "显示跟进链接" in await case_page(house, number)
    await reveal(house, csrf, number)
    assert LINK.search(await case_page(house, number))[2] == payload  # type: ignore[index]
    await house.login(Role.DISPATCHER)
    page = await case_page(house, number)
    assert "显示跟进链接" in page and payload not in page
    assert len(await lines(house, number)) == 2


@pytest.mark.parametrize("role", [Role.HANDLER, Role.HANDLER_HEAD, Role.COMMANDER, Role.OBSERVER])
async def test_whoever_is_not_shown_the_tracking_code_is_not_shown_the_link(
    house: House, role: Role
) -> None:
    number = await file(house)
    csrf = await house.login(role)
    page = await case_page(house, number)
    assert "查询码" not in page and "跟进链接" not in page and "在聊天里跟进" not in page
    assert (await reveal(house, csrf, number)).status == 403
    assert await lines(house, number) == []


async def test_an_anonymous_case_is_bound_to_no_chat(house: House, now) -> None:
    number = await file(house, anonymous=True)
    csrf = await house.login(Role.DISPATCHER)
    assert "在聊天里跟进" not in await case_page(house, number)
    await reveal(house, csrf, number)
    assert await lines(house, number) == []
    for actor, error in (
        (Actor(Role.AGENT, "坐席"), RuleBroken),
        (Actor(Role.OBSERVER, "观察员"), PermissionDenied),
    ):
        with pytest.raises(error):
            async with house.database.transaction() as session:
                await show_link(session, number, actor=actor, now=now)


async def test_not_without_login_not_from_elsewhere_not_for_no_case(house: House) -> None:
    number = await file(house)
    away = await house.client.post(f"/desk/case-links/{number}", allow_redirects=False)
    assert away.status == 302
    csrf = await house.login(Role.AGENT)
    assert (await reveal(house, "x", number)).status == 403
    assert (await reveal(house, csrf, "2611-0000-0000")).status == 404
    assert await lines(house, number) == []


async def test_the_line_is_nothing_the_citizen_sees(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    number = await file(house)
    async with house.database.reading() as session:
        code = await session.scalar(select(Case.tracking_code).where(Case.number == number))
    await reveal(house, csrf, number)
    answer = await house.client.post("/track", data={"number": number, "code": code})
    page = await answer.text()
    assert answer.status == 200 and number in page and "跟进链接" not in page


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_in_a_browser(browser: Any, house: House, scheme: str) -> None:
    name = await house.add_user(Role.AGENT)
    number = await file(house)
    here = await visit(browser, house, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    await here.login(name)
    await here.open(f"/desk/cases/{number}")
    await here.check()
    await here.page.focus("text=显示跟进链接")
    await here.page.keyboard.press("Enter")
    await here.page.wait_for_selector(".follow svg.qr")
    await here.page.wait_for_selector("[data-copy]")  # hidden until the script can copy
    await here.check()
