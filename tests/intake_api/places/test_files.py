"""Places out of a file and into one: nothing changes on the way, a bad row stops all."""

from __future__ import annotations

import csv
import html
import io
from typing import Any

import pytest

from cases.lifecycle import Role
from cases.models import Place
from cases.use_cases.place_import import BadRows, PlaceRow, import_places
from cases.use_cases.places import PlaceDraft, add_place
from intake_api.place_files import read_places, write_places
from tests.intake_api.conftest import House
from tests.intake_api.places.desk import KEEPER, MARKET, PUBLIC, add, events, places, save, upload


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


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "'", "＝", "＠"])
def test_no_cell_is_a_formula(start: str) -> None:
    name = f"{start}HYPERLINK(1)".strip()
    place = Place(token="-formula-token", name=name, active=True)
    raw = write_places([(place, "https://x.example")])
    cells = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[1]
    assert cells[0] == "'-formula-token" and (start == "\t" or cells[1] == f"'{name}")
    (row,) = read_places(raw)
    assert (row.token, row.draft.name) == ("-formula-token", name)
