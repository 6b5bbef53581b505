"""/desk/import: up, looked at, begun, watched, and the rest as a file; without JavaScript."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from sqlalchemy import func, select

from cases.lifecycle import Role
from cases.models import Case, OrderImport
from intake_api.accounts.keys import SETTINGS
from intake_api.imports import keeper as import_keeper
from intake_api.imports import order_import
from intake_api.imports.keeper import KEEPER, imports_folder
from tests.imports.conftest import csv_text, order_rows, write_file
from tests.intake_api.conftest import House
from tests.intake_api.test_browser import visit

_WIDTH = "() => document.documentElement.scrollWidth"


async def send(
    house: House, csrf: str, raw: bytes, name: str = "orders.csv", source: str = "热线"
) -> Any:
    form = FormData()
    form.add_field("csrf", csrf)
    form.add_field("source", source)
    form.add_field("file", raw, filename=name, content_type="application/octet-stream")
    return await house.client.post("/desk/import", data=form)


async def press(house: House, csrf: str, number: int, deed: str) -> str:
    answer = await house.client.post(f"/desk/import/{number}/{deed}", data={"csrf": csrf})
    return await answer.text()


async def ended(house: House, number: int) -> OrderImport:
    for _ in range(400):
        async with house.database.reading() as session:
            job = await session.get(OrderImport, number)
        assert job is not None
        if job.state not in ("running", "ready"):
            return job
        await asyncio.sleep(0.02)
    raise AssertionError(f"still {job.state} at row {job.line}")


async def count(house: House) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Case)) or 0


def number_of(answer: Any) -> int:
    return int(answer.url.path.rsplit("/", 1)[1])


def files(house: House) -> list[Path]:
    assert house.client.app is not None
    return list(imports_folder(house.client.app[SETTINGS].data_dir).iterdir())


async def test_from_upload_to_result(both_houses: House) -> None:
    house = both_houses
    csrf = await house.login(Role.DISPATCHER)
    rows = [list(row) for row in order_rows(30)]
    rows[4][2], rows[5][1] = "", "=2+3"
    answer = await send(house, csrf, csv_text(rows).encode("gb18030"))
    page, number = html.unescape(await answer.text()), number_of(answer)
    assert answer.status == 200 and "共 30 行：28 行可以导入，0 行原已有，2 行要改" in page
    assert "第 6 行" in page and "第 7 行" in page and "联系电话" in page
    assert "王女士" not in page and not re.search(r"138\d{8}", page) and "138****" in page
    assert await count(house) == 0 and len(files(house)) == 1
    await press(house, csrf, number, "start")
    job = await ended(house, number)
    assert (job.state, job.rows, job.taken, job.refused) == ("done", 30, 28, 2)
    page = await (await house.client.get(f"/desk/import/{number}")).text()
    assert f"导入完成，立案 {job.cases} 件" in page and files(house) == []
    filed = await count(house)
    answer = await house.client.get(f"/desk/import/{number}/refused.csv")
    raw = await answer.read()
    cells = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert [row[-2] for row in cells[1:]] == ["6", "7"] and "读不出来" in cells[2][-1]
    assert cells[2][1] == "'=2+3"
    # Mended and sent up again: only these two are new.
    cells[1][2], cells[2][1] = "路灯不亮", "2026-11-22 10:00"
    answer = await send(house, csrf, csv_text(cells[1:], cells[0]).encode(), "mended.csv")
    await press(house, csrf, number_of(answer), "start")
    job = await ended(house, number_of(answer))
    assert (job.taken, job.refused) == (2, 0) and await count(house) == filed + 2


async def test_the_second_time_nothing_changes_and_it_says_so(house: House, tmp_path: Path) -> None:
    csrf = await house.login(Role.AGENT)
    raw = write_file(tmp_path, "xlsx", order_rows(12)).read_bytes()
    for expected in (12, 0):
        answer = await send(house, csrf, raw, "orders.xlsx")
        number, page = number_of(answer), await answer.text()
        assert f"{expected} 行可以导入" in page
        assert ("开始导入" in page) is bool(expected)
        await press(house, csrf, number, "start")
        assert (await ended(house, number)).taken == expected
    page = await (await house.client.get(f"/desk/import/{number}")).text()
    assert "没有新工单：12 行原已有，什么都没有改动" in page


@pytest.mark.parametrize(
    ("raw", "name", "sentence"),
    [
        (b"", "a.csv", "请先选一个文件"),
        ("编号,电话\n1,2\n".encode(), "a.csv", "哪一列是诉求内容"),
        ("内容\n".encode(), "a.csv", "只有表头"),
        (b"PK\x03\x04rubbish", "a.xlsx", "已损坏"),
        (b"\x00\x01\xff\xfe", "a.csv", "UTF-8 也不是 GB18030"),
    ],
)
async def test_a_file_that_is_none(house: House, raw: bytes, name: str, sentence: str) -> None:
    csrf = await house.login(Role.AGENT)
    answer = await send(house, csrf, raw, name)
    assert answer.status == 422 and sentence in html.unescape(await answer.text())
    assert files(house) == []


async def test_a_file_without_end_is_thrown_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake_api.imports.upload.MOST_BYTES", 300_000)
    csrf = await house.login(Role.AGENT)
    answer = await send(house, csrf, b"x" * 400_000)
    assert answer.status == 422 and "MB" in await answer.text()
    answer = await send(house, csrf, b"x" * 2_000_000)
    assert answer.status == 413 and files(house) == []


async def test_only_our_own_form_is_taken(house: House) -> None:
    await house.login(Role.AGENT)
    answer = await send(house, "wrong", csv_text(order_rows(1)).encode())
    assert answer.status == 403 and files(house) == []


async def test_who_may(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    number = number_of(await send(house, csrf, csv_text(order_rows(2)).encode()))
    for role, status in ((Role.HANDLER, 403), (Role.OBSERVER, 403), (Role.DISPATCHER, 200)):
        await house.login(role)
        assert (await house.client.get("/desk/import")).status == status
        assert (await house.client.get(f"/desk/import/{number}")).status == status
    # Another agent's file holds other citizens' words.
    await house.login(Role.AGENT, unit="other")
    assert (await house.client.get(f"/desk/import/{number}")).status == 404
    assert (await house.client.get(f"/desk/import/{number}/refused.csv")).status == 404


async def test_cancelled_before_it_began(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    number = number_of(await send(house, csrf, csv_text(order_rows(2)).encode()))
    assert "已取消" in await press(house, csrf, number, "cancel")
    assert "已取消" in await press(house, csrf, number, "start")
    assert await count(house) == 0


async def test_a_server_that_goes_down_hands_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keeper ends with its batch; the next one goes on behind it."""
    monkeypatch.setattr(order_import, "BATCH", 5)
    csrf = await house.login(Role.DISPATCHER)
    assert house.client.app is not None
    keeper = house.client.app[KEEPER]
    answer = await send(house, csrf, csv_text(order_rows(40)).encode())
    number, started = number_of(answer), house.tagger.classify_many

    async def stop_soon(texts: Any) -> Any:
        if len(house.tagger.seen) > 10:
            keeper.stop()
        return await started(texts)

    house.tagger.classify_many = stop_soon  # type: ignore[method-assign]
    await press(house, csrf, number, "start")
    for _ in range(200):
        async with house.database.reading() as session:
            job = await session.get(OrderImport, number)
        assert job is not None
        if job.rows and job.owner is None:
            break
        await asyncio.sleep(0.02)
    assert job.state == "running" and 0 < job.rows < 40
    seen = len(house.tagger.seen)
    fresh = import_keeper.ImportKeeper(house.client.app)
    task = asyncio.create_task(fresh.run())
    done = await ended(house, number)
    fresh.stop()
    await task
    assert (done.state, done.taken) == ("done", 40) and await count(house) >= 40
    assert len(house.tagger.seen) - seen <= 2 * (40 - job.rows)


