"""The training room's own pages: who may enter, what they say, what can be taken home."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook

from cases.actors import Actor
from cases.lifecycle import Role
from cases.storage.database import Database
from cases.testing import make_draft
from cases.use_cases.act import act
from cases.use_cases.file_case import file_case
from tests.intake_api.conftest import House
from tests.ledger.conftest import AGENT, LIGHTS, ROADS, Desk
from tests.ledger.filling import Past, fill, town_of_half_a_year

HEAD = Actor(Role.HANDLER_HEAD, "赵所长", unit_code=LIGHTS)
CALL = "我叫王建国，电话13800001234，桥头三盏路灯不亮"


@pytest.mark.parametrize("address", ["/training", "/training/ledger"])
async def test_only_trainers_enter(house: House, address: str) -> None:
    for role, status in ((Role.DISPATCHER, 200), (Role.ADMIN, 200), (Role.AGENT, 403)):
        await house.login(role)
        assert (await house.client.get(address)).status == status
    house.client.session.cookie_jar.clear()
    answer = await house.client.get(address, allow_redirects=False)
    assert answer.status == 302
    assert answer.headers["Location"] == f"/login?next={address}"


async def test_nobody_without_a_key_takes_the_file(house: House) -> None:
    await house.login(Role.AGENT)
    assert (await house.client.get("/training/ledger/export.csv")).status == 403


async def read(house: House, address: str) -> str:
    answer = await house.client.get(address)
    assert answer.status == 200, await answer.text()
    return await answer.text()


async def test_an_empty_town_says_so(house: House) -> None:
    await house.login(Role.DISPATCHER)
    page = await read(house, "/training")
    assert "还没有模型在用" in page
    assert "眼下没有要紧的事" in page
    assert "还看不出构成有没有变" in page
    assert "没有这样的记录" in await read(house, "/training/ledger")


async def test_the_overview_says_what_is_weak_and_what_to_do(both_houses: House) -> None:
    house = both_houses
    await fill(house.database, house.clock(), town_of_half_a_year())
    await house.login(Role.DISPATCHER)
    page = await read(house, "/training")
    for words in (
        "件被退单改派，还没有人定类别",  # advice
        "来件的构成变了",
        "无人机",
        "其中实际判对",
        "做得比说得好",
        "从 2026-10-24 起",  # the second model
    ):
        assert words in page, words
    assert page.index("被退单改派") < page.index("来件的构成变了"), "the most pressing first"
    one = await read(house, "/training?days=0&category=zf.noise")
    assert "看全部类别" in one
    # What is no choice is not believed.
    assert await read(house, "/training?days=5&category=../x")


async def test_a_case_through_its_life_stands_in_the_ledger(both_houses: House) -> None:
    house = both_houses
    desk = Desk(house.database, house.town, house.clock())
    case = await desk.file(text=CALL)
    await desk.give_back(case)
    await desk.act(case, "reassign", unit=ROADS, reason="归他们")
    await house.login(Role.DISPATCHER)
    page = await read(house, "/training/ledger?outcome=misrouted")
    assert case.number in page
    assert "不归我们管" in page and "已同意" in page and "已自动分派" in page
    await desk.act(case, "relabel", category="zf.road")
    page = await read(house, f"/training/ledger?number={case.number}")
    assert "机器判错" in page and "人工更正 · 王派单" in page
    assert "13800001234" not in page and "王建国" not in page
    assert case.number not in await read(house, "/training/ledger?outcome=right")


async def take(house: House, kind: str, query: str = "") -> list[dict[str, str]]:
    answer = await house.client.get(f"/training/ledger/export.{kind}?{query}")
    assert answer.status == 200
    assert f'filename="ledger.{kind}"' in answer.headers["Content-Disposition"]
    content = await answer.read()
    if kind == "csv":
        assert content.startswith(b"\xef\xbb\xbf"), "office software needs the mark"
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    header = [str(cell) for cell in rows[0]]
    return [dict(zip(header, map(str, row), strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_the_file_holds_no_persons_and_no_formulas(house: House, kind: str) -> None:
    desk = Desk(house.database, house.town, house.clock())
    case = await desk.file(text=CALL)
    head = "=cmd|calc 联系人：李秀英，电话13900005678"
    async with house.database.transaction() as session:
        await act(
            session, case.number, "return",
            {"reason": head, "basis": "清单", "proposed_unit": ROADS},
            actor=HEAD, town=house.town, now=house.clock(),
        )  # fmt: skip
    await desk.file(text="=1+1 路灯不亮")
    await desk.act(case, "relabel", category="zf.road")
    await house.login(Role.ADMIN)
    first, second = await take(house, kind, "days=0")
    assert second["number"] == case.number
    assert (second["category"], second["category_2"], second["confidence_2"]) == (
        "zf.light",
        "zf.road",
        "0.0200",
    )
    assert (second["final_category"], second["how"], second["final_by"]) == (
        "zf.road",
        "corrected",
        "王派单",
    )
    assert (second["automatic"], second["return_count"]) == ("1", "1")
    whole = str([first, second])
    for personal in ("13800001234", "王建国", "13900005678", "李秀英"):
        assert personal not in whole
    assert first["summary"].startswith("'=1+1")
    assert not [c for row in (first, second) for c in row.values() if c[:1] in tuple("=+-@")]


async def test_the_file_holds_what_the_filter_shows(house: House) -> None:
    """More than one batch, and in its order."""
    past = [Past(i / 20, final="zf.light" if i % 2 else None) for i in range(1100)]
    await fill(house.database, house.clock(), past)
    await house.login(Role.ADMIN)
    rows = await take(house, "csv", "outcome=right&days=28")
    assert len(rows) == 280
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)


async def test_the_ledger_is_turned_page_by_page(house: House) -> None:
    await fill(house.database, house.clock(), [Past(i / 50) for i in range(120)])
    await house.login(Role.DISPATCHER)
    seen = 0
    address = "/training/ledger?days=28"
    while True:
        page = await read(house, address)
        seen += page.count('class="what"')
        if "更早的" not in page:
            break
        address = page.split('href="/training/ledger?days=28&amp;before=')[1].split('"')[0]
        address = f"/training/ledger?days=28&before={address}"
    assert seen == 120


@pytest.mark.parametrize(
    "query",
    [
        "before=x", "before=99999999999999999999", "before=-1", "days=forever", "outcome=1;--",
        "number=%00", "model=%27", "category=" + "x" * 5000, "decision=automatic&automatic=1",
    ],
)  # fmt: skip
async def test_no_question_breaks_the_ledger(house: House, query: str) -> None:
    await fill(house.database, house.clock(), [Past(1.0)])
    await house.login(Role.DISPATCHER)
    assert (await house.client.get(f"/training/ledger?{query}")).status == 200


async def test_new_words_are_counted_once_an_hour(house: House) -> None:
    """A page that is opened often does not count often."""
    past = [Past(40 + i / 10) for i in range(300)]
    await fill(house.database, house.clock(), past)
    await house.login(Role.DISPATCHER)
    assert "没有明显增多的说法" in await read(house, "/training")
    await _burst(house.database, house)
    assert "没有明显增多的说法" in await read(house, "/training")
    house.clock.advance(hours=2)
    assert "无人机" in await read(house, "/training")


async def _burst(database: Database, house: House) -> None:
    for i in range(12):
        async with database.transaction() as session:
            draft = make_draft(text=f"{'甲乙丙丁'[i % 4]}楼顶无人机整夜盘旋")
            at = house.clock() - timedelta(hours=1)
            case = await file_case(session, draft, actor=AGENT, town=house.town, now=at)
            assert case.lead_unit == LIGHTS
