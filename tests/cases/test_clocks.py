"""A corrected label moves the clocks that hang on it, counted from when the step began."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.deadlines import handling_deadline, step_deadline
from cases.history import read_history
from cases.lifecycle import State
from cases.testing import make_tag
from cases.use_cases.amendments import confirm_tag
from cases.use_cases.case_lookup import find_own_case
from tests.cases.conftest import HANDLER, HEAD

ACCEPT = {"request_type": "help", "urgency": "normal"}
OF_CLASS = {"G3": "zf.light", "C5": "zf.illegal_build"}


@pytest.fixture(autouse=True)
def classes(town):
    """The categories of these tests are of the classes they stand for."""
    for time_class, code in OF_CLASS.items():
        assert town.categories[code].time_class.split("+")[0] == time_class


@pytest.fixture
def handled(desk):
    """A case of three days, in hand since an hour."""

    async def file():
        case = await desk.file()
        await desk.act(case, "sign", HANDLER)
        case = await desk.act(case, "contact", HANDLER, method="电话", content="在看")
        desk.at += timedelta(hours=1)
        return case

    return file


async def last_line(database, case):
    async with database.reading() as session:
        return (await read_history(session, case.id))[-1]


async def test_another_category_before_dispatch_gives_its_own_days(desk, town):
    case = await desk.file(tag=make_tag(decision="human"))
    await desk.act(case, "accept", category=OF_CLASS["C5"], **ACCEPT)
    case = await desk.act(case, "relabel", category=OF_CLASS["G3"])
    assert case.time_class == "G3"
    case = await desk.act(case, "dispatch", unit="lighting_office")
    assert case.due_at == handling_deadline(town, "G3", desk.at)


async def test_another_category_moves_the_date_from_dispatch_and_says_so(
    desk, database, town, handled
):
    case = await handled()
    before = case.due_at
    case = await desk.act(case, "relabel", category=OF_CLASS["C5"])
    assert case.time_class == "C5"
    assert case.due_at == handling_deadline(town, "C5", case.dispatched_at) > before
    line = await last_line(database, case)
    assert (line.data["previous_time_class"], line.data["time_class"]) == ("G3", "C5")
    assert line.data["previous_due_at"] == "2026-11-26T17:30+08:00"
    assert "11月30日 前答复" in (line.citizen_text or "")
    desk.at += timedelta(days=6)
    case = await desk.act(case, "relabel", category=OF_CLASS["G3"])
    assert case.due_at == before
    assert "前答复" not in (await last_line(database, case)).citizen_text, "the date is past"


async def test_questions_have_the_clock_of_questions(desk, town, handled):
    case = await handled()
    case = await desk.act(case, "relabel", category="zf.light", request_type="consult")
    assert (case.time_class, case.due_at) == (
        "Q1",
        handling_deadline(town, "Q1", case.dispatched_at),
    )


async def test_danger_found_later_has_its_minutes_from_the_beginning(desk, database, town):
    """Each step by its own beginning, not by the correction."""
    case = await desk.file(tag=make_tag(decision="human"))
    filed = desk.at
    desk.at += timedelta(minutes=5)
    case = await desk.act(case, "relabel", category="zf.light", urgency="critical")
    assert case.step_due_at == step_deadline(town, "accept", "critical", filed)
    assert (await last_line(database, case)).data["previous_step_due_at"]
    case = await desk.act(case, "relabel", category="zf.light", urgency="normal")
    assert case.step_due_at == step_deadline(town, "accept", "normal", filed)
    case = await desk.act(case, "accept", category="zf.light", **ACCEPT)
    await desk.act(case, "dispatch", unit="works_office")
    desk.at += timedelta(minutes=5)
    case = await desk.act(case, "reassign", unit="lighting_office", reason="按清单调整")
    sent = desk.at
    desk.at += timedelta(minutes=5)
    case = await desk.act(case, "relabel", category="zf.light", urgency="urgent")
    assert case.step_due_at == step_deadline(town, "sign", "urgent", sent)


async def test_a_date_that_was_granted_stays(desk, handled):
    case = await handled()
    ask = {"reason": "等灯具", "interim_reply": "灯具在途"}
    await desk.act(case, "extend", HEAD, new_due="2026-12-02", **ask)
    granted = (await desk.act(case, "approve_extension")).due_at
    case = await desk.act(case, "relabel", category=OF_CLASS["C5"])
    assert (case.time_class, case.due_at) == ("C5", granted)


async def test_a_date_asked_for_before_the_correction_shortens_nothing(desk, handled):
    case = await handled()
    ask = {"reason": "等灯具", "interim_reply": "灯具在途"}
    await desk.act(case, "extend", HEAD, new_due="2026-11-27", **ask)
    longer = (await desk.act(case, "relabel", category=OF_CLASS["C5"])).due_at
    assert (await desk.act(case, "approve_extension")).due_at == longer


async def test_what_a_pause_added_is_kept(desk, town, handled):
    case = await handled()
    await desk.act(case, "suspend", reason="停电", interim_reply="审批中", review_on="2026-11-27")
    desk.at += timedelta(days=1)
    await desk.act(case, "resume")
    case = await desk.act(case, "relabel", category=OF_CLASS["C5"])
    five = handling_deadline(town, "C5", case.dispatched_at)
    assert case.due_at == town.calendar.add_hours(five, 7)


async def test_a_citizens_correction_moves_no_promised_date(desk, database, town, handled):
    case = await handled()
    async with database.transaction() as session:
        mine = await find_own_case(session, case.number, desk.contact)
        mine = await confirm_tag(
            session, mine, OF_CLASS["C5"], actor=desk.citizen, town=town, now=desk.at
        )
    assert (mine.state, mine.category) == (State.IN_PROGRESS, OF_CLASS["C5"])
    assert (mine.time_class, mine.due_at) == (case.time_class, case.due_at)
