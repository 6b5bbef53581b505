"""Already reported by others: offered once, joined by one tap, and never without one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from cases.actors import Actor
from cases.lifecycle import State
from cases.models import Case
from cases.testing import make_draft
from cases.use_cases.file_case import file_case
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
