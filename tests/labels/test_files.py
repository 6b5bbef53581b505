"""Files of labels: read in with a line for each bad row, out in three formats, and back in."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import json
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.lifecycle import Role
from cases.models import LabelImport, LabelText
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.labels import StoredLabel, training_rows
from classifier.examples import load_examples
from classifier.taxonomy import load_shipped
from intake_api.accounts.keys import SETTINGS
from intake_api.cli import run
from intake_api.labelling import file_import
from intake_api.labelling.file_import import (
    Counts,
    export_file,
    import_file,
    label_files_folder,
    look_at,
)
from intake_api.labelling.keeper import KEEPER
from tests.intake_api.conftest import House
from tests.labels.conftest import MATTERS

HEADER = ("内容", "类别", "诉求类型", "紧急程度")
ROWS = (
    (MATTERS[0], "zf.light", "求助", "一般"),
    (MATTERS[1], "餐饮油烟与露天烧烤", "complaint", "紧急"),
    (MATTERS[2], "zf.garbage", "", ""),
    (MATTERS[3], "", "", ""),
    ("", "zf.light", "", ""),
    (MATTERS[4], "没有这一类", "", ""),
    (MATTERS[5], "zz.neighbor", "吵架", ""),
    (MATTERS[6], "sj.prepaid", "投诉", "十万火急"),
    (MATTERS[0], "zf.road", "", ""),
    ("=cmd|'/c calc'!A1 路灯不亮", "zf.light", "", ""),
    ("我叫李小花，电话13900002222，楼下摊贩占道", "zf.street", "投诉", "一般"),
    (MATTERS[0], "zf.light", "求助", "一般"),
)
SENTENCES = {
    6: "文字是空的",
    7: "不在本镇的类别里",
    8: "诉求类型“吵架”不认识",
    9: "紧急程度“十万火急”不认识",
    10: "和第 2 行文字相同、类别不同",
}


def write(folder: Path, suffix: str, rows: Any = ROWS, encoding: str = "utf-8") -> Path:
    path = folder / f"labels.{suffix}"
    if suffix == "csv":
        file = io.StringIO()
        csv.writer(file).writerows([HEADER, *rows])
        path.write_text(file.getvalue(), encoding=encoding)
    elif suffix == "jsonl":
        lines = (json.dumps(dict(zip(HEADER, row, strict=True))) for row in rows)
        path.write_text("\n".join(lines), encoding=encoding)
    else:
        import xlsxwriter

        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet()
            for line, row in enumerate([HEADER, *rows]):
                for column, cell in enumerate(row):
                    sheet.write_string(line, column, cell)
    return path


async def read_in(path: Path, database: Database, town: Town, now: datetime, **more: Any) -> Counts:
    counts = await import_file(
        path, None, database=database, town=town, clock=lambda: now, by="小李", **more
    )
    assert counts is not None
    return counts


async def stored(database: Database) -> list[StoredLabel]:
    async with database.reading() as session:
        return await training_rows(session)


@pytest.mark.parametrize(
    ("suffix", "encoding"),
    [("csv", "utf-8"), ("csv", "gb18030"), ("xlsx", "utf-8"), ("jsonl", "utf-8")],
)
async def test_each_bad_row_has_its_sentence_and_the_rest_goes_on(
    database: Database, town: Town, now: datetime, tmp_path: Path, suffix: str, encoding: str
) -> None:
    path = write(tmp_path, suffix, encoding=encoding)
    shift = 1 if suffix == "jsonl" else 0  # a JSONL file has no line for its header
    preview = look_at(path, None, town=town, now=now)
    assert (preview.rows, preview.labelled, preview.unlabelled, preview.refused) == (12, 6, 1, 5)
    counts = await read_in(path, database, town, now)
    assert (counts.labelled, counts.unlabelled, counts.known, counts.refused) == (5, 1, 1, 5)
    told = {line + shift: sentence for line, sentence in counts.troubles}
    assert told.keys() == SENTENCES.keys()
    for line, words in SENTENCES.items():
        assert words.replace("第 2 行", f"第 {2 - shift} 行") in told[line]
    rows = {row.text[:4]: row for row in await stored(database)}
    assert rows["风荷苑楼"].category == "zf.fume" and rows["风荷苑楼"].urgency == "urgent"
    assert "13900002222" not in "".join(row.text for row in rows.values())
    # Once more: the same file changes nothing.
    before = await stored(database)
    counts = await read_in(path, database, town, now)
    assert (counts.labelled, counts.unlabelled, counts.known) == (0, 0, 7)
    assert await stored(database) == before


async def test_a_different_label_needs_a_word(
    database: Database, town: Town, now: datetime, tmp_path: Path
) -> None:
    await read_in(write(tmp_path, "csv", ROWS[:1]), database, town, now)
    other = write(tmp_path, "csv", [(MATTERS[0], "zf.road", "", "")])
    counts = await read_in(other, database, town, now)
    assert counts.refused == 1 and "已有不同的标签" in counts.troubles[0][1]
    assert (await stored(database))[0].category == "zf.light"
    counts = await read_in(other, database, town, now, replace=True)
    assert counts.labelled == 1 and (await stored(database))[0].category == "zf.road"


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
async def test_an_export_is_read_back_without_a_change_and_trains(
    sqlite_database: Database, town: Town, now: datetime, tmp_path: Path, suffix: str
) -> None:
    tricky = [
        ("'=1+1 单引号开头", "zf.light", "", ""),
        ("＝全角等号开头的", "zf.light", "", ""),
        ('-减号开头，\n换行 "引号"', "zf.road", "", ""),
        ("@某部门 电话打不通", "bm.gov", "", ""),
    ]
    await read_in(write(tmp_path, "jsonl", [*ROWS, *tricky]), sqlite_database, town, now)
    before = await stored(sqlite_database)
    assert any(row.text.startswith("=cmd") for row in before)
    path = tmp_path / f"out.{suffix}"
    assert await export_file(path, sqlite_database, town) == len(before) == 9
    counts = await read_in(path, sqlite_database, town, now, replace=True)
    assert (counts.labelled, counts.unlabelled, counts.known, counts.refused) == (0, 0, 9, 0)
    assert await stored(sqlite_database) == before
    async with sqlite_database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(LabelText)) == 10
    examples = load_examples([path], load_shipped()).rows
    assert sorted(row.category for row in examples) == sorted(row.category for row in before)
    raw = path.read_bytes()
    if suffix == "csv":
        cells = [row[0] for row in csv.reader(io.StringIO(raw.decode("utf-8-sig")))]
        assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for cell in cells)
    if suffix == "xlsx":
        with zipfile.ZipFile(path) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


async def test_a_stopped_file_keeps_the_rows_that_it_counted(
    database: Database,
    town: Town,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stopped while the second batch was read: nothing of that one."""
    monkeypatch.setattr(file_import, "BATCH", 2)
    path = write(tmp_path, "csv", [(text, "zf.light", "", "") for text in MATTERS[:6]])
    counted: list[int] = []

    async def keep(session: AsyncSession, counts: Counts) -> bool:
        if len(counted) == 1:
            return False
        counted.append(counts.labelled)
        return True

    counts = await import_file(
        path, None, database=database, town=town, clock=lambda: now, by="小李", keep=keep
    )
    assert counts is None and counted == [2]
    assert len(await stored(database)) == 2


