"""The closed loop on a real database: 受理→分派→处理→反馈→评价, and its detours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from cases.actors import Actor
from cases.errors import (
    CaseNotFound,
    InvalidData,
    MissingData,
    PermissionDenied,
    RuleBroken,
    TransitionForbidden,
    VersionConflict,
)
from cases.history import read_history, verify_history
from cases.lifecycle import Role, State
from cases.models import PredictionEntry
from cases.testing import make_tag
from cases.use_cases.amendments import confirm_tag
from cases.use_cases.case_lookup import find_own_case, find_tracked_case
from cases.use_cases.file_case import find_by_source
from cases.use_cases.queues import CaseFilter, count_queues, list_cases
from cases.use_cases.timeline import citizen_timeline
from tests.cases.conftest import COMMANDER, HANDLER, HEAD


async def test_a_sure_tag_goes_to_the_listed_unit_at_once(desk):
    """No person is needed, and the clock runs: three working days."""
    case = await desk.file()
    assert (case.state, case.lead_unit, case.tagged_by) == (
        State.DISPATCHED,
        "lighting_office",
        "machine",
    )
    assert case.due_at.astimezone().isoformat() and case.basis and case.list_version == "2026-01"
    assert case.due_at - desk.at == timedelta(days=3, hours=8, minutes=30)


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": "suggest"},  # not sure enough
        {"decision": "human"},
        {"urgency": "critical"},  # somebody may be in danger
        {"category": "na.other", "platform": "na"},  # nothing to dispatch to
    ],
)
async def test_everything_else_waits_for_a_person(desk, changes):
    """Registered, tagged, and not moved by the machine."""
    case = await desk.file(tag=make_tag(**changes))
    assert case.state == State.SUBMITTED
    assert case.step_due_at is not None


async def test_a_message_that_could_not_be_tagged_is_filed_all_the_same(desk, database):
    """Tagging is help, not a gate."""
    case = await desk.file(tag=None)
    assert (case.state, case.category) == (State.SUBMITTED, None)
    async with database.reading() as session:
        assert await session.scalar(select(PredictionEntry)) is None


async def test_from_first_message_to_rating(desk, database, town):
    """The happy loop, and the citizen is told at each turn."""
    case = await desk.file()
    await desk.settle(case)
    case = await desk.act(case, "rate", desk.citizen, satisfaction=5)
    assert (case.state, case.satisfaction) == (State.EVALUATED, 5)
    notices = await desk.notices()
    assert any("已换好三盏灯" in text for text in notices)
    assert any("评价" in text for text in notices)
    async with database.reading() as session:
        steps = [step.action for step in await citizen_timeline(session, case, town)]
        assert [bad async for bad in verify_history(session)] == []
    assert steps == ["submit", "accept", "dispatch", "sign", "contact", "reply", "close", "rate"]


async def test_an_unhappy_rating_reopens_once_in_the_same_number(desk):
    """The second time a person calls back instead of a loop."""
    case = await desk.file()
    await desk.settle(case)
    case = await desk.act(case, "rate", desk.citizen, satisfaction=1, comment="灯还是不亮")
    assert (case.state, case.round) == (State.REOPENED, 2)
    await desk.act(case, "contact", HANDLER, method="电话", content="再去一趟")
    await desk.act(case, "reply", HANDLER, outcome="explained", text="线路要换")
    await desk.act(case, "close")
    case = await desk.act(case, "rate", desk.citizen, satisfaction=2)
    assert (case.state, case.round, case.wants_person) == (State.EVALUATED, 2, True)
    with pytest.raises(RuleBroken):
        await desk.act(case, "reopen", desk.citizen, reason="还是不行")


async def test_the_same_tap_twice_changes_nothing(desk, database):
    """One rating, one line of history."""
    case = await desk.file()
    await desk.settle(case)
    await desk.act(case, "rate", desk.citizen, satisfaction=4)
    await desk.act(case, "rate", desk.citizen, satisfaction=4)
    async with database.reading() as session:
        rated = [h for h in await read_history(session, case.id) if h.action == "rate"]
    assert len(rated) == 1


async def test_a_returned_order_is_refused_or_moves_on(desk):
    """退单 before signing, once for each unit; the second return needs a meeting."""
    case = await desk.file()
    grounds = {"reason": "不归我们", "basis": "三定方案", "proposed_unit": "works_office"}
    case = await desk.act(case, "return", HEAD, **grounds)
    case = await desk.act(case, "reassign", unit="works_office", reason="按清单调整")
    assert (case.state, case.lead_unit) == (State.DISPATCHED, "works_office")
    other = Actor(Role.HANDLER_HEAD, "孙站长", unit_code="works_office")
    await desk.act(
        case, "return", other, reason="也不归", basis="三定", proposed_unit="lighting_office"
    )
    with pytest.raises(RuleBroken):
        await desk.act(case, "reassign", unit="lighting_office", reason="再改")
    case = await desk.act(case, "consult", COMMANDER, units=["works_office"], reason="两次退单")
    case = await desk.act(
        case, "conclude", COMMANDER, unit="lighting_office", minutes="由路灯所牵头"
    )
    assert (case.state, case.answerable_unit) == (State.IN_PROGRESS, "lighting_office")


async def test_a_unit_returns_only_before_signing(desk):
    """First receiver, first responsible."""
    case = await desk.file()
    await desk.act(case, "sign", HANDLER)
    with pytest.raises(TransitionForbidden):
        await desk.act(case, "return", HEAD, reason="x", basis="y", proposed_unit="works_office")


async def test_an_extension_is_asked_in_time_and_granted_once_by_a_dispatcher(desk):
    """The second needs a commander."""
    case = await desk.file()
    await desk.act(case, "sign", HANDLER)
    await desk.act(case, "contact", HANDLER, method="电话", content="要等材料")
    ask = {"reason": "等灯具", "interim_reply": "灯具在途"}
    with pytest.raises(InvalidData):
        await desk.act(case, "extend", HEAD, new_due="2026-12-31", **ask)
    case = await desk.act(case, "extend", HEAD, new_due="2026-11-30", **ask)
    case = await desk.act(case, "approve_extension")
    assert case.due_at.astimezone().date().isoformat() == "2026-11-30"
    assert any("灯具在途" in text for text in await desk.notices())
    await desk.act(case, "extend", HEAD, new_due="2026-12-02", **ask)
    with pytest.raises(RuleBroken):
        await desk.act(case, "approve_extension")
    await desk.act(case, "approve_extension", COMMANDER)


async def test_a_pause_gives_the_clock_back_what_was_left(desk, town):
    """Suspended two working days, due two working days later: the weekend is not counted."""
    case = await desk.file()
    await desk.act(case, "sign", HANDLER)
    case = await desk.act(case, "contact", HANDLER, method="电话", content="需停电作业")
    before = case.due_at
    await desk.act(
        case, "suspend", reason="停电审批", interim_reply="审批中", review_on="2026-11-27"
    )
    desk.at += timedelta(days=2)
    case = await desk.act(case, "resume")
    assert case.due_at - before == timedelta(days=4)
    case = await desk.act(
        case, "suspend", reason="停电审批", interim_reply="审批中", review_on="2026-11-27"
    )
    desk.at += timedelta(hours=3, minutes=15)  # 12:15, and the break is nobody's
    case = await desk.act(case, "resume")
    assert case.due_at.astimezone(town.calendar.zone).isoformat() == "2026-12-01T12:00:00+08:00"


@pytest.mark.parametrize("day", ["0001-01-01", "2026-11-20", "9999-12-31", "下周", ""])
async def test_a_date_that_cannot_be_meant_is_refused(desk, day):
    """In one sentence, and nothing is stored."""
    case = await desk.file()
    await desk.act(case, "sign", HANDLER)
    await desk.act(case, "contact", HANDLER, method="电话", content="需停电作业")
    with pytest.raises((InvalidData, MissingData)):
        await desk.act(case, "suspend", reason="审批", interim_reply="在办", review_on=day)


async def test_merging_can_be_undone(desk):
    """Back to the state it was merged from."""
    parent = await desk.file()
    child = await desk.file(tag=make_tag(decision="suggest"))
    case = await desk.act(child, "merge", parent=parent.number)
    assert (case.state, case.parent_id) == (State.MERGED, parent.id)
    case = await desk.act(child, "unmerge", reason="不是同一处")
    assert (case.state, case.parent_id) == (State.SUBMITTED, None)
    with pytest.raises(InvalidData):
        await desk.act(child, "merge", parent=child.number)


async def test_whoever_replied_does_not_close(desk):
    """Four eyes."""
    case = await desk.file()
    await desk.act(case, "sign", HANDLER)
    await desk.act(case, "contact", HANDLER, method="电话", content="去过了")
    await desk.act(case, "reply", HANDLER, outcome="solved", text="好了")
    with pytest.raises(RuleBroken):
        await desk.act(case, "close", Actor(Role.DISPATCHER, HANDLER.name))


async def test_a_unit_sees_its_own_cases_only(desk):
    """To any other unit the case does not exist."""
    case = await desk.file()
    with pytest.raises(CaseNotFound):
        await desk.act(case, "sign", Actor(Role.HANDLER, "x", unit_code="market_office"))


async def test_a_citizen_touches_their_own_case_only(desk, database):
    """Somebody else's number is like one that never was."""
    case = await desk.file()
    with pytest.raises(CaseNotFound):
        await desk.act(case, "withdraw", Actor.citizen(desk.contact + 1))
    async with database.reading() as session:
        with pytest.raises(CaseNotFound):
            await find_own_case(session, case.number, desk.contact + 1)
        with pytest.raises(CaseNotFound):
            await find_tracked_case(session, case.number, "AAAAAAAA")
        found = await find_tracked_case(session, case.number, case.tracking_code.lower())
    assert found.id == case.id


