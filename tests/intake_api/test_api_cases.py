"""Cases over HTTP, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from cases.lifecycle import Role
from intake_api.schemas.cases import CaseDetailAnswer, CaseFiledAnswer, HistoryAnswer
from tests.intake_api.conftest import LIGHT, House

FUME = "楼下烧烤店油烟太大，窗户都不敢开"


async def test_a_sure_case_is_on_its_way_at_once(both_houses: House) -> None:
    agent = await both_houses.token()
    case = await both_houses.file(agent)
    assert (case["state"], case["lead_unit"]) == ("dispatched", "lighting_office")
    assert case["tracking_code"]
    CaseFiledAnswer.model_validate(case)


async def test_the_whole_circle(both_houses: House) -> None:
    house = both_houses
    agent, dispatcher = await house.token(), await house.token(Role.DISPATCHER)
    handler = await house.token(Role.HANDLER)
    number = (await house.file(agent))["number"]
    steps: list[tuple[dict[str, str], str, dict[str, Any], str]] = [
        (handler, "sign", {}, "signed"),
        (handler, "contact", {"method": "电话", "content": "约好今晚修"}, "in_progress"),
        (handler, "reply", {"outcome": "solved", "text": "三盏灯已修好"}, "replied"),
        (dispatcher, "close", {}, "closed"),
        (agent, "rate", {"satisfaction": 1, "solved": "no"}, "reopened"),
    ]
    for headers, action, data, state in steps:
        status, case = await house.act(headers, number, action, **data)
        assert (status, case["state"]) == (200, state), case
    answer = await house.client.get(f"/api/v1/cases/{number}/history", headers=agent)
    history = await answer.json()
    HistoryAnswer.model_validate(history)
    assert [line["action"] for line in history["history"]] == [
        *("submit", "accept", "dispatch", "sign", "contact", "reply", "close", "rate", "reopen")
    ]


async def test_what_the_caller_states_wins(both_houses: House) -> None:
    agent = await both_houses.token()
    case = await both_houses.file(agent, category="zf.road", urgency="urgent")
    assert (case["category"], case["urgency"], case["state"]) == (
        "zf.road",
        "urgent",
        "dispatched",
    )
    assert case["tagged_by"] != "machine"


async def test_a_stated_category_without_a_unit_waits(house: House) -> None:
    case = await house.file(await house.token(), category="na.scope")
    assert (case["category"], case["state"]) == ("na.scope", "submitted")


async def test_an_unknown_category_is_422(house: House) -> None:
    answer = await house.client.post(
        "/api/v1/cases",
        json={"text": LIGHT, "category": "zf.nothing"},
        headers=await house.token(),
    )
    assert (answer.status, (await answer.json())["field"]) == (422, "category")


async def test_lists_filter_and_page(both_houses: House) -> None:
    house = both_houses
    agent = await house.token()
    lights = [(await house.file(agent))["number"] for _ in range(3)]
    fume = (await house.file(agent, FUME))["number"]

    async def listed(query: str) -> list[str]:
        answer = await house.client.get(f"/api/v1/cases?{query}", headers=agent)
        assert answer.status == 200, await answer.text()
        return [row["number"] for row in (await answer.json())["cases"]]

    assert await listed("") == [fume, *reversed(lights)]
    assert await listed("category=zf.fume") == [fume]
    assert await listed("unit=lighting_office") == [*reversed(lights)]
    assert await listed("text=油烟") == [fume]
    assert await listed("text=%25") == []
    assert await listed(f"text={fume}") == [fume]
    assert await listed("state=closed") == []
    assert await listed("platform=bm") == []
    assert await listed("overdue=true") == []
    house.clock.advance(days=30)
    assert len(await listed("overdue=true")) == 4
    first = await (await house.client.get("/api/v1/cases?limit=3", headers=agent)).json()
    rest = await listed(f"limit=3&cursor={first['next_cursor']}")
    assert [row["number"] for row in first["cases"]] + rest == [fume, *reversed(lights)]


@pytest.mark.parametrize(
    "query",
    ["state=asleep", "limit=0", "limit=x", "cursor=nothing", "colour=red", "overdue=perhaps"],
)
async def test_a_wrong_filter_is_422(house: House, query: str) -> None:
    answer = await house.client.get(f"/api/v1/cases?{query}", headers=await house.token())
    assert answer.status == 422
    assert (await answer.json())["detail"]


async def test_the_same_source_is_the_same_case(both_houses: House) -> None:
    house, agent = both_houses, await both_houses.token()
    body = {"text": LIGHT, "source_system": "city-app", "source_id": "A-1"}
    first = await house.client.post("/api/v1/cases", json=body, headers=agent)
    second = await house.client.post("/api/v1/cases", json=body, headers=agent)
    assert (first.status, second.status) == (201, 200)
    assert (await first.json())["number"] == (await second.json())["number"]


async def test_one_case_shows_its_actions_and_version(house: House) -> None:
    number = (await house.file(await house.token()))["number"]
    handler = await house.token(Role.HANDLER)
    answer = await house.client.get(f"/api/v1/cases/{number}", headers=handler)
    case = await answer.json()
    CaseDetailAnswer.model_validate(case)
    assert "sign" in case["actions"]
    assert answer.headers["ETag"] == f'"{case["version"]}"'


async def test_if_match_refuses_a_stale_version(house: House) -> None:
    number = (await house.file(await house.token()))["number"]
    handler = await house.token(Role.HANDLER)
    stale = {**handler, "If-Match": '"1"'}
    status, problem = await house.act(stale, number, "sign")
    assert (status, problem["code"]) == (412, "precondition_failed")
    status, problem = await house.act({**handler, "If-Match": "yesterday"}, number, "sign")
    assert (status, problem["code"]) == (400, "bad_header")


async def test_missing_data_is_named(house: House) -> None:
    agent = await house.token()
    number = (await house.file(agent, "那个事情到底什么时候办"))["number"]
    status, problem = await house.act(agent, number, "reject")
    assert (status, problem["code"]) == (422, "invalid_request")
    assert {error["field"] for error in problem["errors"]} == {"reason", "channel"}
    assert all(error["message"] for error in problem["errors"])


async def test_the_case_is_filed_when_the_classifier_is_down(house: House) -> None:
    house.tagger.fail_with = RuntimeError("gone")
    case = await house.file(await house.token())
    assert (case["state"], case["category"], case["decision"]) == ("submitted", None, "human")


async def test_classify_stores_nothing(house: House) -> None:
    agent = await house.token()
    answer = await house.client.post("/api/v1/classify", json={"text": LIGHT}, headers=agent)
    assert (await answer.json())["category"] == "zf.light"
    listed = await (await house.client.get("/api/v1/cases", headers=agent)).json()
    assert listed["cases"] == []


async def test_classify_says_when_it_cannot(house: House) -> None:
    house.tagger.fail_with = RuntimeError("gone")
    answer = await house.client.post(
        "/api/v1/classify", json={"text": LIGHT}, headers=await house.token()
    )
    assert (answer.status, (await answer.json())["code"]) == (503, "classifier_unavailable")
