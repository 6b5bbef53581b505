"""The page before filing, what a tick does, and the supervisor's list."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from multidict import MultiDict
from sqlalchemy import select

from cases.actors import Actor
from cases.callers.transcripts import keep_transcript, list_lost
from cases.lifecycle import Role
from cases.models import CallTranscript, Case
from cases.storage.database import Database
from cases.testing import make_draft
from cases.town import Town
from cases.use_cases.file_case import file_case
from classifier.testing import FakeClassifier
from intake_api.accounts.csrf import Form, read_form
from intake_api.app import create_app
from intake_api.pages.faithfulness import find_losses, mend, review_filing
from intake_api.settings import Settings
from tests.intake_api.conftest import House, build_house

CALL = "市民：我要投诉，桥头三盏路灯坏了，我母亲八十多岁差点摔跤，赶紧来修。电话13800001234。"


@pytest.fixture
async def house(
    database: Database, town: Town, now: object, tmp_path: Path
) -> AsyncIterator[House]:
    built = await build_house(database, town, now, tmp_path)  # type: ignore[arg-type]
    yield built
    await built.client.close()


def form_of(**fields: str) -> Form:
    given = {
        "pasted": CALL,
        "d0-file": "1",
        "d0-text": "桥头三盏路灯不亮",
        "d0-request_type": "consult",
        "d0-urgency": "normal",
        "d0-place": "",
    }
    return MultiDict({**given, **fields})


def test_a_tick_puts_right_what_it_stands_for() -> None:
    form = form_of()
    findings = find_losses(CALL, form, [0])
    kinds = [finding.kind for finding in findings]
    assert {"demand", "type", "risk"} <= set(kinds)
    for number in range(len(findings)):
        form.add("mend", str(number))
    righted = mend(form, [0], findings)
    assert righted["d0-request_type"] == "complaint"
    assert "原话：赶紧来修" in righted["d0-text"] and "八十多岁" in righted["d0-text"]
    assert find_losses(CALL, righted, [0]) == (), "nothing is lost any more"
    assert mend(righted, [0], findings)["d0-text"] == righted["d0-text"], "once is enough"


def test_ticks_of_nothing_change_nothing() -> None:
    form = form_of()
    for value in ("99", "-1", "x", "1" * 40):
        form.add("mend", value)
    findings = find_losses(CALL, form, [0])
    assert mend(form, [0], findings)["d0-text"] == form["d0-text"]
    assert mend(form, [], findings)["d0-text"] == form["d0-text"]


async def test_the_page_stops_once_and_carries_everything(
    sqlite_database: Database, town: Town, tmp_path: Path
) -> None:
    filed: list[Form] = []

    async def handler(request: web.Request) -> web.Response:
        review = await review_filing(request, await read_form(request), [0])
        if isinstance(review, web.Response):
            return review
        filed.append(review.form)
        return web.Response(text="filed")

    app = create_app(
        Settings(data_dir=tmp_path),
        database=sqlite_database,
        tagger=FakeClassifier(),
        town_provider=lambda: town,
        secret=b"s" * 32,
    )
    app.router.add_post("/try", handler)
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/try", data=form_of(**{"d0-summary": "\n<b>头</b>"}))
        page = await answer.text()
        assert "凭原话核对" in page and "赶紧来修" in page and filed == []
        assert 'action="/try"' in page and "&lt;b&gt;头" in page and "<b>头" not in page
        names = set(re.findall(r'<textarea name="([^"]+)"', page))
        assert set(form_of()) <= names and "csrf" not in names
        again = form_of(reviewed="1", mend="0")
        assert await (await client.post("/try", data=again)).text() == "filed"
        untouched = form_of(reviewed="1", as_is="1", mend="0")
        await client.post("/try", data=untouched)
        faithful = form_of(**{"d0-text": CALL, "d0-request_type": "complaint"})
        assert await (await client.post("/try", data=faithful)).text() == "filed"
    assert [len(form["d0-text"]) > 10 for form in filed] == [True, False, True]


async def keep(house: House, text: str, filed: str, **changes: object) -> CallTranscript:
    async with house.database.transaction() as session:
        case = await file_case(
            session,
            make_draft(text=filed, channel="phone", **changes),
            actor=Actor(Role.AGENT, "小周"),
            town=house.town,
            now=house.clock(),
        )
        kept = await keep_transcript(session, text, [case], kept_by="小周", now=house.clock())
        assert kept is not None
        return kept


async def test_one_row_for_a_call_however_often_it_is_kept(house: House) -> None:
    first = await keep(house, CALL, "桥头三盏路灯不亮")
    second = await keep(house, f"{CALL}\n", "桥头三盏路灯不亮，又说了一遍")
    assert first.id == second.id and first.lost_count > 0
    async with house.database.transaction() as session:
        assert await keep_transcript(session, "  ", [], kept_by="小周", now=house.clock()) is None
        [lost] = await list_lost(session)
        assert len(lost.cases) == 2 and lost.findings[0].quote in CALL
        cases = list(await session.scalars(select(Case)))
        await keep_transcript(session, CALL, cases, kept_by="小周", now=house.clock())
    async with house.database.reading() as session:
        assert len((await list_lost(session))[0].cases) == 2


async def test_the_supervisor_sees_what_was_lost(house: House) -> None:
    await keep(house, CALL, "桥头三盏路灯不亮")
    await keep(house, "市民：柳树巷路灯不亮，快来修。", "柳树巷路灯不亮，要求尽快来修")
    await house.login(Role.DISPATCHER)
    page = await (await house.client.get("/desk/faithfulness")).text()
    assert page.count("<section") == 1 and "赶紧来修" in page
    assert (await house.client.get("/desk/faithfulness?before=0")).status == 200
    assert (await house.client.get("/desk/faithfulness?before=x")).status == 200


async def test_an_inspector_sees_no_names_and_numbers(house: House) -> None:
    call = "市民：我姓王，我叫王小丽，电话13800001234。桥头路灯坏了，叫修理的打13800001234来修。"
    await keep(house, call, "桥头路灯坏了")
    await house.login(Role.INSPECTOR)
    page = await (await house.client.get("/desk/faithfulness")).text()
    assert "13800001234" not in page


@pytest.mark.parametrize("role", [Role.AGENT, Role.HANDLER, Role.OBSERVER])
async def test_it_is_no_page_for_others(house: House, role: Role) -> None:
    await house.login(role)
    assert (await house.client.get("/desk/faithfulness")).status == 403
