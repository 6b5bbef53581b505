"""Already reported by others: offered once, joined by one tap, and never without one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from cases import callbacks
from cases.actors import Actor
from cases.history import read_history
from cases.lifecycle import State
from cases.models import Case
from cases.testing import make_draft
from cases.use_cases.act import act
from cases.use_cases.file_case import file_case
from cases.use_cases.reporters import SAID
from tests.bot.channel_suite.world import LIGHT
from tests.bot.wires import Wire

pytestmark = pytest.mark.timeout(180)


async def file_by_another(wire: Wire, text: str = LIGHT) -> Case:
    """The same lamp, reported by somebody else."""
    async with wire.database.transaction() as session:
        draft = make_draft(text=text)
        return await file_case(session, draft, actor=Actor.bot(), town=wire.town, now=wire.clock())


async def case_of_chat(wire: Wire) -> Case:
    async with wire.database.reading() as session:
        case = await session.scalar(select(Case).where(Case.contact_id.is_not(None)))
    assert case is not None
    return case


async def test_what_others_reported_is_joined_by_a_tap(wire: Wire) -> None:
    first = await file_by_another(wire)
    (receipt,) = await wire.say(LIGHT)
    assert "已有 1 人反映同一件事" in receipt
    assert first.number not in receipt
    assert (await case_of_chat(wire)).state == State.DISPATCHED
    (answer,) = await wire.tap("一起跟进")
    mine = await case_of_chat(wire)
    assert mine.number in answer
    assert (mine.state, mine.parent_id) == (State.MERGED, first.id)
    (status,) = await wire.say("我的诉求")
    assert "已分派" in status


async def test_nothing_is_offered_for_another_place(wire: Wire) -> None:
    await file_by_another(wire, "柳浦路口三盏路灯不亮，晚上漆黑一片")
    (receipt,) = await wire.say(LIGHT)
    assert "人反映同一件事" not in receipt
    assert "一起跟进" not in wire.labels


async def row_of(wire: Wire, case: Case) -> Case:
    async with wire.database.reading() as session:
        return await session.get_one(Case, case.id)


async def lines_of(wire: Wire, case: Case) -> list[tuple[str, dict[str, Any]]]:
    async with wire.database.reading() as session:
        return [(line.action, line.data) for line in await read_history(session, case.id)]


async def join(wire: Wire) -> tuple[Case, Case]:
    """Somebody's lamp, and this citizen's report of it, joined."""
    first = await file_by_another(wire)
    await wire.say(LIGHT)
    await wire.tap("一起跟进")
    return first, await case_of_chat(wire)


async def test_who_joined_says_by_a_tap_whether_it_is_settled(wire: Wire) -> None:
    first, mine = await join(wire)
    news = await wire.close_case(first)
    assert mine.number in news[-1]
    assert first.number not in "".join(news)
    assert wire.labels == ["解决了", "部分解决", "没有解决"]
    card, data = wire.card("没有解决"), wire.buttons()["没有解决"]
    (answer,) = await wire.tap("没有解决")
    assert mine.number in answer
    assert first.number not in answer
    assert "联系您" in answer
    await wire.check_card(card, "✓ 您选了：没有解决", [])
    # The rating stays the first reporter's; the desk sees who wants a call, and why.
    there = await row_of(wire, first)
    assert (there.state, there.satisfaction, there.wants_person) == (State.CLOSED, None, True)
    action, said = (await lines_of(wire, first))[-1]
    assert (action, said["solved"]) == (SAID, "no")
    assert mine.number in said["text"]
    # A round later the old button says nothing any more.
    async with wire.database.transaction() as session:
        actor = Actor.tracker(first.number)
        now = wire.clock()
        data_of = {"reason": "还是不亮"}
        await act(session, first.number, "reopen", data_of, actor=actor, town=wire.town, now=now)
    await wire.hear()
    before = len(await lines_of(wire, first))
    wire.clock.advance(minutes=1)
    (stale,) = await wire.press(data, "没有解决")
    assert first.number not in stale
    assert len(await lines_of(wire, first)) == before


async def test_what_who_joined_adds_reaches_whoever_handles_it(wire: Wire) -> None:
    first, mine = await join(wire)
    (answer,) = await wire.say("补充一下，是桥东头那三盏")
    assert mine.number in answer
    action, said = (await lines_of(wire, first))[-1]
    assert action == "supplement"
    assert mine.number in said["text"]
    assert "桥东头" in said["text"]


async def test_a_button_about_somebody_elses_case_tells_nothing(wire: Wire) -> None:
    first = await file_by_another(wire)
    await wire.say("您好")
    await wire.close_case(first)
    (answer,) = await wire.press(callbacks.encode("word", first.id, first.round, "no"), "没有解决")
    assert first.number not in answer
    assert "已办结" not in answer
    assert not (await row_of(wire, first)).wants_person
