"""What a citizen says when the work is done: one tap, points, or that it was not."""

from __future__ import annotations

from bot.testing import Conversation
from cases.models import Case
from cases.testing import FrozenClock
from cases.town import Town
from tests.bot.desk import newest_case, settle_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"


async def file_and_settle(chat: Conversation, town: Town, clock: FrozenClock) -> Case:
    """A case whose citizen has just been asked how it went."""
    await chat.say(LIGHT)
    case = await newest_case(chat.database)
    await settle_case(chat.database, town, case, clock())
    await chat.service.settle()
    return case


async def test_rating_with_one_tap(chat: Conversation, town: Town, clock: FrozenClock) -> None:
    await file_and_settle(chat, town, clock)
    assert "已办结" in chat.last.text
    assert "路灯已修好" in "".join(m.text for m in chat.replies)
    replies = await chat.tap("满意")
    assert [m.text for m in replies] == ["谢谢您的评价，已记录。"]
    rated = await newest_case(chat.database)
    assert (rated.state, rated.satisfaction) == ("evaluated", 5)


async def test_rating_can_be_typed_as_points(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    await file_and_settle(chat, town, clock)
    await chat.say("4")
    assert (await newest_case(chat.database)).satisfaction == 4


async def test_unhappy_reopens_once_and_takes_a_reason(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    case = await file_and_settle(chat, town, clock)
    assert len(await chat.tap("不满意")) == 1
    reopened = await newest_case(chat.database)
    assert (reopened.state, reopened.round, reopened.number) == ("reopened", 2, case.number)
    assert "哪里没办好" in chat.last.text
    await chat.say("还是不亮，只修了一盏")
    assert "已转给经办人" in chat.last.text
    await settle_case(chat.database, town, reopened, clock())
    await chat.service.settle()
    clock.advance(minutes=1)
    await chat.tap("不满意")
    assert (await newest_case(chat.database)).state == "evaluated"
    assert "回访" in chat.last.text


async def test_rating_of_an_earlier_round_is_stale(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    await file_and_settle(chat, town, clock)
    asked = next(m for m in reversed(chat.replies) if m.buttons)
    await chat.tap("不满意", asked)
    clock.advance(minutes=1)
    await chat.tap("满意", asked)
    assert "已经用过" in chat.last.text
    assert (await newest_case(chat.database)).state == "reopened"