def test_a_bomb_is_refused(town: Town, now: datetime, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>text')
            for _ in range(300):
                sheet.write(b" " * 2**20)
    assert path.stat().st_size < 2**20
    with pytest.raises(Exception, match="解开后太大"):
        look_at(path, None, town=town, now=now)


# --- the pages ---------------------------------------------------------------------------------


async def send(house: House, csrf: str, raw: bytes, name: str = "labels.csv") -> Any:
    form = FormData()
    form.add_field("csrf", csrf)
    form.add_field("file", raw, filename=name, content_type="application/octet-stream")
    return await house.client.post("/training/files", data=form)


async def ended(house: House, number: int) -> LabelImport:
    for _ in range(400):
        async with house.database.reading() as session:
            row = await session.get(LabelImport, number)
        assert row is not None
        if row.state not in ("running", "ready"):
            return row
        await asyncio.sleep(0.02)
    raise AssertionError(f"still {row.state}")


async def test_up_looked_at_begun_and_labelled(both_houses: House, tmp_path: Path) -> None:
    house = both_houses
    csrf = await house.login(Role.DISPATCHER)
    answer = await send(house, csrf, write(tmp_path, "csv", encoding="gb18030").read_bytes())
    page = html.unescape(await answer.text())
    assert "共 12 行：6 行有类别，1 行没有类别" in page and "第 6 行" in page
    assert "13900002222" not in page and "[手机]" not in page.split("要改的行")[1]
    number = int(answer.url.path.rsplit("/", 1)[1])
    fields = {"csrf": csrf, "text": "0", "category": "1", "request_type": "2", "urgency": "3"}
    await house.client.post(f"/training/files/{number}", data={**fields, "do": "start"})
    row = await ended(house, number)
    assert (row.state, row.labelled, row.unlabelled, row.refused) == ("done", 5, 1, 5)
    assert row.path is None and house.client.app is not None
    folder = label_files_folder(house.client.app[SETTINGS].data_dir)
    assert list(folder.iterdir()) == []
    page = await (await house.client.get(f"/training/files/{number}")).text()
    assert "5 行成为标签，1 行排队等人标" in page and "第 7 行" in page
    # The unlabelled one is tagged in the background and offered.
    for _ in range(200):
        if house.tagger.seen:
            break
        await asyncio.sleep(0.02)
    for _ in range(200):
        house.clock.advance(minutes=1)
        page = html.unescape(await (await house.client.get("/training/label")).text())
        if MATTERS[3][:2] in page:
            break
        await asyncio.sleep(0.02)
    assert re.search(r'action="/training/label/\d+"', page)
    answer = await house.client.get("/training/files/labels.jsonl")
    lines = (await answer.text()).splitlines()
    assert len(lines) == 5 and json.loads(lines[0])["category_name"] == "路灯照明"


async def test_a_file_whose_reader_died_is_read_again_from_the_start(
    house: House, tmp_path: Path
) -> None:
    csrf = await house.login(Role.DISPATCHER)
    answer = await send(house, csrf, write(tmp_path, "csv", ROWS[:4]).read_bytes())
    number = int(answer.url.path.rsplit("/", 1)[1])
    path = write(tmp_path, "csv", ROWS[:2])
    await read_in(path, house.database, house.town, house.clock())  # as far as it had come
    async with house.database.transaction() as session:
        row = await session.get(LabelImport, number)
        assert row is not None
        row.state, row.owner, row.rows = "running", "somebody", 2
        row.updated_at = house.clock()
    assert house.client.app is not None
    house.client.app[KEEPER].wake()
    await asyncio.sleep(0.1)
    async with house.database.reading() as session:
        row = await session.get(LabelImport, number)
    assert row is not None and row.owner == "somebody"  # it may still be alive
    house.clock.advance(minutes=5)
    house.client.app[KEEPER].wake()
    row = await ended(house, number)
    assert (row.state, row.rows, row.labelled, row.unlabelled, row.known) == ("done", 4, 1, 1, 2)


async def test_columns_that_nobody_could_guess_are_chosen(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    raw = f"甲,乙\nzf.light,{MATTERS[0]}\nzf.road,{MATTERS[4]}\n".encode()
    answer = await send(house, csrf, raw)
    page = html.unescape(await answer.text())
    assert answer.status == 200 and "没有认出哪一列是文字" in page and "开始" not in page
    number = int(answer.url.path.rsplit("/", 1)[1])
    path = f"/training/files/{number}"
    same = {"csrf": csrf, "text": "1", "category": "1", "do": "look"}
    answer = await house.client.post(path, data=same)
    assert answer.status == 422 and "同一列被选了两次" in await answer.text()
    answer = await house.client.post(path, data={**same, "category": "0"})
    assert "2 行有类别" in html.unescape(await answer.text())
    await house.client.post(path, data={**same, "category": "0", "do": "start"})
    assert (await ended(house, number)).labelled == 2


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "请先选一个文件"),
        ("内容,类别\n".encode(), "只有表头"),
        (b"PK\x03\x04rubbish", "已损坏"),
        (b"\x00\x01\xff\xfe", "UTF-8 也不是 GB18030"),
    ],
)
async def test_a_file_that_is_none(house: House, raw: bytes, sentence: str) -> None:
    csrf = await house.login(Role.DISPATCHER)
    answer = await send(house, csrf, raw)
    assert answer.status == 422 and sentence in html.unescape(await answer.text())