async def test_a_case_about_danger_cannot_be_withdrawn(desk):
    """The matter stays, whoever reported it."""
    case = await desk.file(tag=make_tag(urgency="critical"))
    with pytest.raises(RuleBroken):
        await desk.act(case, "withdraw", desk.citizen)


async def test_what_is_missing_is_named(desk):
    """One sentence that says what to do, and nothing has changed."""
    case = await desk.file(tag=make_tag(decision="suggest"))
    with pytest.raises(MissingData, match="类别") as refused:
        await desk.act(case, "accept", urgency="normal", request_type="help")
    assert refused.value.fields["missing"] == ["category"]
    with pytest.raises(PermissionDenied):
        await desk.act(case, "accept", COMMANDER, category="zf.light")


async def test_an_older_version_is_refused(desk):
    """Two desks on one case: the second is told."""
    case = await desk.file(tag=make_tag(decision="suggest"))
    seen = case.version
    await desk.act(case, "note", text="看过了")
    with pytest.raises(VersionConflict):
        await desk.act(case, "note", version=seen, text="我也看过了")


async def test_the_citizens_word_sends_an_unsure_case_on(desk, database, town):
    """Confirmed by the one who knows."""
    case = await desk.file(tag=make_tag(decision="suggest"))
    async with database.transaction() as session:
        mine = await find_own_case(session, case.number, desk.contact)
        await confirm_tag(session, mine, "zf.road", actor=desk.citizen, town=town, now=desk.at)
    async with database.reading() as session:
        case = await find_own_case(session, case.number, desk.contact)
        prediction = await session.scalar(select(PredictionEntry))
    assert (case.state, case.lead_unit, case.tagged_by) == (
        State.DISPATCHED,
        "works_office",
        "citizen",
    )
    assert prediction.category == "zf.light"


