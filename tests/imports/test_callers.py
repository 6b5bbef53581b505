"""Earlier cases by number, names and numbers in full: quick, masked, and written down."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import text

from cases.history import read_history, verify_history
from cases.lifecycle import Role
from cases.models import Case
from cases.use_cases.earlier_cases import find_earlier
from tests.intake_api.conftest import House

PHONE = "13800001234"
SPELLINGS = (
    "138 0000 1234",
    "+86-138-0000-1234",
    "１３８００００１２３４",
    "13800001234转5",
    PHONE,
)
WORDS = "我叫李建国，电话13900005678，住风荷苑3幢2单元502室，楼下路灯不亮"


async def test_every_spelling_finds_the_same_cases(both_houses: House) -> None:
    house, agent = both_houses, await both_houses.token()
    for spelling in SPELLINGS[:3]:
        await house.file(agent, caller_phone=spelling)
    await house.file(agent, caller_phone="13800001235")
    await house.file(agent, caller_phone=PHONE, anonymous=True)
    async with house.database.reading() as session:
        for spelling in SPELLINGS:
            found = await find_earlier(session, spelling, limit=2)
            assert found is not None and (found.total, len(found.cases)) == (3, 2)
        assert await find_earlier(session, "不详") is None
        assert await find_earlier(session, None) is None
        none = await find_earlier(session, "13811112222")
        assert none is not None and none.total == 0


async def test_the_look_up_goes_by_the_index(both_houses: House) -> None:
    """Whatever the size of the table: the plan names the index."""
    query = "SELECT id FROM cases WHERE caller_key = '13800001234'"
    async with both_houses.database.reading() as session:
        if both_houses.database.is_sqlite:
            rows = await session.execute(text(f"EXPLAIN QUERY PLAN {query}"))
        else:
            await session.execute(text("SET enable_seqscan = off"))
            rows = await session.execute(text(f"EXPLAIN {query}"))
        assert "ix_cases_caller_key" in str(rows.all())


async def test_a_number_that_changes_or_goes_takes_its_key_along(house: House) -> None:
    case = await house.file(await house.token(), caller_phone="138 0000 1234")
    async with house.database.transaction() as session:
        row = (await session.scalars(Case.__table__.select())).first()
        found = await session.get(Case, row)
        assert found is not None and found.number == case["number"]
        assert found.caller_key == PHONE
        found.caller_phone = None
        assert found.caller_key is None


async def test_the_page_shows_masks_and_no_address_holds_the_number(house: House) -> None:
    agent = await house.token()
    case = await house.file(agent, text=WORDS, caller_phone=PHONE)
    csrf = await house.login(Role.AGENT)
    answer = await house.client.post("/desk/callers", data={"csrf": csrf, "caller_phone": PHONE})
    page = await answer.text()
    assert case["number"] in page and "138****1234" in page
    assert PHONE not in page and "建国" not in page and "13900005678" not in page
    assert PHONE not in str(answer.url)
    answer = await house.client.post("/desk/callers", data={"csrf": csrf, "caller_phone": "电话"})
    assert answer.status == 422 and "不是一个能查的电话号码" in await answer.text()
    await house.login(Role.HANDLER)
    assert (await house.client.get("/desk/callers")).status == 403


async def case_page(house: House, number: str) -> str:
    return await (await house.client.get(f"/desk/cases/{number}")).text()


async def test_a_reveal_is_written_down(both_houses: House) -> None:
    house = both_houses
    body: dict[str, Any] = {"caller_name": "王小红", "caller_phone": PHONE}
    case = await house.file(await house.token(), text=WORDS, **body)
    number = case["number"]
    csrf = await house.login(Role.HANDLER)
    page = await case_page(house, number)
    for secret in ("王小红", PHONE, "李建国", "13900005678"):
        assert secret not in page, secret
    assert "2单元502室" in page and "显示姓名电话" in page  # the unit has to find the door
    answer = await house.client.post(f"/desk/reveal/{number}", data={"csrf": csrf, "reason": " "})
    assert answer.status in (400, 422) and "为什么" in await answer.text()
    answer = await house.client.post(
        f"/desk/reveal/{number}", data={"csrf": csrf, "reason": "联系当事人"}
    )
    page = await answer.text()
    for shown in ("王小红", PHONE, "李建国", "13900005678"):
        assert shown in page, shown
    async with house.database.reading() as session:
        found = await session.get(Case, 1)
        assert found is not None
        last = (await read_history(session, found.id))[-1]
        assert [pair async for pair in verify_history(session)] == []
    assert (last.action, last.actor_role, last.actor_name) == ("reveal", "handler", "handler-x")
    assert last.data == {
        "fields": ["caller_name", "caller_phone", "text"],
        "reason": "联系当事人",
    }
    assert last.citizen_text is None
    # For this person, and for half an hour.
    await house.login(Role.DISPATCHER)
    assert PHONE not in await case_page(house, number)


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.INSPECTOR, Role.COMMANDER])
async def test_who_does_not_call_sees_no_number(house: House, role: Role) -> None:
    case = await house.file(await house.token(), text=WORDS, caller_phone=PHONE)
    csrf = await house.login(role)
    page = await case_page(house, case["number"])
    assert "显示姓名电话" not in page and "502室" not in page
    answer = await house.client.post(
        f"/desk/reveal/{case['number']}", data={"csrf": csrf, "reason": "好奇"}
    )
    assert answer.status == 403
    assert not re.search(r"1\d{10}", await case_page(house, case["number"]))
