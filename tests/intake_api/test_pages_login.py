"""Logging in, setting a password, and what keeps strangers' forms out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cases.lifecycle import Role
from cases.models import StaffSession, User
from cases.storage.database import Database
from cases.town import Town
from intake_api.accounts.staff_accounts import add_person, first_admin_link
from intake_api.pages.login import safe_next
from tests.intake_api.conftest import PASSWORD, House, build_house, csrf_of

pytestmark = pytest.mark.usefixtures("house")


async def post_login(house: House, **changes: str) -> tuple[int, str]:
    page = await (await house.client.get("/login")).text()
    data = {"csrf": csrf_of(page), "name": "agent-x", "password": PASSWORD, "next": ""} | changes
    answer = await house.client.post("/login", data=data, allow_redirects=False)
    return answer.status, answer.headers.get("Location", "") or await answer.text()


async def test_the_right_password_opens_the_desk(house: House) -> None:
    await house.add_user(Role.AGENT, name="agent-x")
    assert await post_login(house) == (303, "/desk")
    page = await (await house.client.get("/desk")).text()
    assert "agent-x" in page
    assert "坐席" in page


async def test_goes_back_to_where_the_person_wanted_to_be(house: House) -> None:
    await house.add_user(Role.AGENT, name="agent-x")
    answer = await house.client.get("/desk?queue=all", allow_redirects=False)
    page = await (await house.client.get(answer.headers["Location"])).text()
    assert 'name="next" value="/desk?queue=all"' in page
    assert (await post_login(house, next="/desk?queue=all"))[1] == "/desk?queue=all"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil",
        "x",
        "",
        # Browsers leave out tabs and line ends, wherever they stand, and read "\\" as "/".
        "/\t/evil.example",
        "/\t\\evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "/desk\n",
        "/\x00/evil.example",
    ],
)
def test_never_leads_away_from_the_site(target: str) -> None:
    assert safe_next(target) == "/desk"


@pytest.mark.parametrize(
    "target", ["/", "/desk?queue=all&q=%E8%B7%AF%E7%81%AF", "/desk/cases/2611-2315-2400#reporters"]
)
def test_leads_where_the_person_wanted_to_be(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "changes", [{"password": "wrong"}, {"name": "nobody"}, {"password": ""}, {"name": "\x00"}]
)
async def test_one_sentence_for_every_refusal(house: House, changes: dict[str, str]) -> None:
    await house.add_user(Role.AGENT, name="agent-x")
    status, page = await post_login(house, **changes)
    assert status == 403
    assert "用户名或口令不对" in page


async def test_a_person_who_left_cannot_come_in_nor_stay(house: House) -> None:
    await house.login(Role.AGENT)
    async with house.database.transaction() as session:
        user = await session.scalar(select(User))
        assert user is not None
        user.active = False
    answer = await house.client.get("/desk", allow_redirects=False)
    assert answer.status == 302
    assert (await post_login(house))[0] == 403


async def test_every_login_is_a_new_session_and_logout_ends_it(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    answer = await house.client.post("/logout", data={"csrf": csrf}, allow_redirects=False)
    assert answer.headers["Location"] == "/login"
    async with house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(StaffSession)) == 0
    assert (await house.client.get("/desk", allow_redirects=False)).status == 302


async def test_the_cookie_is_for_http_only_and_its_token_is_not_in_the_database(
    house: House,
) -> None:
    await house.login(Role.AGENT)
    [cookie] = house.client.session.cookie_jar
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    async with house.database.reading() as session:
        row = await session.scalar(select(StaffSession))
    assert row is not None
    assert cookie.value not in str(vars(row))


async def test_a_session_ends_by_the_clock(house: House) -> None:
    await house.login(Role.AGENT)
    house.clock.advance(hours=13)
    assert (await house.client.get("/desk", allow_redirects=False)).status == 302


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_a_form_from_elsewhere_is_refused(house: House, headers: dict[str, str]) -> None:
    csrf = await house.login(Role.AGENT)
    data = {"csrf": csrf, "text": "路灯不亮"}
    answer = await house.client.post("/desk/read", data=data, headers=headers)
    assert answer.status == 403
    assert "刷新" in await answer.text()
    login = await house.client.post("/login", data={}, headers=headers)
    assert login.status == 403


async def test_a_form_without_the_token_is_refused(house: House) -> None:
    await house.login(Role.AGENT)
    for csrf in ("", "wrong", "é"):
        answer = await house.client.post("/desk/read", data={"csrf": csrf, "text": "路灯不亮"})
        assert answer.status == 403
    stale = await house.client.post("/login", data={"csrf": "1.2", "name": "x", "password": "y"})
    assert stale.status == 403


async def test_too_many_tries_are_slowed_down(
    sqlite_database: Database,
    town: Town,
    now,
    tmp_path: Path,  # type: ignore[no-untyped-def]
) -> None:
    house = await build_house(sqlite_database, town, now, tmp_path)
    from intake_api.accounts.throttling import Throttle
    from intake_api.pages.login import THROTTLE

    house.client.app._state[THROTTLE] = Throttle("3/minute")  # type: ignore[union-attr]
    statuses = [(await post_login(house, name="nobody"))[0] for _ in range(5)]
    assert statuses == [403, 403, 403, 429, 429]
    await house.client.close()


async def link_of(house: House, role: Role = Role.AGENT) -> str:
    async with house.database.transaction() as session:
        return await add_person(
            session, name="新同事", role=role, unit_code=None, town=house.town, now=house.clock()
        )


async def post_setup(house: House, token: str, password: str, repeated: str = "") -> int:
    page = await (await house.client.get(f"/setup?token={token}")).text()
    data = {
        "csrf": csrf_of(page),
        "token": token,
        "password": password,
        "repeated": repeated or password,
    }
    answer = await house.client.post("/setup", data=data, allow_redirects=False)
    return answer.status


async def test_a_link_sets_one_password_once(house: House) -> None:
    token = await link_of(house)
    assert await post_setup(house, token, "short") == 400
    assert await post_setup(house, token, "aaaaaaaaaa") == 400
    assert await post_setup(house, token, "long enough", "different") == 400
    assert await post_setup(house, token, "long enough") == 303
    assert (await house.client.get(f"/setup?token={token}")).status == 410
    assert (await post_login(house, name="新同事", password="long enough"))[0] == 303


async def test_a_link_grows_old(house: House) -> None:
    token = await link_of(house)
    house.clock.now += timedelta(days=4)
    for junk in (token, "", "x" * 500, "é"):
        assert (await house.client.get("/setup", params={"token": junk})).status == 410


async def test_a_new_password_ends_older_sessions(house: House) -> None:
    await house.login(Role.AGENT)
    async with house.database.transaction() as session:
        token = await add_person(
            session,
            name="agent-x",
            role=Role.AGENT,
            unit_code=None,
            town=house.town,
            now=house.clock(),
        )
    assert await post_setup(house, token, "long enough") == 303
    assert (await house.client.get("/desk", allow_redirects=False)).status == 302


async def test_the_first_administrator_gets_a_link_until_there_is_one(house: House) -> None:
    token = await first_admin_link(house.database, house.clock())
    assert token is not None
    assert await first_admin_link(house.database, house.clock()) is not None
    assert await post_setup(house, token, "long enough") == 303
    assert await first_admin_link(house.database, house.clock()) is None
