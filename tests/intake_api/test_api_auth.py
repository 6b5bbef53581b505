"""Who may call what."""

from __future__ import annotations

import pytest

from cases.lifecycle import Role
from cases.models import ApiToken
from intake_api.accounts.auth import hash_token
from tests.intake_api.conftest import LIGHT, House


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wrong", "Bearer " + "x" * 5000, "é"],
)
async def test_no_valid_token_is_401(house: House, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await house.client.get("/api/v1/cases", headers=headers)
    problem = await answer.json()
    assert answer.status == 401
    assert answer.content_type == "application/problem+json"
    assert problem["code"] == "unauthorized"
    assert "WWW-Authenticate" in answer.headers


async def test_a_revoked_token_is_401(house: House) -> None:
    headers = await house.token()
    digest = hash_token(headers["Authorization"].removeprefix("Bearer "))
    async with house.database.transaction() as session:
        row = await session.get(ApiToken, digest)
        assert row is not None
        row.revoked_at = house.clock()
    assert (await house.client.get("/api/v1/cases", headers=headers)).status == 401


async def test_the_database_holds_no_token(house: House) -> None:
    headers = await house.token()
    token = headers["Authorization"].removeprefix("Bearer ")
    async with house.database.reading() as session:
        row = await session.get(ApiToken, hash_token(token))
    assert row is not None
    assert token not in str(vars(row))


@pytest.mark.parametrize("role", [Role.HANDLER, Role.OBSERVER, Role.INSPECTOR])
async def test_only_intake_roles_file(house: House, role: Role) -> None:
    headers = await house.token(role)
    for path in ("/api/v1/cases", "/api/v1/transcripts"):
        answer = await house.client.post(path, json={"text": LIGHT}, headers=headers)
        assert answer.status == 403
        assert (await answer.json())["code"] == "permission_denied"


async def test_a_wrong_role_for_an_action_is_403(house: House) -> None:
    agent = await house.token(Role.AGENT)
    case = await house.file(agent)  # the bot dispatched it: a handler signs
    status, problem = await house.act(agent, case["number"], "sign")
    assert (status, problem["code"]) == (403, "permission_denied")
    assert "角色" in problem["detail"]


async def test_a_forbidden_transition_is_409_and_lists_what_is_possible(house: House) -> None:
    dispatcher = await house.token(Role.DISPATCHER)
    case = await house.file(dispatcher)
    status, problem = await house.act(dispatcher, case["number"], "close")
    assert (status, problem["code"]) == (409, "transition_forbidden")
    assert "reassign" in problem["allowed"]


async def test_another_units_case_does_not_exist(house: House) -> None:
    agent = await house.token(Role.AGENT)
    stranger = await house.token(Role.HANDLER, unit="market_office")
    case = await house.file(agent)
    answer = await house.client.get(f"/api/v1/cases/{case['number']}", headers=stranger)
    assert answer.status == 404
    status, problem = await house.act(stranger, case["number"], "sign")
    assert (status, problem["code"]) == (404, "case_not_found")
    listed = await (await house.client.get("/api/v1/cases", headers=stranger)).json()
    assert listed["cases"] == []


async def test_a_unit_lists_its_own_whatever_it_asks_for(house: House) -> None:
    agent = await house.token(Role.AGENT)
    handler = await house.token(Role.HANDLER)
    case = await house.file(agent)
    await house.file(agent, "楼下烧烤店油烟太大，窗户都不敢开")
    answer = await house.client.get("/api/v1/cases?unit=enforcement_team", headers=handler)
    assert [row["number"] for row in (await answer.json())["cases"]] == [case["number"]]


@pytest.mark.parametrize("number", ["1", "2611-0000-0000", "no such", "%00", "a" * 300, "..%2f"])
async def test_an_unknown_number_is_404(house: House, number: str) -> None:
    headers = await house.token()
    answer = await house.client.get(f"/api/v1/cases/{number}", headers=headers)
    assert answer.status == 404
    assert (await answer.json())["code"] in ("case_not_found", "not_found")


async def test_identity_is_for_those_who_need_it(house: House) -> None:
    agent = await house.token(Role.AGENT)
    body = {"caller_name": "王女士", "caller_phone": "13800001234"}
    case = await house.file(agent, **body)
    hidden = await house.file(agent, **body, anonymous=True)

    async def caller(role: Role, number: str) -> tuple[str | None, str | None]:
        headers = await house.token(role)
        view = await (await house.client.get(f"/api/v1/cases/{number}", headers=headers)).json()
        return view["caller_name"], view["caller_phone"]

    assert await caller(Role.DISPATCHER, case["number"]) == ("王女士", "13800001234")
    assert await caller(Role.HANDLER, case["number"]) == ("王女士", "13800001234")
    assert await caller(Role.OBSERVER, case["number"]) == ("王**", "138****1234")
    for role in (Role.HANDLER, Role.DISPATCHER, Role.OBSERVER):
        assert await caller(role, hidden["number"]) == (None, None)
