"""/desk/errands without JavaScript: take, tick papers off, hand in together, deliver."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cases.lifecycle import Role
from cases.models import Contact, Errand
from cases.storage.database import Database
from cases.town import load_town
from cases.town_files import load_service_files
from cases.use_cases.errands import request_errand
from tests.intake_api.conftest import House, build_house


@pytest.fixture
async def house(sqlite_database: Database, now: datetime, tmp_path: Path) -> AsyncIterator[House]:
    async with sqlite_database.transaction() as session:
        await load_service_files(session, now)
    async with sqlite_database.reading() as session:
        town = await load_town(session)
    built = await build_house(sqlite_database, town, now, tmp_path)
    yield built
    await built.client.close()


async def ask(house: House, text: str) -> str:
    book = house.town.errands
    runner, area = book.find_runner(text)
    async with house.database.transaction() as session:
        contact = await session.scalar(select(Contact))
        if contact is None:
            contact = Contact(channel="web", chat_key="1", created_at=house.clock(),
                              seen_at=house.clock())  # fmt: skip
            session.add(contact)
            await session.flush()
        errand = await request_errand(
            session, contact=contact, text=text, item=book.pick_items(text)[0], runner=runner,
            area=area, town=house.town, now=house.clock(),
        )  # fmt: skip
        return errand.number


async def errand(house: House, number: str) -> Errand:
    async with house.database.reading() as session:
        row = await session.scalar(select(Errand).where(Errand.number == number))
    assert row is not None
    return row


async def step(house: House, csrf: str, number: str, name: str, **data: Any) -> Any:
    version = data.pop("version", (await errand(house, number)).version)
    fields = [("csrf", csrf), ("version", str(version))]
    for key, value in data.items():
        fields += [(key, v) for v in (value if isinstance(value, list) else [value])]
    return await house.client.post(f"/desk/errands/{number}/{name}", data=fields)


async def test_an_errand_is_worked_from_its_page(house: House) -> None:
    number = await ask(house, "帮我代办低保，<b>荷塘村</b>")
    csrf = await house.login(Role.GRID)
    page = await (await house.client.get("/desk/errands")).text()
    assert number in page and "最低生活保障申请" in page and "荷塘村" in page
    record = await (await house.client.get(f"/desk/errands/{number}")).text()
    for part in ("日期", "村（社区）", "申请人类型", "申请事项", "助跑员确认", "申请人确认",
                 "1. 全家身份证复印件", "&lt;b&gt;荷塘村"):  # fmt: skip
        assert part in record
    assert (await step(house, csrf, number, "take")).status == 200
    page = await (await step(house, csrf, number, "receive", papers=["1", "2"])).text()
    assert "已记下收到的材料" in page and "grid-x" in page
    await step(house, csrf, number, "receive", papers=["3", "4"])
    await step(house, csrf, number, "hand_over", note="民政窗口收")
    page = await (await step(house, csrf, number, "deliver", result="证已送到")).text()
    assert "等申请人确认" in page
    row = await errand(house, number)
    assert (row.state, row.result, row.taken_by) == ("delivered", "证已送到", "grid-x")
    assert "民政窗口收" in page and "<form" not in page.split("可以做什么")[1].split("</aside>")[0]


async def test_what_is_ready_is_handed_in_together(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    numbers = [
        await ask(house, "帮我代办低保，荷塘村"),
        await ask(house, "帮我代办社保卡，新塘村"),
        await ask(house, "帮我代办生育登记，新塘村"),
    ]
    for number, papers in zip(numbers, (4, 3, 2), strict=True):
        await step(house, csrf, number, "take")
        ticked = [str(n) for n in range(1, papers + 1)]
        await step(house, csrf, number, "receive", papers=ticked)
    page = await (await house.client.get("/desk/errands?state=collected")).text()
    assert page.count('name="number"') == 2  # the village's own needs no hand-over
    fields = [("csrf", csrf), ("note", "一起交"), *(("number", n) for n in numbers[:2])]
    answer = await house.client.post("/desk/errands/hand-over", data=fields)
    assert "已一起送交 2 件" in await answer.text()
    assert [(await errand(house, n)).state for n in numbers] == [
        "handed_over", "handed_over", "collected",
    ]  # fmt: skip
    again = await house.client.post("/desk/errands/hand-over", data=fields)
    assert again.status == 409
    none = await house.client.post("/desk/errands/hand-over", data={"csrf": csrf})
    assert none.status == 422 and "至少勾选一件" in await none.text()


async def test_all_or_nothing_is_handed_in(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    ready, not_ready = await ask(house, "帮我代办社保卡"), await ask(house, "帮我代办低保")
    await step(house, csrf, ready, "take")
    await step(house, csrf, ready, "receive", papers=["1", "2", "3"])
    fields = [("csrf", csrf), ("number", ready), ("number", not_ready)]
    answer = await house.client.post("/desk/errands/hand-over", data=fields)
    assert answer.status == 409
    assert (await errand(house, ready)).state == "collected"


async def test_refusals_are_sentences_on_the_page(house: House) -> None:
    csrf = await house.login(Role.GRID)
    number = await ask(house, "帮我代办社保卡")
    answer = await step(house, csrf, number, "deliver", result="好")
    assert answer.status == 409 and "不能再这样操作" in await answer.text()
    await step(house, csrf, number, "take")
    answer = await step(house, csrf, number, "take", version=1)
    assert answer.status == 409
    answer = await step(house, csrf, number, "receive")
    assert answer.status == 422 and "请勾选" in await answer.text()
    answer = await step(house, csrf, number, "receive", papers=["1"], version="x")
    assert answer.status in (400, 422)
    for name in ("confirm", "object", "request"):  # the citizen's side, not ours
        assert (await step(house, csrf, number, name)).status in (403, 409)
    assert (await step(house, csrf, number, "fly")).status == 404


async def test_the_record_is_completed_by_hand(house: House) -> None:
    csrf = await house.login(Role.AGENT)
    number = await ask(house, "帮我代办社保卡")
    answer = await step(
        house, csrf, number, "change", applicant_type="disabled", applicant_name="王大妈",
        applicant_phone="13800000009", area="清溪村", runner="R03",
    )  # fmt: skip
    page = await answer.text()
    assert answer.status == 200
    for part in ("残疾人", "王大妈", "清溪村", "吴助跑"):
        assert part in page


@pytest.mark.parametrize(
    ("role", "unit", "status"),
    [
        (Role.AGENT, None, 200),
        (Role.GRID, None, 200),
        (Role.HANDLER, "civil_office", 200),
        (Role.HANDLER, "lighting_office", 404),
        (Role.OBSERVER, None, 403),
        (Role.INSPECTOR, None, 403),
    ],
)
async def test_who_sees_a_record(house: House, role: Role, unit: str | None, status: int) -> None:
    number = await ask(house, "帮我代办低保，荷塘村")
    await house.login(role, unit=unit)
    assert (await house.client.get(f"/desk/errands/{number}")).status == status


async def test_not_from_elsewhere(house: House) -> None:
    number = await ask(house, "帮我代办低保，荷塘村")
    await house.login(Role.GRID)
    for path in (f"/desk/errands/{number}/take", "/desk/errands/hand-over"):
        answer = await house.client.post(path, data={"csrf": "x", "version": "1"})
        assert answer.status == 403
    for path in ("/desk/errands/ZP1234-5678-9012", "/desk/errands/ZZ", "/desk/errands/x/take"):
        assert (await house.client.get(path)).status in (404, 405)
