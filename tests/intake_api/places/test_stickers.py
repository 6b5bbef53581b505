"""Sheets of codes to print: what they lead to, what fits, what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from cases.lifecycle import Role
from cases.models import Place
from intake_api.chat_doors import BOT_NAME
from tests.fakes.telegram_server import TelegramServer, refuse
from tests.intake_api.conftest import House, build_house
from tests.intake_api.places.desk import MARKET, PUBLIC, drawn, save


async def test_a_sheet_of_stickers(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    await save(house, csrf, "x9JfPa3YsE", do="off")
    page = await (await house.client.get("/desk/places/sheet?all=1")).text()
    assert page.count('class="sticker') == 2 and "风荷路公交总站" not in page
    for part in ("扫一扫，直接报这里的问题", "0571-5550100", "荷塘小区南门岗亭", "2 张，1 页 A4"):
        assert part in page
    assert drawn(f"{PUBLIC}/chat?start=loc_{MARKET}") in page
    one = await (await house.client.get(f"/desk/places/sheet?token={MARKET}&size=large")).text()
    assert one.count('class="sticker') == 1 and '"sheets large"' in one
    found = await (await house.client.get("/desk/places/sheet?all=1&q=荷塘")).text()
    assert found.count('class="sticker') == 1 and "荷塘小区南门岗亭" in found


async def test_pages_of_a_sheet_hold_what_fits(house: House) -> None:
    async with house.database.transaction() as session:
        for number in range(14):
            session.add(Place(token=f"token{number:04}", name=f"点位{number:03}", active=True))
    await house.login(Role.AGENT)
    small = await (await house.client.get("/desk/places/sheet?all=1&size=odd")).text()
    assert small.count('class="sheet"') == 3 and "17 张，3 页" in small
    large = await (await house.client.get("/desk/places/sheet?all=1&size=large")).text()
    assert large.count('class="sheet"') == 9


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "请先勾选要打印的点位"),
        ("?token=nobody-knows-me", "没有可打印的"),
        ("?all=1&q=不存在", "没有可打印的"),
    ],
)
async def test_nothing_to_print_is_said(house: House, query: str, sentence: str) -> None:
    await house.login(Role.AGENT)
    answer = await house.client.get(f"/desk/places/sheet{query}")
    assert answer.status in (400, 422) and sentence in await answer.text()


async def test_too_many_to_print_is_said(house: House) -> None:
    async with house.database.transaction() as session:
        for number in range(199):
            session.add(Place(token=f"token{number:04}", name=f"点位{number:03}", active=True))
    await house.login(Role.AGENT)
    answer = await house.client.get("/desk/places/sheet?all=1")
    assert "一次最多打印 200 张" in await answer.text()


async def test_telegram_has_a_code_of_its_own_where_a_bot_is(
    sqlite_database, town, now, tmp_path: Path
) -> None:
    server = TelegramServer()
    async with server.running():
        server.faults["getMe"] = [refuse(502, "Bad Gateway")]
        telegram = {"telegram_token": SecretStr("7:secret"), "telegram_api_url": server.root}
        house = await build_house(
            sqlite_database, town, now, tmp_path, public_url=PUBLIC, **telegram
        )
        try:
            await house.login(Role.AGENT)
            page = await (await house.client.get(f"/desk/places/{MARKET}")).text()
            assert "暂时连不上 Telegram" in page and "t.me" not in page and "secret" not in page
            house.client.app[BOT_NAME].failed_at = None  # a minute later
            page = await (await house.client.get(f"/desk/places/{MARKET}")).text()
            address = f"https://t.me/huying_bot?start=loc_{MARKET}"
            assert address in page and drawn(address) in page
            sheet = await (await house.client.get("/desk/places/sheet?all=1")).text()
            assert sheet.count('class="sticker two') == 3 and drawn(address) in sheet
            only = await (await house.client.get("/desk/places/sheet?all=1&only=web")).text()
            assert drawn(address) not in only and only.count('class="sticker"') == 3
        finally:
            await house.client.close()


async def test_a_code_of_this_machine_alone_is_warned_about(
    sqlite_database, town, now, tmp_path: Path
) -> None:
    house = await build_house(sqlite_database, town, now, tmp_path)
    try:
        await house.login(Role.AGENT)
        for path in ("", f"/{MARKET}", "/sheet?all=1"):
            page = await (await house.client.get(f"/desk/places{path}")).text()
            assert "HUYING_PUBLIC_URL" in page
    finally:
        await house.client.close()
