"""An answer given at intake has no unit; whoever waits for a person waits until one has looked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case
from cases.testing import make_tag
from cases.use_cases.amendments import ask_for_person
from cases.use_cases.queues import CaseFilter, count_queues, list_cases
from cases.use_cases.timers import run_timers
from tests.cases.conftest import DISPATCHER, HANDLER

ACCEPT = {"category": "zf.light", "request_type": "help", "urgency": "normal"}
ANSWER = {"text": "带身份证到便民中心", "source": "办事指南"}


async def answered(desk):
    case = await desk.file(tag=make_tag(decision="human"))
    return await desk.act(case, "answer", **ANSWER)


async def test_solved_by_an_answer_is_not_asked_for_a_rating(desk, database, town):
    case = await answered(desk)
    await desk.act(case, "close", desk.citizen)
    at = desk.at + timedelta(days=3)
    assert await run_timers(database, town, lambda: at) == 0
    assert not any("还没有收到您的评价" in text for text in await desk.notices())


@pytest.mark.parametrize("how", ["rate", "reopen"])
async def test_an_answer_that_did_not_help_is_taken_in_again(desk, database, town, how):
    """No unit had it, so none has to contact anybody: the desk accepts it anew."""
    case = await answered(desk)
    await desk.act(case, "close", desk.citizen)
    desk.at += timedelta(days=1)
    data = {"satisfaction": 1} if how == "rate" else {"reason": "还是不知道带什么"}
    case = await desk.act(case, how, desk.citizen, **data)
    assert (case.state, case.round, case.due_at) == (State.SUBMITTED, 2, None)
    assert case.step_due_at is not None and case.closed_at is None
    assert "已转给工作人员办理" in (await desk.notices())[-1]
    async with database.reading() as session:
        waiting = await list_cases(session, CaseFilter(queue="unaccepted"), now=desk.at)
    assert [row.id for row in waiting] == [case.id]
    await desk.act(case, "accept", **ACCEPT)
    case = await desk.act(case, "dispatch", unit="lighting_office")
    await desk.settle(case)
    case = await desk.act(case, "rate", desk.citizen, satisfaction=1)
    assert (case.state, case.wants_person) == (State.EVALUATED, True), "by itself only once"


async def waits(desk, database):
    """Filed, and its citizen asked for a person."""
    case = await desk.file(tag=make_tag(decision="human"))
    async with database.transaction() as session:
        await ask_for_person(session, await session.get_one(Case, case.id), now=desk.at)
    return case


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("accept", ACCEPT),
        ("request_info", {"missing": "哪一盏灯"}),
        ("reject", {"reason": "不属本镇", "channel": "12345"}),
        ("answer", ANSWER),
        ("withdraw", {}),
    ],
)
async def test_nobody_waits_for_a_person_who_has_looked(desk, database, action, data):
    case = await waits(desk, database)
    actor = desk.citizen if action == "withdraw" else DISPATCHER
    case = await desk.act(case, action, actor, **data)
    assert case.wants_person is False


async def test_a_unit_that_has_called_and_a_dispatcher_have_looked(desk, database):
    case = await waits(desk, database)
    await desk.act(case, "accept", **ACCEPT)
    for action, actor, data in (
        ("dispatch", DISPATCHER, {"unit": "lighting_office"}),
        ("contact", HANDLER, {"method": "电话", "content": "已说明"}),
    ):
        async with database.transaction() as session:
            await ask_for_person(session, await session.get_one(Case, case.id), now=desk.at)
        if action == "contact":
            case = await desk.act(case, "sign", HANDLER)
            assert case.wants_person is True
        case = await desk.act(case, action, actor, **data)
        assert case.wants_person is False, action


async def test_a_case_that_is_over_waits_for_nobody(desk, database, town):
    """Neither one that the clock archives, nor one that was left so before."""
    case = await desk.file()
    await desk.settle(case)
    async with database.transaction() as session:
        await ask_for_person(session, await session.get_one(Case, case.id), now=desk.at)
    at = desk.at + timedelta(days=20)
    await run_timers(database, town, lambda: at)
    async with database.reading() as session:
        row = await session.get_one(Case, case.id)
        assert (row.state, row.wants_person) == (State.ARCHIVED, False)
    async with database.transaction() as session:
        (await session.get_one(Case, case.id)).wants_person = True
    async with database.reading() as session:
        assert await list_cases(session, CaseFilter(queue="wants_person"), now=at) == []
        assert (await count_queues(session, now=at))["wants_person"] == 0
