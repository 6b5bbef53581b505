"""Files that break whoever reads them: none is read for ever, and none lies about afterwards."""

from __future__ import annotations

import asyncio
import html
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from cases.lifecycle import Role
from intake_api.accounts.keys import SETTINGS
from intake_api.labelling.file_import import label_files_folder
from intake_api.labelling.keeper import KEEPER
from tests.intake_api.conftest import House
from tests.labels.conftest import MATTERS
from tests.labels.test_files import ended, send, stored


async def begin(house: House, csrf: str, raw: bytes, name: str = "labels.csv") -> int:
    answer = await send(house, csrf, raw, name)
    assert answer.status == 200, await answer.text()
    number = int(answer.url.path.rsplit("/", 1)[1])
    fields = {"csrf": csrf, "text": "0", "category": "1", "group": "2", "do": "start"}
    await house.client.post(f"/training/files/{number}", data=fields)
    return number


def waiting(house: House) -> list[Path]:
    assert house.client.app is not None
    return list(label_files_folder(house.client.app[SETTINGS].data_dir).iterdir())


async def test_half_a_character_stops_nothing(both_houses: House) -> None:
    """JSON can write half an emoji and NUL; no database keeps either."""
    house = both_houses
    csrf = await house.login(Role.DISPATCHER)
    line = '{"text":"%s","category":"%s","gro\\ud83dup":"%s"}'
    lines = (
        line % (MATTERS[0], "zf.light", "a\\ud83db\\u0000"),
        line % (MATTERS[1], "zf\\ud83d", ""),
        line % (MATTERS[2] + "\\ud83d\\ude00", "zf.garbage\\ud83d", ""),
    )
    number = await begin(house, csrf, "\n".join(lines).encode(), "labels.jsonl")
    row = await ended(house, number)
    assert (row.state, row.labelled, row.refused) == ("done", 2, 1)
    page = await house.client.get(f"/training/files/{number}")
    assert page.status == 200 and "类别“zf”不在本镇的类别里" in await page.text()
    rows = {found.text: found.group for found in await stored(house.database)}
    assert rows == {MATTERS[0]: "ab", MATTERS[2] + "😀": ""}


async def test_a_file_that_breaks_the_reader_is_stopped_and_gone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: Any, **more: Any) -> None:
        raise RuntimeError("13800001234")

    monkeypatch.setattr("intake_api.labelling.keeper.import_file", broken)
    csrf = await house.login(Role.DISPATCHER)
    number = await begin(house, csrf, f"内容,类别,组\n{MATTERS[0]},zf.light,\n".encode())
    row = await ended(house, number)
    assert (row.state, row.path, waiting(house)) == ("stopped", None, [])
    page = html.unescape(await (await house.client.get(f"/training/files/{number}")).text())
    assert "已停下，文件已删除" in page and "13800001234" not in page


async def test_a_begun_file_can_be_stopped_and_waits_for_a_database_that_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def away(*args: Any, **more: Any) -> None:
        nonlocal tries
        tries += 1
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr("intake_api.labelling.keeper.import_file", away)
    csrf = await house.login(Role.DISPATCHER)
    number = await begin(house, csrf, f"内容,类别,组\n{MATTERS[0]},zf.light,\n".encode())
    for _ in range(200):
        if tries:
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    path = f"/training/files/{number}"
    assert "停止导入" in await (await house.client.get(path)).text()
    assert len(waiting(house)) == 1
    answer = await house.client.post(path, data={"csrf": csrf, "do": "stop"})
    assert "停止了导入，文件已删除" in await answer.text()
    assert waiting(house) == [] and (await ended(house, number)).state == "stopped"
    house.clock.advance(minutes=5)
    assert house.client.app is not None
    house.client.app[KEEPER].wake()
    await asyncio.sleep(0.1)
    assert tries == 1 and (await ended(house, number)).state == "stopped"
