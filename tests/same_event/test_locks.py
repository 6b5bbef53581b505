"""Several at one group of cases at once: everybody gets through, nobody is broken off.

Each test stops its transactions where they would have held what the other needs. SQLite lets one
in after the other, PostgreSQL all at once.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from bot import case_joins
from bot.deeds import Desk as BotDesk
from bot.deeds import run_action
from bot.dialogue import Facts, Outcome, conclude
from bot.dialogue.state import DialogueState
from bot.dialogue.turn import JoinCase, Turn
from bot.gathering import view_case
from bot.incoming import Incoming
from bot.texts import load_texts
from cases.history import verify_history
from cases.lifecycle import State
from cases.models import Case, CaseMerge, Contact
from cases.use_cases import act as engine
from cases.use_cases import merging
from cases.use_cases.act import act
from cases.use_cases.same_event import Similar
from tests.same_event.conftest import DISPATCHER, Desk

#: Long enough for the other one to reach the lock that it has to wait for.
LINGER = 0.4


async def both(*work: Any) -> list[Any]:
    """Neither waits for ever, and no error of the database comes out."""
    return list(await asyncio.wait_for(asyncio.gather(*work), 30))


async def press_join(desk: Desk, case: Case) -> tuple[Outcome, str]:
    """[一起跟进] under the receipt of ``case``: what came of it, and what its citizen hears."""
    at = Incoming(channel="test", chat_key="x", at=desk.at, tap="-")
    facts = Facts(town=desk.town, texts=load_texts("zh"), now=desk.at)
    async with desk.database.transaction() as session:
        contact = await session.get_one(Contact, case.contact_id)
        action = JoinCase(view_case(case))
        outcome = await run_action(
            BotDesk(session, contact, desk.town, desk.at, None), action, at, facts
        )
    told = conclude(Turn(DialogueState(), action=action), outcome, at, facts)
    return outcome, told.replies[-1].text


async def test_two_citizens_join_each_others_case_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is second hears that it is done, not that the other matter was closed."""
    a, b = await desk.file("c1"), await desk.file("c2")
    look = case_joins._same_event

    async def look_and_linger(*given: Any) -> Similar | None:
        await asyncio.sleep(LINGER)
        return await look(*given)

    monkeypatch.setattr(case_joins, "_same_event", look_and_linger)
    found = await both(press_join(desk, a), press_join(desk, b))
    assert [outcome.refused for outcome, _ in found] == [None, None]
    assert sum("编号" in text and "一起办理" in text for _, text in found) == 2
    async with desk.database.reading() as session:
        states = sorted(await session.scalars(select(Case.state)))
        assert states == [State.DISPATCHED, State.MERGED]
        assert len(list(await session.scalars(select(CaseMerge)))) == 1
        assert [broken async for broken in verify_history(session)] == []


async def test_what_changed_since_it_was_offered_is_not_joined(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case offered is merged into a third one between the look and the lock."""
    others = [await desk.file("c2"), await desk.file("c3")]
    mine = await desk.file("c1")
    hold = merging.hold_both

    async def hold_late(session: Any, number: str, offered: str) -> None:
        (third,) = (case.number for case in others if case.number != offered)
        merge = {"parent": third}
        await act(session, offered, "merge", merge, actor=DISPATCHER, town=desk.town, now=desk.at)
        await hold(session, number, offered)

    monkeypatch.setattr(case_joins, "hold_both", hold_late)
    outcome, text = await press_join(desk, mine)
    assert "刚刚有变动" in str(outcome.refused)
    assert "照常办理" in text
    assert (await desk.row(mine))["state"] != State.MERGED


async def test_splitting_off_while_the_two_are_merged_the_other_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older case is split off from the newer one, and the newer is merged into it."""
    older, newer = await desk.file(), await desk.file()
    await desk.act(older, "merge", parent=newer.number)
    held, hold = asyncio.Event(), merging.hold_parent

    async def hold_and_linger(session: Any, number: str) -> None:
        await hold(session, number)
        held.set()
        await asyncio.sleep(LINGER)

    async def merge_then() -> None:
        await held.wait()
        await desk.act(newer, "merge", parent=older.number)

    monkeypatch.setattr(merging, "hold_parent", hold_and_linger)
    await both(desk.act(older, "unmerge", reason="以另一件为准"), merge_then())
    assert (await desk.row(older))["state"] == State.DISPATCHED
    assert (await desk.row(newer))["parent_id"] == older.id


async def test_splitting_off_while_the_other_case_takes_a_step(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step tells the citizen of the merged case: its notice points at a row that the split
    holds already."""
    older, newer = await desk.file("c1"), await desk.file("c2")
    await desk.act(older, "merge", parent=newer.number)
    held, lock = asyncio.Event(), engine.lock_case

    async def lock_and_linger(session: Any, number: str) -> Case:
        case = await lock(session, number)
        if number == newer.number:
            held.set()
            await asyncio.sleep(LINGER)
        return case

    async def split_then() -> None:
        await held.wait()
        await desk.act(older, "unmerge", reason="说的是另一座桥")

    monkeypatch.setattr(engine, "lock_case", lock_and_linger)
    unit = next(code for code in sorted(desk.town.units) if code != "lighting_office")
    await both(desk.act(newer, "reassign", unit=unit, reason="不归我们"), split_then())
    assert desk.town.unit_name(unit) in "".join(await desk.told("c1"))
    assert (await desk.row(older))["parent_id"] is None