async def test_progress_for_the_script(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    number = number_of(await send(house, csrf, csv_text(order_rows(2)).encode()))
    answer = await (await house.client.get(f"/desk/import/{number}/progress")).json()
    assert answer == dict.fromkeys(("rows", "taken", "known", "refused", "cases"), 0) | {
        "state": "ready"
    }


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
async def test_in_a_browser(
    browser: Any, house: House, tmp_path: Path, options: dict[str, Any]
) -> None:
    scripted = options.get("java_script_enabled", True)
    name = await house.add_user(Role.DISPATCHER)
    here = await visit(browser, house, **options)
    page = here.page
    await here.login(name)
    rows = [list(row) for row in order_rows(30)]
    rows[3][2] = ""
    path = write_file(tmp_path, "xlsx", rows)

    async def check() -> None:
        if scripted:
            await here.check()

    await here.open("/desk/import")
    await check()
    await page.set_input_files("#file", str(path))
    await page.focus("button.primary")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=各列对应")
    await check()
    await page.focus("text=开始导入 29 行")
    await page.keyboard.press("Enter")
    if not scripted:
        await page.wait_for_selector("#counts")
        while not await page.is_visible("text=导入完成"):
            await page.reload()
    await page.wait_for_selector("text=导入完成")
    await check()
    # One line in the list, and the page is still no wider than the window.
    await here.open("/desk/import")
    await page.wait_for_selector(".wide-table td")
    assert await page.locator("main").evaluate(_WIDTH) <= options["viewport"]["width"]
    await check()
    await here.open("/desk/callers")
    await check()
    await page.fill("#caller_phone", "138 0000 0003")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#found")
    await check()


async def test_half_a_character_stops_no_import(both_houses: House) -> None:
    house = both_houses
    csrf = await house.login(Role.DISPATCHER)
    raw = '{"诉求内容":"朝晖路桥头三盏路灯不亮\\ud83d","姓名":"王\\ud83d","别\\ud83d":"\\u0000"}'
    answer = await send(house, csrf, raw.encode(), "orders.jsonl")
    assert answer.status == 200
    number = int(answer.url.path.rsplit("/", 1)[1])
    await press(house, csrf, number, "start")
    job = await ended(house, number)
    assert (job.state, job.taken, job.refused) == ("done", 1, 0)


async def test_what_breaks_the_reader_stops_the_import_with_a_sentence(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not once every half minute for ever."""

    async def broken(*args: Any, **more: Any) -> None:
        raise RuntimeError("13800001234")

    monkeypatch.setattr(import_keeper, "run_import", broken)
    csrf = await house.login(Role.DISPATCHER)
    answer = await send(house, csrf, csv_text(order_rows(2)).encode())
    number = int(answer.url.path.rsplit("/", 1)[1])
    await press(house, csrf, number, "start")
    assert (await ended(house, number)).state == "stopped"
    page = await (await house.client.get(f"/desk/import/{number}")).text()
    assert "读这个文件时出了意外的错" in page and "13800001234" not in page and "继续" in page
