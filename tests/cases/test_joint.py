"""联办 on a real database: every unit replies, the lead unit answers for all of them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.errors import CaseNotFound, PermissionDenied, RuleBroken
from cases.history import read_history
from cases.lifecycle import Role, State
from cases.models import CaseUnit
from cases.testing import make_tag
from cases.use_cases.timeline import citizen_timeline
from tests.cases.conftest import HANDLER

COOP = Actor(Role.HANDLER, "周经办", unit_code="works_office")
SOLVED = {"outcome": "solved", "text": "灯已修好，路面已恢复"}


@pytest.fixture
def joint(desk):
    """A case of the lighting office in which others cooperate, the citizen contacted."""

    async def file(*coop):
        case = await desk.file(tag=make_tag(decision="human"))
        await desk.act(case, "accept", category="zf.light", request_type="help", urgency="normal")
        await desk.act(case, "dispatch", unit="lighting_office", coop_units=[*coop], mode="joint")
        await desk.act(case, "sign", HANDLER)
        return await desk.act(case, "contact", HANDLER, method="电话", content="已约时间")

    return file


async def coop_rows(database, case):
    async with database.reading() as session:
        rows = await session.scalars(select(CaseUnit).where(CaseUnit.case_id == case.id))
        return {row.unit_code: row for row in rows}


async def test_the_lead_unit_answers_once_every_unit_has_replied(desk, joint, database, town):
    case = await joint("works_office", "market_office")
    with pytest.raises(RuleBroken, match=town.unit_name("works_office")):
        await desk.act(case, "reply", HANDLER, **SOLVED)
    told = await desk.notices()
    case = await desk.act(case, "coop_reply", COOP, text="路面已恢复")
    assert case.state == State.IN_PROGRESS
    assert await desk.notices() == told, "the lead unit tells the citizen"
    with pytest.raises(RuleBroken, match=town.unit_name("market_office")):
        await desk.act(case, "reply", HANDLER, **SOLVED)
    market = Actor(Role.HANDLER, "吴经办", unit_code="market_office")
    await desk.act(case, "coop_reply", market, text="现场无占道经营")
    case = await desk.act(case, "reply", HANDLER, **SOLVED)
    assert (case.state, case.reply_text) == (State.REPLIED, SOLVED["text"])
    rows = await coop_rows(database, case)
    assert all(row.replied_at == desk.at for row in rows.values()) and len(rows) == 2
    async with database.reading() as session:
        lines = [line for line in await read_history(session, case.id) if line.unit_code]
        steps = [step.action for step in await citizen_timeline(session, case, town)]
    assert lines[2].data == {"text": "路面已恢复"} and lines[2].unit_code == "works_office"
    assert "coop_reply" not in steps


async def test_the_lead_unit_may_say_that_one_need_not_reply(desk, joint, database):
    case = await joint("works_office", "market_office")
    await desk.act(case, "coop_reply", COOP, text="路面已恢复")
    case = await desk.act(case, "reply", HANDLER, released_units=["market_office"], **SOLVED)
    assert case.state == State.REPLIED
    rows = await coop_rows(database, case)
    assert {code: row.released for code, row in rows.items()} == {
        "works_office": False,
        "market_office": True,
    }
    async with database.reading() as session:
        assert (await read_history(session, case.id))[-1].data["released_units"] == [
            "market_office"
        ]


async def test_a_cooperating_unit_replies_and_does_nothing_else(desk, joint):
    case = await joint("works_office")
    with pytest.raises(PermissionDenied):
        await desk.act(case, "reply", COOP, **SOLVED)
    with pytest.raises(RuleBroken):
        await desk.act(case, "coop_reply", HANDLER, text="我们是主办")
    with pytest.raises(CaseNotFound):
        stranger = Actor(Role.HANDLER, "x", unit_code="market_office")
        await desk.act(case, "coop_reply", stranger, text="与我们无关")


async def test_a_new_round_asks_every_unit_again(desk, joint):
    case = await joint("works_office")
    await desk.act(case, "coop_reply", COOP, text="路面已恢复")
    await desk.act(case, "reply", HANDLER, **SOLVED)
    await desk.act(case, "close")
    await desk.act(case, "rate", desk.citizen, satisfaction=1)
    case = await desk.act(case, "contact", HANDLER, method="电话", content="再去一趟")
    assert case.round == 2
    with pytest.raises(RuleBroken):
        await desk.act(case, "reply", HANDLER, **SOLVED)
    await desk.act(case, "coop_reply", COOP, text="重做了路面")
    assert (await desk.act(case, "reply", HANDLER, **SOLVED)).state == State.REPLIED


@pytest.mark.parametrize("by", ["reassign", "conclude"])
async def test_the_unit_that_takes_the_lead_is_not_waited_for(desk, joint, database, by):
    case = await joint("works_office")
    if by == "reassign":
        await desk.act(case, "reassign", unit="works_office", reason="按清单调整")
        await desk.act(case, "sign", COOP)
        await desk.act(case, "contact", COOP, method="电话", content="已联系")
    else:
        await desk.act(case, "consult", units=["works_office"], reason="牵头不明")
        await desk.act(case, "conclude", unit="works_office", minutes="由建管办牵头")
    assert await coop_rows(database, case) == {}
    assert (await desk.act(case, "reply", COOP, **SOLVED)).state == State.REPLIED
