"""跟进这件: one more person, or the same one again; who is told, counted and forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from cases.errors import CaseNotFound, InvalidData, PermissionDenied, RuleBroken
from cases.history import read_history
from cases.lifecycle import State
from cases.models import Case, CaseReporter, Contact
from cases.use_cases.act import lock_case
from cases.use_cases.privacy import forget_contact
from cases.use_cases.reporters import count_reporters, list_reporters, record_word
from tests.same_event.conftest import AGENT, HANDLER, Desk


async def reporters(desk: Desk, case: Case) -> list[tuple[str, str | None]]:
    async with desk.database.reading() as session:
        found = await session.get(Case, case.id)
        assert found is not None
        return [(r.kind, r.name) for r in await list_reporters(session, found)]


async def test_one_more_person_becomes_a_reporter(desk: Desk) -> None:
    case = await desk.file(channel="phone", caller_name="王女士", caller_phone="13800001111")
    followed = await desk.follow(case, caller_name="李先生", caller_phone="13800002222")
    assert (followed.kind, followed.reporters) == ("follower", 2)
    assert await reporters(desk, case) == [("first", "王女士"), ("follower", "李先生")]
    async with desk.database.reading() as session:
        assert (await count_reporters(session, [case.id]))[case.id] == 2
        last = (await read_history(session, case.id))[-1]
    assert (last.action, last.data["reporters"]) == ("follow", 2)
    assert "13800002222" not in str(last.data)


async def test_the_same_person_again_urges(desk: Desk) -> None:
    """However the number is written; nobody is counted twice, the unit is reminded."""
    case = await desk.file(channel="phone", caller_phone="13800001111")
    desk.at += timedelta(hours=2)
    followed = await desk.follow(case, caller_phone="138-0000-1111", text="路灯还是没人修")
    assert (followed.kind, followed.reporters) == ("urge", 1)
    row = await desk.row(case)
    assert row["urged_at"] == desk.at
    assert "repeat" in row["flags"]
    assert await reporters(desk, case) == [("first", None)]


async def test_the_same_report_twice_is_one(desk: Desk) -> None:
    case = await desk.file()
    source = {"source_system": "desk", "source_id": "7-abc", "caller_phone": "13800002222"}
    first, again = await desk.follow(case, **source), await desk.follow(case, **source)
    assert (first.kind, again.kind) == ("follower", "known")
    assert len(await reporters(desk, case)) == 2


async def test_an_urge_keeps_nobody_else_out(desk: Desk) -> None:
    """Sent twice it is one urge; whoever else calls in that minute becomes a reporter."""
    case = await desk.file(channel="phone", caller_phone="13800001111")

    async def call(order: str, phone: str) -> str:
        followed = await desk.follow(
            case, source_system="12345", source_id=order, caller_phone=phone
        )
        return followed.kind

    calls = (("A", "13800001111"), ("B", "13800002222"), ("A", "13800001111"), ("C", "13800001111"))
    kinds = [await call(order, phone) for order, phone in calls]
    assert kinds == ["urge", "follower", "known", "urge"]
    async with desk.database.reading() as session:
        lines = [line.action for line in await read_history(session, case.id)]
    assert (lines.count("urge"), lines.count("follow")) == (2, 1)
    await desk.settle(case)
    closed = [await call("D", "13800001111") for _ in range(2)]
    assert closed == ["urge", "known"]


async def test_five_reporters_are_a_group(desk: Desk) -> None:
    case = await desk.file()
    for number in range(4):
        await desk.follow(case, caller_phone=f"1380000333{number}")
    assert "group" in (await desk.row(case))["flags"]


async def test_a_merged_case_is_followed_where_it_is_answered(desk: Desk) -> None:
    parent, child = await desk.file(), await desk.file()
    await desk.act(child, "merge", parent=parent.number)
    followed = await desk.follow(child, caller_phone="13800002222")
    assert followed.case.id == parent.id


async def test_a_follower_goes_along_with_the_case_they_asked_for(desk: Desk) -> None:
    """Merged, everybody is heard where it is answered; split again, each keeps its own."""
    parent = await desk.file(channel="phone", caller_phone="13800001111")
    child = await desk.file(channel="phone", caller_phone="13800002222")
    await desk.act(child, "merge", parent=parent.number)
    followed = await desk.follow(child, caller_name="李先生", caller_phone="13800003333")
    assert (followed.kind, followed.reporters) == ("follower", 3)
    assert (await desk.follow(parent, caller_phone="13800003333")).kind == "urge"
    assert ("merged", "李先生") in await reporters(desk, parent)
    await desk.act(child, "unmerge", reason="不是同一盏灯")
    assert await reporters(desk, parent) == [("first", None)]
    assert await reporters(desk, child) == [("first", None), ("follower", "李先生")]


async def test_one_call_may_follow_several_cases(desk: Desk) -> None:
    """What it says of one case in two places is one report; a press more changes nothing."""
    lamps, other, joined = await desk.file(), await desk.file(), await desk.file()
    await desk.act(joined, "merge", parent=lamps.number)
    call = [
        (lamps.number, "路灯不亮"),
        (other.number, "井盖松了"),
        (joined.number, "晚上看不清"),
    ]
    for _ in range(2):
        cases = await desk.follow_call(call, caller_phone="13800002222")
        assert [case.id for case in cases] == [lamps.id, other.id]
    async with desk.database.reading() as session:
        rows = list(await session.scalars(select(CaseReporter).order_by(CaseReporter.id)))
        lines = [line.action for line in await read_history(session, lamps.id)]
    assert [(row.case_id, row.words) for row in rows] == [
        (lamps.id, "路灯不亮\n晚上看不清"),
        (other.id, "井盖松了"),
    ]
    assert (lines.count("follow"), lines.count("urge")) == (1, 0)


async def test_two_calls_follow_the_same_cases_crosswise(desk: Desk) -> None:
    """Neither is broken off; the second waits for the first."""
    cases = [await desk.file() for _ in range(6)]
    there = [(case.number, "也说这件") for case in cases]
    await asyncio.gather(
        desk.follow_call(there, "call-1", caller_phone="13800002222"),
        desk.follow_call(there[::-1], "call-2", caller_phone="13800003333"),
    )
    for case in cases:
        assert len(await reporters(desk, case)) == 3


async def test_split_and_followed_at_the_same_moment(desk: Desk) -> None:
    parent = await desk.file()
    children = [await desk.file() for _ in range(4)]
    for child in children:
        await desk.act(child, "merge", parent=parent.number)
    await asyncio.gather(
        *(desk.act(child, "unmerge", reason="不是同一盏灯") for child in children),
        *(desk.follow(c, caller_phone=f"1380000222{n}") for n, c in enumerate(children)),
    )
    for case in (parent, *children):
        kinds = [kind for kind, _ in await reporters(desk, case)]
        assert kinds == ["first"] + ["follower"] * (case is not parent)


async def test_nothing_is_followed_if_one_of_a_call_cannot_be(desk: Desk) -> None:
    case, ended = await desk.file(), await desk.file()
    await desk.act(ended, "withdraw", AGENT)
    for number, trouble in ((ended.number, RuleBroken), ("HZ-none", CaseNotFound)):
        with pytest.raises(trouble):
            await desk.follow_call([(case.number, "路灯"), (number, "路灯")])
    assert len(await reporters(desk, case)) == 1


async def test_what_has_ended_is_not_followed(desk: Desk) -> None:
    case = await desk.file()
    await desk.act(case, "withdraw", AGENT)
    with pytest.raises(RuleBroken, match="另立"):
        await desk.follow(case, caller_phone="13800002222")


async def test_empty_words_and_wrong_roles_are_refused(desk: Desk) -> None:
    case = await desk.file()
    with pytest.raises(InvalidData):
        await desk.follow(case, text="  ")
    with pytest.raises(PermissionDenied):
        await desk.follow(case, actor=HANDLER)


async def test_followers_hear_by_chat_and_by_text_message(desk: Desk) -> None:
    """Never the first reporter's tracking code, never the matter in a text message."""
    case = await desk.file("c1")
    await desk.follow(case, "c2")
    await desk.follow(case, caller_phone="13800002222")
    await desk.follow(case, caller_phone="0571-5550199")
    await desk.settle(case)
    chat = "\n".join(await desk.told("c2"))
    text = "\n".join(await desk.told("13800002222"))
    assert "已换好三盏灯" in chat
    assert case.number in text
    assert "已办结" in text
    assert "三盏灯" not in text
    assert case.tracking_code not in chat + text
    assert all(len(part) <= 70 for part in text.split("\n"))


