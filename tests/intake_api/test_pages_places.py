"""/desk/places without JavaScript: add, rename, switch off, find, print, in and out of a file."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import segno
from pydantic import SecretStr
from sqlalchemy import select

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import Place, PlaceEvent
from cases.use_cases.links import find_linked_place
from cases.use_cases.place_import import BadRows, PlaceRow, import_places
from cases.use_cases.places import PlaceDraft, add_place
from intake_api.chat_doors import BOT_NAME
from intake_api.place_files import read_places, write_places
from tests.fakes.telegram_server import TelegramServer, refuse
from tests.intake_api.conftest import House, build_house
from tests.intake_api.test_browser import visit

#: Not https: the test client would keep a secure cookie to itself.
PUBLIC = "http://huying.example"
MARKET = "k7Qm2vXcR9"
KEEPER = Actor(Role.DISPATCHER, "派单员")


@pytest.fixture
async def house(sqlite_database, town, now, tmp_path: Path) -> AsyncIterator[House]:
    built = await build_house(sqlite_database, town, now, tmp_path, public_url=PUBLIC)
    yield built
    await built.client.close()


async def places(house: House) -> dict[str, Place]:
    async with house.database.reading() as session:
        return {place.name: place for place in await session.scalars(select(Place))}


async def events(house: House, token: str) -> list[PlaceEvent]:
    async with house.database.reading() as session:
        query = select(PlaceEvent).where(PlaceEvent.token == token).order_by(PlaceEvent.id)
        return list(await session.scalars(query))


async def add(house: House, csrf: str, name: str, **fields: str) -> Any:
    return await house.client.post("/desk/places", data={"csrf": csrf, "name": name, **fields})


async def save(house: House, csrf: str, token: str, **fields: Any) -> Any:
    known = await events(house, token)
    data = {"csrf": csrf, "version": known[-1].id if known else 0, "do": "change", **fields}
    return await house.client.post(f"/desk/places/{token}", data=data)


async def upload(house: House, csrf: str, content: bytes | str, name: str = "a.csv") -> Any:
    form = aiohttp.FormData({"csrf": csrf})
    raw = content.encode() if isinstance(content, str) else content
    form.add_field("file", raw, filename=name, content_type="text/csv")
    return await house.client.post("/desk/places/import", data=form)


def drawn(address: str) -> str:
    """What a code of this address looks like: the path of its modules."""
    svg = segno.make(address, error="m", micro=False).svg_inline(border=4, omitsize=True)
    return re.findall(r' d="([^"]+)"', svg)[-1]


async def test_a_place_is_added_and_its_code_leads_into_the_chat(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    answer = await add(house, csrf, " 风荷 <b>公园</b> ", latitude="30.5", longitude="120.25")
    page = await answer.text()
    assert answer.status == 200 and "已添加" in page
    place = (await places(house))["风荷 <b>公园</b>"]
    assert re.fullmatch(r"[A-Za-z0-9]{16}", place.token)
    assert (place.latitude, place.longitude, place.active) == (30.5, 120.25, True)
    assert "<b>公园" not in page
    address = f"{PUBLIC}/chat?start=loc_{place.token}"
    assert address in page and drawn(address) in page and "t.me" not in page
    assert "HUYING_PUBLIC_URL" not in page
    async with house.database.reading() as session:
        found = await find_linked_place(session, f"loc_{place.token}")
    assert found is not None and found.name == place.name
    (line,) = await events(house, place.token)
    assert (line.action, line.actor_name, line.actor_role) == ("add", "dispatcher-x", "dispatcher")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "请写地点名称"),
        ({"name": "长" * 41}, "最多 40 个字"),
        ({"name": "怪\x07名"}, "不能有特殊符号"),
        ({"name": "风荷农贸市场正门"}, "已经有“风荷农贸市场正门”这个点位"),
        ({"name": "新", "latitude": "30"}, "要一起填"),
        ({"name": "新", "latitude": "北", "longitude": "1"}, "要写成数字"),
        ({"name": "新", "latitude": "91", "longitude": "1"}, "纬度应在 -90 到 90"),
        ({"name": "新", "latitude": "nan", "longitude": "1"}, "纬度应在"),
        ({"name": "新", "latitude": "1", "longitude": "-180.1"}, "经度应在 -180 到 180"),
    ],
)
async def test_a_refusal_is_a_sentence_and_what_was_typed_stays(
    house: House, fields: dict[str, str], sentence: str
) -> None:
    csrf = await house.login(Role.ADMIN)
    before = set(await places(house))
    answer = await add(house, csrf, **fields)
    page = html.unescape(await answer.text())
    assert answer.status in (400, 422) and sentence in page
    assert f'value="{fields["name"]}"' in page
    assert set(await places(house)) == before


async def test_rename_switch_off_and_on_leave_their_lines(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    page = await (
        await save(house, csrf, MARKET, name="农贸市场东门", latitude="", longitude="")
    ).text()
    assert "已保存" in page and "风荷农贸市场正门 → 农贸市场东门" in page
    assert "30.2741 → 空" in page
    page = await (await save(house, csrf, MARKET, do="off")).text()
    assert "已停用" in page and "重新启用" in page and "打印贴纸" not in page
    async with house.database.reading() as session:
        assert await find_linked_place(session, f"loc_{MARKET}") is None
    same = await add(house, csrf, "农贸市场东门")
    assert "现在是停用的" in await same.text()
    assert (await save(house, csrf, MARKET, do="on")).status == 200
    assert [line.action for line in await events(house, MARKET)] == ["change", "off", "on"]


async def test_the_second_of_two_is_told(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    await save(house, csrf, MARKET, name="第一个人改的")
    answer = await save(house, csrf, MARKET, name="第二个人改的", version=0)
    page = await answer.text()
    assert answer.status == 409 and "刚刚被别人改过" in page
    assert 'value="第二个人改的"' in page and "第一个人改的" in await places(house)
    (line,) = await events(house, MARKET)
    assert f'name="version" value="{line.id}"' in page
    assert (await save(house, csrf, MARKET, name="再改", version="x")).status in (400, 422)


async def test_search(house: House) -> None:
    await house.login(Role.AGENT)
    for wanted in ("公交", "x9JfPa3YsE"):
        page = await (await house.client.get("/desk/places", params={"q": wanted})).text()
        assert page.count("data-row") == 1 and "风荷路公交总站" in page
    odd = await (await house.client.get("/desk/places", params={"q": "%<i>\x00"})).text()
    assert "没有查到" in odd and "<i>" not in odd
    assert (await house.client.get("/desk/places?page=99999999999")).status == 200


async def test_a_long_list_is_turned_over(house: House) -> None:
    async with house.database.transaction() as session:
        for number in range(120):
            session.add(Place(token=f"token{number:04}", name=f"点位{number:03}", active=True))
    await house.login(Role.AGENT)
    first = await (await house.client.get("/desk/places?q=点位")).text()
    assert first.count("data-row") == 100 and "查到 120 个" in first
    assert "第 1 / 2 页" in first and "上一页" not in first
    address = html.unescape(re.search(r'href="([^"]+page=2)"', first)[1])  # type: ignore[index]
    second = await (await house.client.get(address)).text()
    assert second.count("data-row") == 20 and "下一页" not in second


@pytest.mark.parametrize("role", [Role.AGENT, Role.HANDLER_HEAD, Role.OBSERVER, Role.GRID])
async def test_who_may_only_look_and_print(house: House, role: Role) -> None:
    csrf = await house.login(role)
    page = await (await house.client.get("/desk/places")).text()
    assert (
        "风荷农贸市场正门" in page and "添加点位" not in page and "/desk/places/import" not in page
    )
    page = await (await house.client.get(f"/desk/places/{MARKET}")).text()
    assert "不能改" in page and 'name="do"' not in page
    assert (await house.client.get(f"/desk/places/sheet?token={MARKET}")).status == 200
    assert (await add(house, csrf, "新的")).status == 403
    assert (await save(house, csrf, MARKET, name="新的")).status == 403
    assert (await save(house, csrf, MARKET, do="off")).status == 403
    assert (await upload(house, csrf, "名称\n新的\n")).status == 403
    assert "新的" not in await places(house) and not await events(house, MARKET)


async def test_not_without_login_and_not_from_elsewhere(house: House) -> None:
    paths = ("/desk/places", f"/desk/places/{MARKET}", "/desk/places/sheet", "/desk/places/export")
    for path in paths:
        answer = await house.client.get(path, allow_redirects=False)
        assert answer.status == 302 and "/login" in answer.headers["Location"]
    await house.login(Role.ADMIN)
    assert (await add(house, "x", "新的")).status == 403
    assert (await save(house, "x", MARKET, do="off")).status == 403
    assert (await upload(house, "x", "名称\n新的\n")).status == 403
    for path in ("/desk/places/nobody-knows-me", "/desk/places/short", "/desk/places/a.b.c.d.e"):
        assert (await house.client.get(path)).status == 404


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


async def test_out_into_a_file_and_in_again_changes_nothing(house: House) -> None:
    csrf = await house.login(Role.ADMIN)
    await add(house, csrf, "=1+1 公园", latitude="-33.5", longitude="-70.6")
    await save(house, csrf, MARKET, do="off")
    before = {p.token: (p.name, p.latitude, p.active) for p in (await places(house)).values()}
    answer = await house.client.get("/desk/places/export")
    raw = await answer.read()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="places.csv"'
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    by_name = {row["名称"]: row for row in rows}
    assert "'=1+1 公园" in by_name and by_name["'=1+1 公园"]["纬度"] == "-33.5"
    market = by_name["风荷农贸市场正门"]
    assert market["链接"] == f"{PUBLIC}/chat?start=loc_{MARKET}" and market["状态"] == "停用"
    for name, row in by_name.items():
        assert not name.startswith(("=", "+", "-", "@")) and not row["点位码"].startswith("=")
    page = await (await upload(house, csrf, raw)).text()
    assert "新增 0 个，更新 0 个，没变 4 个" in page
    after = {p.token: (p.name, p.latitude, p.active) for p in (await places(house)).values()}
    assert after == before


async def test_a_list_of_names_is_taken_in_once(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    names = "名称,备注\n荷花公园南门,x\n,,\n老街口公告栏,\n风荷农贸市场正门,\n"
    page = await (await upload(house, csrf, names.encode("gb18030"))).text()
    assert "新增 2 个，更新 0 个，没变 1 个" in page
    found = await places(house)
    assert found["风荷农贸市场正门"].latitude == 30.2741
    assert len(found["荷花公园南门"].token) == 16
    page = await (await upload(house, csrf, names)).text()
    assert "新增 0 个，更新 0 个，没变 3 个" in page
    moved = f"token,name,latitude,longitude,active\n{MARKET},市场新门,30.1,120.1,0\n"
    page = await (await upload(house, csrf, moved)).text()
    assert "更新 1 个" in page
    assert [line.action for line in await events(house, MARKET)] == ["change", "off"]
    printed = "点位码,名称,状态\nprinted-elsewhere_1,已印好的,停用\n"
    assert "新增 1 个" in await (await upload(house, csrf, printed)).text()
    place = (await places(house))["已印好的"]
    assert (place.token, place.active) == ("printed-elsewhere_1", False)


async def test_each_bad_row_gets_its_sentence_and_nothing_is_imported(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    before = set(await places(house))
    content = (
        "点位码,名称,纬度,经度,状态\n"
        ",好的一行,,,\n"
        "短,码不对,,,\n"
        ",,30,120,\n"
        ",缺一半,30,,\n"
        ",好的一行,,,\n"
        f"{MARKET},荷塘小区南门岗亭,,,\n"
        f"{MARKET},再来一次,,,\n"
        ",太远,95,10,\n"
    )
    answer = await upload(house, csrf, content)
    page = html.unescape(await answer.text())
    assert answer.status in (400, 422) and "一行都没有导入" in page
    for sentence in (
        "第 3 行：点位码应为 8 到 48 位",
        "第 4 行：请写地点名称",
        "第 5 行：纬度和经度要一起填",
        "第 6 行：“好的一行”在第 2 行已经有了",
        "第 7 行：已经有“荷塘小区南门岗亭”这个点位",
        "第 9 行：纬度应在",
    ):
        assert sentence in page, sentence
    assert set(await places(house)) == before
    answer = await upload(house, csrf, "名称,纬度,经度,状态\n甲,北,1,\n乙,,,也许\n")
    page = html.unescape(await answer.text())
    assert "第 2 行：纬度、经度要写成数字" in page and "第 3 行：状态只能写" in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "请先选一个 CSV 文件"),
        (b"PK\x03\x04\x00", "另存为 CSV"),
        ("地址\n荷花公园\n", "第一行要有“名称”这一列"),
        ("名称\n\n", "文件里没有地点"),
        (b"\xff\xfe\xff\xff", "读不出来"),
        ("名称\n" + "".join(f"点{n}\n" for n in range(1001)), "一次最多导入 1000 行"),
    ],
)
async def test_a_file_that_is_none_is_said(house: House, content: Any, sentence: str) -> None:
    csrf = await house.login(Role.DISPATCHER)
    answer = await upload(house, csrf, content)
    assert answer.status in (400, 422) and sentence in await answer.text()


async def test_two_rows_that_swap_names_are_refused_as_a_whole(sqlite_database, now) -> None:
    async with sqlite_database.transaction() as session:
        a = await add_place(session, PlaceDraft("甲"), actor=KEEPER, now=now)
        b = await add_place(session, PlaceDraft("乙"), actor=KEEPER, now=now)
    rows = [PlaceRow(2, PlaceDraft("乙"), a.token), PlaceRow(3, PlaceDraft("甲"), b.token)]
    with pytest.raises(BadRows) as refusal:
        async with sqlite_database.transaction() as session:
            await import_places(session, rows, actor=KEEPER, now=now)
    assert refusal.value.sentences == ["第 2 行：已经有“乙”这个点位。"]
    async with sqlite_database.reading() as session:
        assert (await session.get(Place, a.token)).name == "甲"


async def test_on_either_database(both_houses: House) -> None:
    house = both_houses
    csrf = await house.login(Role.DISPATCHER)
    assert (await add(house, csrf, "A_B 100%")).status == 200
    token = (await places(house))["A_B 100%"].token
    for wanted, found in (("_B 1", 1), ("%A", 0), ("00%", 1), (token, 1)):
        page = await (await house.client.get("/desk/places", params={"q": wanted})).text()
        assert page.count("data-row") == found, wanted
    assert (await save(house, csrf, token, name="改过的")).status == 200
    assert (await save(house, csrf, token, do="off")).status == 200
    raw = await (await house.client.get("/desk/places/export")).read()
    assert "没变 4 个" in await (await upload(house, csrf, raw)).text()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "'", "＝", "＠"])
def test_no_cell_is_a_formula(start: str) -> None:
    name = f"{start}HYPERLINK(1)".strip()
    place = Place(token="-formula-token", name=name, active=True)
    raw = write_places([(place, "https://x.example")])
    cells = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[1]
    assert cells[0] == "'-formula-token" and (start == "\t" or cells[1] == f"'{name}")
    (row,) = read_places(raw)
    assert (row.token, row.draft.name) == ("-formula-token", name)


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1360, "height": 860}},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
        {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False},
    ],
    ids=["desktop", "phone", "no script"],
)
async def test_in_a_browser(browser: Any, house: House, options: dict[str, Any]) -> None:
    scripted = options.get("java_script_enabled", True)
    name = await house.add_user(Role.DISPATCHER)
    here = await visit(browser, house, **options)
    page = here.page
    await here.login(name)

    async def check() -> None:
        if scripted:
            await here.check()

    await here.open("/desk/places")
    await check()
    await page.focus("#name")
    await page.keyboard.type("荷花公园南门")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("svg.qr")
    assert "已添加" in await page.inner_text(".notice")
    assert await page.is_visible("[data-copy]") is scripted
    await check()
    await page.click("text=← 扫码点位")
    await page.focus('[aria-labelledby="places"] [name=token] >> nth=0')
    await page.keyboard.press("Space")
    await page.click("text=打印勾选的")
    await page.wait_for_selector(".sticker")
    assert await page.locator(".sticker").count() == 1
    await check()
    async with house.database.transaction() as session:
        session.add(Place(token="a-long-name", name="很长的名称" * 8, active=True))
    for size in ("small", "large"):
        await here.open(f"/desk/places/sheet?all=1&size={size}")
        if scripted:
            await check_paper(page)


async def check_paper(page: Any) -> None:
    """As many pages of paper as on the screen, and nothing pushed off a sticker."""
    await page.emulate_media(media="print")
    pdf = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == await page.locator(".sheet").count()
    cut_off = await page.evaluate(
        "() => [...document.querySelectorAll('.sheet, .sticker')].filter((box) => "
        "box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1).length"
    )
    assert cut_off == 0
    assert not await page.is_visible("header.bar")
    await page.emulate_media(media="screen")
