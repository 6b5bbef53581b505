"""Cases in a chat: items 9 to 13."""

from __future__ import annotations

import pytest

from cases.testing import KeywordClassifier
from tests.bot.channel_suite.world import LIGHT, NOISE, OTHER_LIGHT
from tests.bot.desk import all_cases
from tests.bot.wires import TelegramWire, Wire

pytestmark = pytest.mark.timeout(180)

INVALID = {
    "platform": "na",
    "category": "na.invalid",
    "confidence": 0.97,
    "decision": "human",
    "alternatives": (),
}


async def test_09_answer_to_a_receipt_belongs_to_its_case(phone: TelegramWire) -> None:
    await phone.say(LIGHT)
    receipt = phone.message(text="…")
    receipt["message_id"] = int(phone.rows[-1].external_id or 0)
    phone.clock.advance(minutes=30)
    await phone.say("北边那盏也不亮", reply_to_message=receipt)
    (case,) = await all_cases(phone.database)
    assert "北边那盏" in case.text


async def test_09_same_matter_again_is_asked_about_with_two_buttons(wire: Wire) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(hours=2)
    (question,) = await wire.say("路灯到现在也没有人来修过")
    assert "是补充编号" in question
    assert len(wire.labels) == 2
    await wire.tap("是，补充进去")
    (case,) = await all_cases(wire.database)
    assert "没有人来修过" in case.text


async def test_09_several_live_cases_in_one_chat(wire: Wire) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(minutes=5)
    await wire.say(OTHER_LIGHT)
    wire.clock.advance(minutes=5)
    await wire.say(NOISE)
    cases = await all_cases(wire.database)
    assert len({case.number for case in cases}) == 3
    (listing,) = await wire.say("我的诉求")
    assert all(case.number in listing for case in cases)


async def test_09_after_closing_a_new_matter_gets_a_new_number(wire: Wire) -> None:
    await wire.say(LIGHT)
    await wire.close_case()
    wire.clock.advance(hours=1)
    await wire.say("朝晖路桥头的路灯又灭了两盏，麻烦再来看看")
    numbers = {case.number for case in await all_cases(wire.database)}
    assert len(numbers) == 2


async def test_10_status_by_command_or_bare_number_for_the_owner_only(wire: Wire) -> None:
    await wire.say(LIGHT)
    number = (await wire.case()).number
    for typed in (number, f"/status {number}"):
        assert "路灯管理所" in (await wire.say(typed))[0]
    stranger = await wire.another()
    (nothing,) = await stranger.say(number)
    assert "没有查到" in nothing
    assert "路灯" not in nothing


async def test_10_older_cases_are_a_page_further(wire: Wire) -> None:
    for house in range(1, 8):
        await wire.say(f"朝晖路{house * 10}号门口的路灯坏了，请来修一下")
        wire.clock.advance(minutes=3)
    (first,) = await wire.say("/cases")
    (second,) = await wire.tap("更早的")
    cases = await all_cases(wire.database)
    assert cases[-1].number in first
    assert cases[0].number in second
    assert cases[0].number not in first


@pytest.mark.parametrize("how", ["button", "撤销", "/cancel"])
async def test_11_taken_back_within_two_minutes(wire: Wire, how: str) -> None:
    await wire.say(LIGHT)
    await (wire.tap("撤销") if how == "button" else wire.say(how))
    assert (await wire.case()).state == "withdrawn"


async def test_11_not_taken_back_later_but_shown_the_way(wire: Wire) -> None:
    await wire.say(LIGHT)
    wire.clock.advance(minutes=3)
    (answer,) = await wire.tap("撤销")
    assert "人工" in answer
    assert (await wire.case()).state == "dispatched"


async def test_11_unknown_command_gets_help_and_unknown_words_are_no_error(wire: Wire) -> None:
    assert "直接说问题就能登记" in (await wire.say("/nonsense"))[0]
    assert "什么事" in (await wire.say("那个东西怎么回事啊"))[0]


async def test_12_conversation_survives_a_restart(wire: Wire) -> None:
    await wire.say(NOISE)
    await wire.restart()
    (answer,) = await wire.say("荷塘小区3幢")
    assert "地点记下了" in answer


async def test_12_stale_button_says_how_things_stand(wire: Wire) -> None:
    await wire.say(NOISE)
    data = wire.buttons()["对"]
    await wire.press(data, "对")
    wire.clock.advance(minutes=1)
    (answer,) = await wire.press(data, "对")
    assert "已经用过" in answer
    assert "已分派" in answer


async def test_12_unanswered_words_are_filed_and_doubtful_ones_let_go_politely(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wire.say("你们到底管不管")
    wire.clock.advance(minutes=31)
    await wire.service.remind()
    (answer,) = await wire.hear()
    assert answer.startswith("您没有再回复")
    assert len(await all_cases(wire.database)) == 1
    wire.clock.advance(minutes=5)
    monkeypatch.setattr(KeywordClassifier, "table", (("办证", INVALID),))
    await wire.say("低价办证加微信")
    wire.clock.advance(hours=25)
    await wire.service.remind()
    (answer,) = await wire.hear()
    assert "没有登记" in answer
    assert len(await all_cases(wire.database)) == 1


async def test_13_double_tap_acts_once(wire: Wire) -> None:
    await wire.say(NOISE)
    data = wire.buttons()["对"]
    assert len(await wire.press(data, "对")) == 1
    assert await wire.press(data, "对") == []


async def test_13_same_words_within_a_minute_are_one_case(wire: Wire) -> None:
    await wire.say(LIGHT)
    (answer,) = await wire.say(LIGHT)
    assert "刚才已经登记过" in answer
    assert len(await all_cases(wire.database)) == 1


async def test_13_resent_update_is_not_answered_twice(phone: TelegramWire) -> None:
    await phone.say(LIGHT)
    original = phone.message_id
    again = phone.message(text=LIGHT)
    again["message_id"] = original
    assert await phone.send({"message": again}) == []
    assert len(await all_cases(phone.database)) == 1
