"""Beside an open case: how the like of it was answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from cases.lifecycle import Role
from cases.models import Case
from cases.use_cases.solved_answers import find_solved, likeness
from tests.intake_api.conftest import House

LIKE = "朝晖路菜场旁边两盏路灯不亮，晚上买菜看不见路"
OTHER = "学院路公园里的景观灯整夜亮着，照得睡不着"
HERE = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"


async def close(house: House, number: str, reply: str, **values: Any) -> None:
    async with house.database.transaction() as session:
        await session.execute(
            update(Case)
            .where(Case.number == number)
            .values(state="archived", outcome="solved", reply_text=reply, **values)
        )


async def page_of(house: House, number: str, role: Role = Role.DISPATCHER) -> str:
    await house.login(role)
    return await (await house.client.get(f"/desk/cases/{number}")).text()


async def test_the_nearest_answer_stands_beside_the_case(both_houses: House) -> None:
    house = both_houses
    headers = await house.token()
    like = (await house.file(headers, LIKE))["number"]
    other = (await house.file(headers, OTHER))["number"]
    await close(house, like, "已更换灯具和线路。联系电话13800001234。")
    await close(house, other, "已调整开关时间。")
    here = (await house.file(headers, HERE))["number"]
    page = await page_of(house, here)
    assert "已更换灯具和线路" in page
    assert "13800001234" not in page
    assert "已调整开关时间" not in page


async def test_an_answer_that_settled_nothing_is_no_example(house: House) -> None:
    headers = await house.token()
    like = (await house.file(headers, LIKE))["number"]
    await close(house, like, "已更换灯具。", solved="no")
    here = (await house.file(headers, HERE))["number"]
    assert "类似诉求的答复" not in await page_of(house, here)


async def test_a_handler_sees_answers_of_the_own_unit_only(house: House) -> None:
    headers = await house.token()
    like = (await house.file(headers, LIKE))["number"]
    await close(house, like, "已更换灯具。", lead_unit="fire_station")
    here = (await house.file(headers, HERE))["number"]
    assert "类似诉求的答复" not in await page_of(house, here, Role.HANDLER)
    await close(house, like, "已更换灯具。", lead_unit="lighting_office")
    page = await (await house.client.get(f"/desk/cases/{here}")).text()
    assert "类似诉求的答复" in page


async def test_without_a_category_nothing_is_like_it(house: House) -> None:
    async with house.database.reading() as session:
        assert await find_solved(session, Case(id=1, text=HERE, category=None)) == []


def test_likeness() -> None:
    assert likeness(HERE, HERE) == 1.0
    assert likeness(HERE, "") == likeness("", "") == 0.0
    assert likeness(HERE, LIKE) > likeness(HERE, OTHER)
