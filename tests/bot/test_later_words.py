"""Words that follow a case just filed: more about it, the same again, or another matter."""

from __future__ import annotations

from bot.testing import Conversation
from cases.testing import FrozenClock
from tests.bot.desk import all_cases, newest_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
NOISE = "楼下半夜噪声很大，睡不着，请管一管"


async def test_reply_to_a_receipt_supplements_that_case(
    chat: Conversation, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    receipt = "out-1"
    clock.advance(minutes=30)
    await chat.say("文化路口的路灯也都坏了，请一起修", reply_to=receipt)
    cases = await all_cases(chat.database)
    assert len(cases) == 1
    assert "文化路口" in cases[0].text


async def test_a_few_words_right_after_belong_to_the_case(chat: Conversation) -> None:
    await chat.say(LIGHT)
    await chat.say("已经三天了")
    cases = await all_cases(chat.database)
    assert len(cases) == 1
    assert "已经三天了" in cases[0].text


async def test_later_words_without_a_problem_are_asked_about(
    chat: Conversation, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    clock.advance(hours=2)
    await chat.say("到现在也没有人来看过")
    assert "是补充编号" in chat.last.text
    await chat.tap("是，补充进去")
    assert "没有人来看过" in (await newest_case(chat.database)).text


async def test_later_problem_is_a_case_of_its_own(chat: Conversation, clock: FrozenClock) -> None:
    await chat.say(LIGHT)
    clock.advance(hours=2)
    await chat.say(NOISE)
    assert len(await all_cases(chat.database)) == 2


async def test_same_words_within_a_minute_are_one_case(
    chat: Conversation, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    clock.advance(seconds=30)
    await chat.say(LIGHT)
    case = await newest_case(chat.database)
    assert len(await all_cases(chat.database)) == 1
    assert case.number in chat.last.text
    clock.advance(minutes=5)
    await chat.say(LIGHT)
    assert f"是补充编号 {case.number} 的吗" in chat.last.text
    await chat.tap("不是，另外一件")
    assert len(await all_cases(chat.database)) == 2