async def test_history_lines_cannot_be_changed(desk, database):
    """Neither by us nor by a hand in the database."""
    await desk.file()
    for statement in ("UPDATE history SET actor_name = 'x'", "DELETE FROM history"):
        with pytest.raises(Exception, match="append-only"):
            async with database.transaction() as session:
                await session.execute(text(statement))


async def test_an_outside_order_is_found_again(desk, database):
    """The key of idempotent filing."""
    case = await desk.file(source_system="12345", source_id="A-1")
    async with database.reading() as session:
        assert [c.id for c in await find_by_source(session, "12345", "A-1")] == [case.id]
        assert await find_by_source(session, "12345", "A-2") == []


async def test_the_queues_count_what_they_list(desk, database):
    """Counts and lists agree, and late is late."""
    await desk.file()
    await desk.file(tag=make_tag(decision="suggest"))
    await desk.file(tag=make_tag(urgency="critical", decision="human"))
    late = desk.at + timedelta(hours=1)
    async with database.reading() as session:
        counts = await count_queues(session, now=late)
        for queue, count in counts.items():
            rows = await list_cases(session, CaseFilter(queue=queue), now=late)
            assert len(rows) == count, queue
        first = await list_cases(
            session, CaseFilter(queue="unaccepted"), now=late, urgent_first=True
        )
    assert counts["unaccepted"] == 2 and counts["overdue"] == 1 and counts["all"] == 3
    assert first[0].urgency == "critical"
