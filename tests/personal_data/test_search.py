"""A search finds nothing that its answer would cover: it would say whose number that is."""

from __future__ import annotations

from typing import Any

import pytest

from cases.lifecycle import Role
from cases.use_cases import search
from tests.intake_api.conftest import House

WORDS = "朝晖路桥头三盏路灯不亮，我叫王建国，电话13812345678，住3幢2单元501室"
#: What stands in the words and is covered, or is so in part.
SECRETS = ("13812345678", "1381234", "345678，", "王建国", "建国", "国，电话")
DOOR = "2单元501"


async def found(house: House, headers: dict[str, str] | None, words: str, number: str) -> bool:
    """In the list of the API, or on the desk of whoever is logged in."""
    if headers is None:
        page = await (await house.client.get("/desk", params={"q": words})).text()
        return f"/desk/cases/{number}" in page
    answer = await house.client.get("/api/v1/cases", params={"text": words}, headers=headers)
    return number in await answer.text()


async def file_dispatched(house: House, **changes: Any) -> str:
    """Led by the lighting office."""
    dispatcher = await house.token(Role.DISPATCHER)
    case = await house.file(dispatcher, WORDS, **changes)
    if case["state"] == "submitted":
        label = {"category": "zf.light", "request_type": "help", "urgency": "normal"}
        await house.act(dispatcher, case["number"], "accept", **label)
        await house.act(dispatcher, case["number"], "dispatch", unit="lighting_office")
    return str(case["number"])


@pytest.mark.parametrize(
    ("role", "unit", "doors"),
    [
        (Role.OBSERVER, None, False),
        (Role.INSPECTOR, None, False),
        (Role.COMMANDER, None, False),
        (Role.HANDLER, "lighting_office", True),
    ],
)
async def test_what_is_covered_is_not_found(
    both_houses: House, role: Role, unit: str | None, doors: bool
) -> None:
    """Whoever is shown the doors, to find the place, may look for one."""
    house = both_houses
    number = await file_dispatched(house)
    await house.login(role, unit=unit)
    for headers in (None, await house.token(role, unit=unit)):
        for words in SECRETS:
            assert not await found(house, headers, words, number), words
        assert await found(house, headers, "三盏路灯", number)
        assert await found(house, headers, "电话138", number), "it is shown so"
        assert await found(house, headers, DOOR, number) is doors


@pytest.mark.parametrize("role", [Role.AGENT, Role.DISPATCHER, Role.ADMIN])
async def test_whoever_works_with_all_cases_finds_a_number(house: House, role: Role) -> None:
    number = await file_dispatched(house)
    await house.login(role)
    for headers in (None, await house.token(role)):
        assert await found(house, headers, "13812345678", number)
        assert await found(house, headers, "王建国", number)


async def test_nobody_finds_whoever_asked_to_stay_anonymous(house: House) -> None:
    number = await file_dispatched(house, anonymous=True)
    await house.login(Role.AGENT)
    assert not await found(house, None, "13812345678", number)
    assert await found(house, None, "三盏路灯", number)


async def test_what_is_covered_does_not_shorten_a_page(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is told by where the search goes on."""
    agent, observer = await house.token(), await house.token(Role.OBSERVER)
    shown = [(await house.file(agent, f"{n}号桥路灯不亮，报修号6789"))["number"] for n in (1, 2)]
    for _ in range(5):
        await house.file(agent, "路灯不亮，我的电话13800678900")
    params = {"text": "6789", "limit": "2"}
    answer = await house.client.get("/api/v1/cases", params=params, headers=observer)
    assert [case["number"] for case in (await answer.json())["cases"]] == shown[::-1]
    monkeypatch.setattr(search, "SEARCHED_AT_ONCE", 3)
    await house.login(Role.OBSERVER)
    hidden = await (await house.client.get("/desk", params={"q": "00678"})).text()
    absent = await (await house.client.get("/desk", params={"q": "00679"})).text()
    assert hidden.replace("00678", "") == absent.replace("00679", "")
