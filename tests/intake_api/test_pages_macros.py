"""Common replies: used beside a case, kept by the desk and by heads of units."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select

from cases.errors import TownDataError
from cases.lifecycle import Role
from cases.models import ReplyMacro
from cases.town import SAMPLE_TOWN
from cases.town_files import load_service_files
from cases.use_cases.reply_macros import fill_macro
from tests.intake_api.conftest import House


@pytest.fixture(autouse=True)
async def macros(house: House) -> None:
    async with house.database.transaction() as session:
        await load_service_files(session, house.clock())


async def save(house: House, csrf: str, macro: str = "new", **fields: str) -> tuple[int, str]:
    answer = await house.client.post(f"/desk/macros/{macro}", data={"csrf": csrf, **fields})
    return answer.status, await answer.text()


async def test_beside_a_case_they_name_the_case(house: House) -> None:
    filed = await house.file(await house.token(), place="风荷路4号")
    await house.login(Role.HANDLER)
    page = await (await house.client.get(f"/desk/cases/{filed['number']}")).text()
    assert "已到风荷路4号现场处理完毕" in page
    assert filed["number"] in page
    assert "{place}" not in page


def test_what_is_not_known_stays_a_gap() -> None:
    assert fill_macro("到{place}看过", {"place": None}) == "到＿＿看过"


async def test_the_desk_writes_changes_and_retires(house: House) -> None:
    csrf = await house.login(Role.DISPATCHER)
    status, page = await save(house, csrf, title="谢谢", text="谢谢您告诉我们，编号 {number}。")
    assert (status, "已保存" in page, "谢谢您告诉我们" in page) == (200, True, True)
    filed = await house.file(await house.token())
    case_page = f"/desk/cases/{filed['number']}"
    assert (
        f"谢谢您告诉我们，编号 {filed['number']}。"
        in await (await house.client.get(case_page)).text()
    )
    macro = page.split("谢谢您告诉我们")[0].rsplit("/desk/macros/", 1)[1].split('"')[0]
    await save(house, csrf, macro, title="谢谢", text="改过了")
    assert "改过了" in await (await house.client.get(case_page)).text()
    status, page = await save(house, csrf, macro, do="retire")
    assert "已停用" in page
    assert "改过了" not in await (await house.client.get(case_page)).text()
    await save(house, csrf, macro, do="restore")
    assert "改过了" in await (await house.client.get(case_page)).text()


async def test_a_unit_keeps_its_own(house: House) -> None:
    csrf = await house.login(Role.HANDLER_HEAD)
    status, page = await save(
        house, csrf, title="灯已修", text="灯修好了。", unit="lighting_office"
    )
    assert (status, "灯修好了" in page) == (200, True)
    status, page = await save(house, csrf, title="大家的", text="给所有人", unit="")
    assert (status, "您可以用，不能改" in page, "给所有人" in page) == (403, True, True)
    await house.login(Role.HANDLER, unit="fire_station")
    assert "灯修好了" not in await (await house.client.get("/desk/macros")).text()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": "", "text": "x"}, "请写标题"),
        ({"title": "x", "text": ""}, "请写内容"),
        ({"title": "x", "text": "编号 {numer}"}, "不认识“{numer}”"),
        ({"title": "x", "text": "x", "unit": "nowhere"}, "没有这个单位"),
    ],
)
async def test_what_is_wrong_is_said_and_stays(
    house: House, fields: dict[str, str], sentence: str
) -> None:
    csrf = await house.login(Role.DISPATCHER)
    status, page = await save(house, csrf, **fields)
    assert (status, sentence in page) == (422, True)
    assert (await save(house, csrf, "999999", title="x", text="x"))[0] == 404


@pytest.mark.parametrize(
    ("macro", "do"), [("new", "retire"), ("new", "restore"), ("1", "burn&done=save"), ("new", "")]
)
async def test_only_what_the_page_offers_is_done(house: House, macro: str, do: str) -> None:
    csrf = await house.login(Role.DISPATCHER)
    status, page = await save(house, csrf, macro, title="谢谢", text="谢谢您的来电。", do=do)
    assert (status, "没有这个操作" in page) == (422, True)
    async with house.database.reading() as session:
        assert not await session.scalar(select(ReplyMacro.id).where(ReplyMacro.title == "谢谢"))


async def test_a_sample_that_names_no_unit_of_ours(house: House, tmp_path) -> None:
    for name in ("answer_cards.toml", "errands.csv", "runners.csv"):
        (tmp_path / name).write_bytes((SAMPLE_TOWN / name).read_bytes())
    (tmp_path / "reply_macros.csv").write_text("unit,title,text\nnowhere,a,b\n", encoding="utf-8")
    async with house.database.transaction() as session:
        await session.execute(delete(ReplyMacro))
    with pytest.raises(TownDataError, match=r"reply_macros\.csv 第 2 行"):
        async with house.database.transaction() as session:
            await load_service_files(session, house.clock(), tmp_path)
