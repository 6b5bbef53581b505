"""What comes back: items 14 to 17 and 25 to 27."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from cases.models import Contact
from cases.use_cases.act import act
from cases.use_cases.chats import list_chats
from cases.use_cases.timers import run_timers
from tests.bot.channel_suite.world import LIGHT, NOISE, World
from tests.bot.desk import DISPATCHER
from tests.bot.wires import Wire
from tests.fakes.telegram_server import refuse

pytestmark = pytest.mark.timeout(180)


async def test_14_news_of_one_burst_is_one_message(wire: Wire) -> None:
    await wire.say(NOISE)
    rules = wire.service.town().policy["notices"]
    rules["hold_seconds"] = 1
    number = (await wire.case()).number
    for action, data in (
        ("accept", {"category": "zf.light", "request_type": "help", "urgency": "normal"}),
        ("dispatch", {"unit": wire.town.responsibilities["zf.light"].lead_unit}),
    ):
        async with wire.database.transaction() as session:
            await act(
                session, number, action, data, actor=DISPATCHER, town=wire.town, now=wire.clock()
            )
    await asyncio.sleep(1.1)
    (news,) = await wire.hear()
    assert "已分派给" in news
    assert "已受理" not in news


async def test_14_night_delays_news_and_drops_none(wire: Wire) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(hours=13)  # 22:00
    assert await wire.close_case() == []
    (answer,) = await wire.say("我的诉求")
    assert "已办结" in answer, "an answer waits for no morning"
    wire.clock.advance(hours=11)  # 09:00
    (news,) = await wire.hear()
    assert "路灯已修好" in news
    assert "请点一下评价" in news


async def test_14_danger_is_told_at_night(wire: Wire) -> None:
    await wire.say("楼道里着火了，快来人")
    wire.clock.advance(hours=13)
    number = (await wire.case()).number
    async with wire.database.transaction() as session:
        data = {"category": "zz.fire", "request_type": "help", "urgency": "critical"}
        await act(
            session, number, "accept", data, actor=DISPATCHER, town=wire.town, now=wire.clock()
        )
    assert "已受理" in (await wire.hear())[0]


async def test_15_rated_with_one_tap_and_changed_within_a_week(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    buttons = wire.buttons()
    assert list(buttons) == ["满意", "基本满意", "一般", "不满意", "很不满意"]
    assert "谢谢您的评价" in (await wire.tap("满意"))[0]
    wire.clock.advance(days=3)
    assert "评价已更新" in (await wire.press(buttons["一般"], "一般"))[0]
    assert (await wire.case()).satisfaction == 3
    wire.clock.advance(days=5)
    (refused,) = await wire.press(buttons["满意"], "满意")
    assert "7 天内" in refused
    assert (await wire.case()).satisfaction == 3


async def test_15_one_reminder_never_two_and_silence_is_no_praise(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    reminded = []
    for _ in range(6):
        wire.clock.advance(days=1)
        await run_timers(wire.database, wire.town, wire.clock)
        reminded += await wire.hear()
    assert len(reminded) == 1
    assert "不再提醒" in reminded[0]
    assert (await wire.case()).satisfaction is None


async def test_16_unhappy_reopens_the_same_number_once_and_takes_a_reason(wire: Wire) -> None:
    await wire.say(LIGHT)
    number = (await wire.case()).number
    (news,) = await wire.close_case()
    assert "15个工作日内有效，限1次" in news
    (answer,) = await wire.tap("不满意")
    assert "已重新办理" in answer
    assert "哪里没办好" in answer
    assert "已转给经办人" in (await wire.say("只修好了一盏"))[0]
    case = await wire.case()
    assert (case.state, case.round, case.number) == ("reopened", 2, number)
    (news,) = await wire.close_case(case)
    assert "专人回访" in news
    wire.clock.advance(minutes=1)
    assert "回访" in (await wire.tap("不满意"))[0]
    assert (await wire.case()).state == "evaluated"


async def test_16_not_solved_reopens_from_the_status(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    await wire.say((await wire.case()).number)
    await wire.tap("没解决，重新办理")
    assert (await wire.case()).state == "reopened"


async def test_17_closing_tells_the_result_in_full(wire: Wire) -> None:
    await wire.say(LIGHT)
    (news,) = await wire.close_case()
    assert "路灯管理所" in news
    assert "路灯已修好。" in news
    assert "已办结" in news


async def test_25_long_answers_are_split_in_order(world: World) -> None:
    wire = world.wire
    await wire.say(LIGHT)
    lines = [f"第{n}行：已到现场查看，情况属实。" for n in range(400)]
    case = await wire.case()
    from tests.bot.desk import settle_case

    await settle_case(
        wire.database, wire.town, case, wire.clock(), text="\n".join(lines)
    )  # fmt: skip
    await wire.hear()
    assert world.server is not None
    parts = [sent["text"] for sent in world.server.sent[1:]]
    assert len(parts) > 1
    assert all(len(part) <= 4096 for part in parts)
    joined = "\n".join(parts)
    assert [line for line in joined.splitlines() if line.startswith("第")] == lines


async def test_26_blocked_bot_is_shown_to_staff_and_forgiven(world: World) -> None:
    wire = world.wire
    await wire.say(LIGHT)
    assert world.server is not None
    world.server.faults["sendMessage"] = [refuse(403, "Forbidden: bot was blocked by the user")]
    await wire.close_case()
    async with wire.database.reading() as session:
        (lost,) = (await list_chats(session)).lost or [None]
    if lost is None:
        # The case is closed already: nobody is owed a word, but the contact is marked.
        async with wire.database.reading() as session:
            assert not (await session.scalars(select(Contact))).one().reachable
    await wire.say("我的诉求")
    async with wire.database.reading() as session:
        assert (await session.scalars(select(Contact))).one().reachable


async def test_27_one_event_one_message(wire: Wire) -> None:
    for text in (LIGHT, "我的诉求", "/help", "谢谢", "/privacy"):
        assert len(await wire.say(text)) == 1
    assert len(await wire.close_case()) == 1


async def test_27_typing_is_shown_while_an_answer_is_prepared(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.check_typing()


async def test_27_typing_that_cannot_be_shown_is_no_error(world: World) -> None:
    wire = world.wire
    await wire.say(LIGHT)
    assert world.server is not None and world.service.telegram is not None
    world.server.faults["sendChatAction"] = [refuse(403, "Forbidden: bot was blocked by the user")]
    await world.service.telegram.show_typing(await wire.chat_key())
    await world.service.telegram.show_typing("no number")
    assert len(await wire.say("我的诉求")) == 1
