"""Names and numbers of several people on one case: who may ask, what opens, what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from cases.history import read_history, verify_history
from cases.lifecycle import Role
from cases.models import Case, CaseReporter, HistoryEntry, OutboxMessage
from tests.intake_api.conftest import House

FIRST, OTHER = "13800001234", "13900005678"
WORDS = "我叫李建国，电话13700004321，楼下路灯不亮"
SAME = "朝晖路桥头那三盏路灯还是不亮，晚上没法走"


async def case_page(house: House, number: str) -> str:
    return await (await house.client.get(f"/desk/cases/{number}")).text()


async def follow(house: House, csrf: str, number: str, **form: str) -> None:
    form = {"csrf": csrf, "name": "赵师傅", "phone": OTHER, "text": SAME, "once": "a1", **form}
    assert (await house.client.post(f"/desk/case-followers/{number}", data=form)).status == 200


async def ask(house: House, csrf: str, number: str) -> tuple[int, str]:
    form = {"csrf": csrf, "reason": "联系当事人"}
    answer = await house.client.post(f"/desk/reveal/{number}", data=form)
    return answer.status, await answer.text()


async def history(house: House, number: str) -> list[HistoryEntry]:
    async with house.database.reading() as session:
        case = await session.scalar(select(Case).where(Case.number == number))
        assert case is not None
        return list(await read_history(session, case.id))


async def test_who_follows_an_anonymous_case_can_be_called(both_houses: House) -> None:
    """And the anonymous citizen stays closed, in the form and in the words."""
    house = both_houses
    case = await house.file(
        await house.token(), WORDS, anonymous=True, caller_name="王小红", caller_phone=FIRST
    )
    number = case["number"]
    csrf = await house.login(Role.AGENT)
    assert "显示姓名电话" not in await case_page(house, number), "nobody to show yet"
    assert (await ask(house, csrf, number))[0] == 403
    await follow(house, csrf, number)
    page = await case_page(house, number)
    assert "显示姓名电话" in page and OTHER not in page
    status, page = await ask(house, csrf, number)
    assert status == 200 and OTHER in page and "赵师傅" in page and "半小时后收起" in page
    for secret in ("王小红", FIRST, "李建国", "13700004321"):
        assert secret not in page, secret
    assert (await history(house, number))[-1].action == "reveal"


async def test_an_anonymous_follower_stays_closed(house: House) -> None:
    number = (await house.file(await house.token(), caller_phone=FIRST))["number"]
    csrf = await house.login(Role.AGENT)
    await follow(house, csrf, number, anonymous="1")
    async with house.database.reading() as session:
        [row] = list(await session.scalars(select(CaseReporter)))
    form = {"csrf": csrf, "reporter": str(row.id), "solved": "no", "words": "我电话13700004321"}
    await house.client.post(f"/desk/case-words/{number}", data=form)
    _, page = await ask(house, csrf, number)
    reporters = page[page.index('id="reporters"') :].split("</ul>")[0]
    assert FIRST in reporters and OTHER not in page and "13700004321" not in reporters


async def test_what_opens_a_merged_case_is_written_there_too(both_houses: House) -> None:
    house = both_houses
    agent, dispatcher = await house.token(), await house.token(Role.DISPATCHER)
    parent = (await house.file(agent, caller_phone=FIRST))["number"]
    child = (await house.file(agent, SAME, caller_name="李先生", caller_phone=OTHER))["number"]
    other = (await house.file(agent, SAME, caller_phone="13700009999"))["number"]
    status, _ = await house.act(dispatcher, child, "merge", parent=parent)
    assert status == 200
    csrf = await house.login(Role.AGENT)
    status, page = await ask(house, csrf, parent)
    assert status == 200 and OTHER in page
    for number in (parent, child):
        last = (await history(house, number))[-1]
        assert (last.action, last.actor_name) == ("reveal", "agent-x")
        assert last.data["reason"] == "联系当事人"
    assert not any(line.action == "reveal" for line in await history(house, other))
    async with house.database.reading() as session:
        assert [pair async for pair in verify_history(session)] == []


@pytest.mark.parametrize("role", [Role.GRID, Role.OBSERVER, Role.COUNTY, Role.INSPECTOR])
async def test_the_history_of_the_api_is_masked(house: House, role: Role) -> None:
    agent = await house.token()
    number = (await house.file(agent, WORDS, caller_phone=FIRST))["number"]
    note = f"又来电，改打{OTHER}"
    assert (await house.act(agent, number, "supplement", text=note))[0] == 200

    async def seen(headers: dict[str, str]) -> tuple[Any, str]:
        answer = await house.client.get(f"/api/v1/cases/{number}/history", headers=headers)
        assert answer.status == 200
        return (await answer.json())["history"], await answer.text()

    full, words = await seen(agent)
    assert OTHER in words
    masked, words = await seen(await house.token(role))
    for secret in (FIRST, OTHER, "13700004321", "李建国"):
        assert secret not in words, secret
    assert "139****5678" in words
    assert [line["action"] for line in masked] == [line["action"] for line in full]
    assert [line["data"].keys() for line in masked] == [line["data"].keys() for line in full]


async def test_the_history_of_an_anonymous_case_is_masked_for_all(house: House) -> None:
    agent = await house.token()
    number = (await house.file(agent, WORDS, anonymous=True))["number"]
    await house.act(agent, number, "supplement", text=f"又来电，改打{OTHER}")
    answer = await house.client.get(f"/api/v1/cases/{number}/history", headers=agent)
    assert OTHER not in await answer.text()


async def test_a_follower_whom_no_message_reached_is_to_be_called(house: House) -> None:
    number = (await house.file(await house.token(), caller_phone=FIRST))["number"]
    csrf = await house.login(Role.AGENT)
    await follow(house, csrf, number)
    assert "要打电话告知" not in await case_page(house, number)
    async with house.database.transaction() as session:
        session.add(
            OutboxMessage(
                channel="sms", chat_key=OTHER, kind="notice.follow.close", case_id=1,
                dedupe_key="x", payload={"text": "已办结"}, state="dead",
                not_before=house.clock(), created_at=house.clock(),
            )
        )  # fmt: skip
    assert "要打电话告知" in await case_page(house, number)