async def test_a_followers_no_is_kept_and_closes_nothing(desk: Desk) -> None:
    case = await desk.file("c1")
    await desk.follow(case, caller_phone="13800002222")
    await desk.settle(case)
    async with desk.database.transaction() as session:
        held = await lock_case(session, case.number)
        row = await session.scalar(select(CaseReporter))
        assert row is not None
        await record_word(session, held, row.id, "no", "我门口那盏还黑着", actor=AGENT, now=desk.at)
    row_now = await desk.row(case)
    assert (row_now["state"], row_now["satisfaction"]) == (State.CLOSED, None)
    assert row_now["wants_person"]
    async with desk.database.reading() as session:
        [_, follower] = await list_reporters(session, held)
    assert (follower.solved, follower.solved_words) == ("no", "我门口那盏还黑着")


async def test_a_word_for_somebody_elses_follower_is_refused(desk: Desk) -> None:
    case, other = await desk.file(), await desk.file()
    await desk.follow(case, caller_phone="13800002222")
    async with desk.database.transaction() as session:
        row = await session.scalar(select(CaseReporter))
        held = await lock_case(session, other.number)
        assert row is not None
        with pytest.raises(CaseNotFound):
            await record_word(session, held, row.id, "no", "", actor=AGENT, now=desk.at)


async def test_whoever_wants_to_be_forgotten_is(desk: Desk) -> None:
    """The report stays, the person goes."""
    case = await desk.file("c1")
    await desk.follow(case, "c2", caller_name="李先生")
    async with desk.database.transaction() as session:
        contact = await session.scalar(select(Contact).where(Contact.chat_key == "c2"))
        assert contact is not None
        await forget_contact(session, contact, desk.at)
    async with desk.database.reading() as session:
        row = await session.scalar(select(CaseReporter))
    assert row is not None
    assert (row.contact_id, row.name, row.phone, row.anonymous) == (None, None, None, True)
    assert row.words
