"""The labelling pages without JavaScript: vote, skip, take back, two annotators, doubts."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

import pytest

from cases.lifecycle import Role
from cases.models import LabelText
from cases.use_cases.label_queue import claim_text
from cases.use_cases.label_suspects import record_suspects
from tests.intake_api.conftest import House
from tests.labels.conftest import MATTERS, add_people, add_texts, get_text

PAGE = "/training/label"


async def get(house: House, path: str = PAGE) -> str:
    answer = await house.client.get(path)
    assert answer.status == 200, await answer.text()
    return html.unescape(await answer.text())


async def post(house: House, path: str, csrf: str, **fields: str) -> tuple[int, str]:
    answer = await house.client.post(path, data={"csrf": csrf, **fields})
    return answer.status, html.unescape(await answer.text())


def number_of(page: str) -> str:
    found = re.search(r'action="/training/label/(\d+)"', page)
    assert found, page[:3000]
    return found[1]


LIGHT = {"category": "zf.light", "request_type": "help", "urgency": "normal"}


async def test_a_text_with_its_candidates_rule_and_reason(both_houses: House) -> None:
    house = both_houses
    await add_texts(house.database, house.clock())
    await house.login(Role.DISPATCHER)
    page = await get(house)
    assert "<mark>路灯</mark>" in page and "模型拿不准" in page
    assert page.count('name="category"') == 5 and "95%" in page
    assert "路灯照明 / 道路井盖与排水" in page and "井盖缺失必特急" in page
    assert "归入" in page and "小区楼道" not in page
    # Nothing was classified for the page.
    assert house.tagger.seen == []


async def test_vote_skip_and_take_back(house: House) -> None:
    texts = await add_texts(house.database, house.clock())
    csrf = await house.login(Role.DISPATCHER)
    first = number_of(await get(house))
    status, page = await post(house, f"{PAGE}/{first}", csrf, **LIGHT)
    assert status == 200 and "已记下：路灯照明" in page and "今天您标了 1 条" in page
    second = number_of(page)
    assert second != first
    _, page = await post(house, f"{PAGE}/{second}/skip", csrf)
    assert "已跳过" in page and number_of(page) not in (first, second)
    _, page = await post(house, f"{PAGE}/undo", csrf)
    assert "已撤回" in page and number_of(page) == first
    assert (await get_text(house.database, texts[0].id)).state == "open"


@pytest.mark.parametrize(
    ("written", "category"),
    [
        ("占道经营与流动摊贩 zf.street", "zf.street"),
        ("zf.street", "zf.street"),
        ("流动摊贩", "zf.street"),
    ],
)
async def test_a_category_that_was_typed(house: House, written: str, category: str) -> None:
    texts = await add_texts(house.database, house.clock())
    csrf = await house.login(Role.DISPATCHER)
    number = number_of(await get(house))
    await post(house, f"{PAGE}/{number}", csrf, **LIGHT, other=written)
    assert (await get_text(house.database, texts[0].id)).category == category


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({**LIGHT, "category": ""}, "请先选一个类别"),
        ({**LIGHT, "urgency": "soon"}, "请选一个紧急程度"),
        ({**LIGHT, "other": "没有这一类"}, "没有找到“没有这一类”"),
        ({**LIGHT, "other": "纠纷"}, "对得上几个类别"),
    ],
)
async def test_what_is_missing_is_said_and_the_text_stays(
    house: House, fields: dict[str, str], sentence: str
) -> None:
    await add_texts(house.database, house.clock())
    csrf = await house.login(Role.DISPATCHER)
    number = number_of(await get(house))
    status, page = await post(house, f"{PAGE}/{number}", csrf, **fields)
    assert status == 422 and sentence in page and number_of(page) == number


async def test_nothing_to_label_is_said(house: House) -> None:
    await house.login(Role.ADMIN)
    assert "现在没有要标的文字" in await get(house)


@pytest.mark.parametrize("path", ["label", "suspects", "agreement", "files"])
async def test_who_may(house: House, path: str) -> None:
    for role, status in ((Role.AGENT, 403), (Role.HANDLER, 403), (Role.DISPATCHER, 200)):
        await house.login(role)
        assert (await house.client.get(f"/training/{path}")).status == status


async def test_two_annotators_and_a_third(house: House) -> None:
    now = house.clock()
    (text,) = await add_texts(house.database, now, MATTERS[:1])
    csrf = await house.login(Role.DISPATCHER, unit="a")
    status, page = await post(house, "/training/agreement", csrf, two="1")
    assert status == 200 and "已改为双人标注" in page
    await post(house, f"{PAGE}/{text.id}", csrf, **LIGHT)
    page = await get(house)
    assert "现在没有要标的文字" in page
    csrf = await house.login(Role.DISPATCHER, unit="b")
    page = await get(house)
    assert "另一位已标过" in page and number_of(page) == str(text.id)
    await post(house, f"{PAGE}/{text.id}", csrf, **{**LIGHT, "category": "zf.road"})
    page = await get(house, "/training/agreement")
    assert "您标过，请别人裁定" in page and "1 条文字由两个人各自标过" in page
    assert "道路井盖与排水 / 路灯照明" in page or "路灯照明 / 道路井盖与排水" in page
    answer = await house.client.get(f"{PAGE}?key={text.key}")
    assert answer.status == 409 and "第三个人裁定" in await answer.text()
    csrf = await house.login(Role.ADMIN)
    page = await get(house, "/training/agreement")
    assert f"/training/label?key={text.key}" in page
    page = await get(house, f"{PAGE}?key={text.key}")
    assert "请您裁定" in page
    status, page = await post(house, f"{PAGE}/{text.id}", csrf, **LIGHT)
    assert (await get_text(house.database, text.id)).how == "decided"


async def doubt(house: House, texts: list[LabelText]) -> None:
    async with house.database.transaction() as session:
        await record_suspects(
            session,
            [
                {"key": t.key, "category": t.category, "suggested": "zf.light", "score": 1 - i / 10}
                for i, t in enumerate(texts)
            ],
            "model-1",
            house.town,
            house.clock(),
        )


@pytest.mark.parametrize(
    ("deed", "state", "category", "words"),
    [
        ("keep", "settled", "zf.road", "已保留原来的标签：道路井盖与排水"),
        ("correct", "settled", "zf.light", "已改为：路灯照明"),
        ("set_aside", "set_aside", "zf.road", "已搁置"),
    ],
)
async def test_a_doubted_label(
    house: House, deed: str, state: str, category: str, words: str
) -> None:
    texts = await add_texts(house.database, house.clock(), MATTERS[:3], category="zf.road")
    await doubt(house, texts)
    csrf = await house.login(Role.DISPATCHER)
    page = await get(house, "/training/suspects")
    assert "3 条" in page and MATTERS[0][:7] in page and "灯标路灯" in page
    status, page = await post(house, f"/training/suspects/{texts[0].id}", csrf, do=deed)
    assert status == 200 and words in page and "2 条" in page
    found = await get_text(house.database, texts[0].id)
    assert (found.state, found.category) == (state, category)
    status, page = await post(house, f"/training/suspects/{texts[0].id}", csrf, do="keep")
    assert status == 409 and "有人处理过" in page
    _, page = await post(house, f"{PAGE}/undo", csrf)
    found = await get_text(house.database, texts[0].id)
    assert (found.state, found.category) == ("settled", "zf.road")
    assert "3 条" in await get(house, "/training/suspects")


async def test_a_doubted_label_comes_into_the_queue(
    house: House, monkeypatch: Any, now: datetime
) -> None:
    texts = await add_texts(house.database, now, MATTERS[:1], category="zf.road")
    await doubt(house, texts)
    csrf = await house.login(Role.DISPATCHER)
    page = await get(house)
    assert "原来的标签可疑" in page and number_of(page) == str(texts[0].id)
    await post(house, f"{PAGE}/{texts[0].id}", csrf, **LIGHT)
    assert (await get_text(house.database, texts[0].id)).category == "zf.light"
    assert "没有存疑的标签" in await get(house, "/training/suspects")


async def test_nothing_left_to_get_fills_the_queue_once_more(house: House) -> None:
    """All that is ranked is on the screens of a colleague."""
    texts = await add_texts(house.database, house.clock())
    (other,) = await add_people(house.database, house.clock(), "乙")
    fresh = await add_texts(house.database, house.clock(), ["桥洞下面积水半米深"], ranked=False)
    for text in texts:
        async with house.database.transaction() as session:
            await claim_text(
                session, text.key, other.user_id or 0, town=house.town, now=house.clock()
            )
    await house.login(Role.DISPATCHER)
    assert number_of(await get(house)) == str(fresh[0].id)