async def test_thrown_away_nothing_is_left(house: House, tmp_path: Path) -> None:
    csrf = await house.login(Role.DISPATCHER)
    answer = await send(house, csrf, write(tmp_path, "csv").read_bytes())
    page = await house.client.post(str(answer.url.path), data={"csrf": csrf, "do": "forget"})
    assert "没有导入" in await page.text() and house.client.app is not None
    folder = label_files_folder(house.client.app[SETTINGS].data_dir)
    assert list(folder.iterdir()) == [] and await stored(house.database) == []


# --- the command -------------------------------------------------------------------------------


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    path = str(write(tmp_path, "csv"))
    assert run(["labels", "import", path, "--dry-run", *data]) == 1
    assert "没有写入" in capsys.readouterr().out
    assert run(["labels", "import", path, "--json", *data]) == 1
    out = capsys.readouterr()
    answer = json.loads(out.out)
    assert (answer["labelled"], answer["unlabelled"], answer["refused"]) == (5, 1, 5)
    assert answer["troubles"][0]["line"] == 6 and "5 rows were left out" in out.err
    exported = str(tmp_path / "out.xlsx")
    assert run(["labels", "export", exported, *data]) == 0
    assert run(["labels", "import", exported, *data]) == 0
    assert "5 行原已有，0 行要改" in capsys.readouterr().out
    assert run(["labels", "import", path, "--text-column", "nothing", *data]) == 2
    assert run(["labels", "export", str(tmp_path / "out.doc"), *data]) == 1
