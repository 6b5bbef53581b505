"""并案 and 拆分: joined, told of the answers, and split off as if nothing had been."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.errors import CaseError, PermissionDenied, RuleBroken
from cases.history import read_history, verify_history
from cases.lifecycle import State
from cases.models import Case
from cases.testing import make_tag
from cases.use_cases.merging import answering_case
from cases.use_cases.timeline import citizen_timeline
from tests.same_event.conftest import AGENT, Desk

ELSEWHERE = "望湖新村12幢单元门口的垃圾桶三天没人清，臭得不行"
#: What the engine writes with every step, and no undo takes back.
COUNTED = {"version", "updated_at"}


def kept(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in COUNTED}


async def lines(desk: Desk, case: Case) -> list[tuple[str, dict[str, Any]]]:
    async with desk.database.reading() as session:
        return [(e.action, e.data) for e in await read_history(session, case.id)]


@pytest.mark.parametrize("decision", ["suggest", "auto"])
async def test_an_undo_puts_the_row_back_as_it_was(desk: Desk, decision: str) -> None:
    """State, deadlines and units, also of a case that a unit has already; hours later."""
    parent = await desk.file("c1")
    child = await desk.file("c2", tag=make_tag(decision=decision))
    before = await desk.row(child)
    await desk.act(child, "merge", parent=parent.number)
    merged = await desk.row(child)
    assert (merged["state"], merged["parent_id"]) == (State.MERGED, parent.id)
    assert merged["number"] == before["number"]
    assert merged["step_due_at"] is None
    desk.at += timedelta(hours=30)
    await desk.act(child, "unmerge", reason="说的是另一座桥")
    assert kept(await desk.row(child)) == kept(before)


async def test_both_histories_say_so_and_the_chain_holds(desk: Desk) -> None:
    parent, child = await desk.file(), await desk.file()
    await desk.act(child, "merge", parent=parent.number)
    await desk.act(child, "unmerge", reason="不是同一处")
    assert ("joined", {"child": child.number}) in await lines(desk, parent)
    assert ("split_off", {"child": child.number}) in await lines(desk, parent)
    assert ("merge", {"parent": parent.number}) in await lines(desk, child)
    async with desk.database.reading() as session:
        last = (await read_history(session, child.id))[-1]
        assert (last.from_state, last.to_state) == (State.MERGED, State.DISPATCHED)
        assert [broken async for broken in verify_history(session)] == []


async def test_everybody_hears_of_the_answers_under_their_own_number(desk: Desk) -> None:
    parent, child = await desk.file("c1"), await desk.file("c2")
    await desk.follow(child, "c3")
    await desk.act(child, "merge", parent=parent.number)
    await desk.settle(parent)
    first, merged, follower = ["\n".join(await desk.told(chat)) for chat in ("c1", "c2", "c3")]
    for words in (first, merged, follower):
        assert "已换好三盏灯" in words
        assert "已办结" in words
    assert parent.number in first
    assert child.number in merged
    assert child.number in follower
    assert "请点一下评价" in first
    assert "请点一下评价" not in merged + follower


async def test_the_citizen_of_the_merged_case_sees_the_others_state(desk: Desk) -> None:
    parent, child = await desk.file(), await desk.file()
    await desk.act(child, "merge", parent=parent.number)
    desk.at += timedelta(minutes=1)
    await desk.settle(parent)
    async with desk.database.reading() as session:
        mine = await session.get(Case, child.id)
        assert mine is not None
        assert (await answering_case(session, mine)).state == State.CLOSED
        steps = [step.action for step in await citizen_timeline(session, mine, desk.town)]
    assert steps[-2:] == ["reply", "close"]


async def test_what_is_surely_another_event_is_not_merged(desk: Desk) -> None:
    parent = await desk.file()
    child = await desk.file(
        text=ELSEWHERE, tag=make_tag(category="zf.garbage", category_name="垃圾与环境卫生")
    )
    with pytest.raises(RuleBroken, match=parent.number):
        await desk.act(child, "merge", parent=parent.number)
    assert (await desk.row(child))["state"] != State.MERGED


async def test_likeness_is_not_passed_on_along_a_chain(desk: Desk) -> None:
    """The lamp before number 12 and the lamp before number 58 both look like "the lamps of
    朝晖路", and are still two events."""
    whole = await desk.file(text="朝晖路路灯不亮，晚上漆黑一片")
    first = await desk.file(text="朝晖路12号门前路灯不亮，晚上漆黑一片")
    other = await desk.file(text="朝晖路58号门前路灯不亮，晚上漆黑一片")
    await desk.act(first, "merge", parent=whole.number)
    with pytest.raises(RuleBroken, match=first.number):
        await desk.act(other, "merge", parent=whole.number)
    await desk.act(first, "unmerge", reason="只是其中一盏")
    await desk.act(other, "merge", parent=whole.number)


async def test_groups_have_one_level(desk: Desk) -> None:
    a, b, c = await desk.file(), await desk.file(), await desk.file()
    await desk.act(b, "merge", parent=a.number)
    with pytest.raises(RuleBroken, match="名下"):
        await desk.act(a, "merge", parent=c.number)
    with pytest.raises(RuleBroken, match="已并入"):
        await desk.act(c, "merge", parent=b.number)


async def test_only_dispatch_merges_and_the_bot_only_when_it_is_sure(desk: Desk) -> None:
    parent, child = await desk.file(), await desk.file()
    with pytest.raises(PermissionDenied):
        await desk.act(child, "merge", AGENT, parent=parent.number)
    vague = await desk.file(text="我家旁边的路灯不亮了，麻烦修一下，晚上看不见")
    with pytest.raises(RuleBroken, match="人工"):
        await desk.act(vague, "merge", Actor.bot(), parent=parent.number)
    await desk.act(child, "merge", Actor.bot(), parent=parent.number)
    await desk.act(vague, "merge", parent=parent.number)


async def test_a_case_that_others_reported_is_not_withdrawn(desk: Desk) -> None:
    parent = await desk.file("c1")
    await desk.follow(parent, "c2")
    with pytest.raises(RuleBroken, match="1 位"):
        await desk.act(parent, "withdraw", Actor.citizen(parent.contact_id))


async def test_two_people_merge_crosswise_at_once(desk: Desk) -> None:
    """One of them is first; the other is told so, and neither waits for ever."""
    a, b = await desk.file(), await desk.file()

    async def one(child: Case, parent: Case) -> str:
        try:
            await desk.act(child, "merge", parent=parent.number)
        except CaseError:
            return "refused"
        return "merged"

    found = await asyncio.wait_for(asyncio.gather(one(a, b), one(b, a)), 20)
    assert sorted(found) == ["merged", "refused"]
    async with desk.database.reading() as session:
        states = sorted(await session.scalars(select(Case.state)))
        assert states == [State.DISPATCHED, State.MERGED]
        assert [broken async for broken in verify_history(session)] == []
