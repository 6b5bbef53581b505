"""One message about several matters: as many cases, one receipt."""

from __future__ import annotations

import pytest

from bot.dialogue.several import said_of_all
from bot.testing import Conversation
from cases.testing import FrozenClock
from cases.town import Town
from tests.bot.desk import all_cases, attachments_of

LIST = "1、朝晖路桥头路灯不亮\n2、社保这个月没有到账\n3、楼下半夜噪声很大"
TOLD = "我反映两个事，第一小区路灯坏了好几天，第二社保交了没有到账"


async def test_a_list_is_as_many_cases(chat: Conversation) -> None:
    (answer,) = await chat.say(LIST)
    cases = await all_cases(chat.database)
    assert [case.category for case in cases] == ["zf.light", "bm.social_ins", "zf.noise"]
    assert [case.state for case in cases] == ["dispatched", "dispatched", "submitted"]
    assert [case.text for case in cases] == [
        "朝晖路桥头路灯不亮",
        "社保这个月没有到账",
        "楼下半夜噪声很大",
    ]
    assert "3 件事" in answer.text
    for case in cases:
        assert f"编号 {case.number}，查询码 {case.tracking_code}" in answer.text


async def test_the_first_without_a_place_is_asked_for_it(chat: Conversation) -> None:
    (answer,) = await chat.say(TOLD)
    first, second = await all_cases(chat.database)
    assert f"编号 {first.number} 的事在什么地方" in answer.text
    await chat.say("荷塘小区3幢")
    first, second = await all_cases(chat.database)
    assert (first.place_text, second.place_text) == ("荷塘小区3幢", None)


async def test_one_place_after_the_other_is_asked_for(chat: Conversation) -> None:
    (answer,) = await chat.say("1、小区路灯坏了不亮\n2、楼下半夜噪声很大\n3、社保没有到账")
    lamp, noise, _ = await all_cases(chat.database)
    assert f"编号 {lamp.number} 的事在什么地方" in answer.text
    (answer,) = await chat.say("荷塘小区3幢")
    assert "地点记下了：荷塘小区3幢" in answer.text
    assert f"编号 {noise.number} 的事在什么地方" in answer.text
    (answer,) = await chat.say("文化路12号")
    assert "什么地方" not in answer.text
    places = [case.place_text for case in await all_cases(chat.database)]
    assert places == ["荷塘小区3幢", "文化路12号", None]


async def test_one_place_is_said_for_all(chat: Conversation) -> None:
    (answer,) = await chat.say("1、小区路灯坏了不亮\n2、楼下半夜噪声很大\n3、社保没有到账")
    assert "都在" in answer.text
    (answer,) = await chat.say("两个都在荷塘小区3幢")
    lamp, noise, pension = await all_cases(chat.database)
    assert "荷塘小区3幢" in answer.text
    assert lamp.number in answer.text
    assert noise.number in answer.text
    assert "什么地方" not in answer.text
    assert [case.place_text for case in (lamp, noise, pension)] == ["荷塘小区3幢"] * 2 + [None]


async def test_all_of_the_matter_is_no_place(chat: Conversation) -> None:
    await chat.say("小区里的垃圾没人清")
    await chat.say("都是垃圾")
    (case,) = await all_cases(chat.database)
    assert case.place_text is None
    assert "都是垃圾" in case.text


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("都在桂花弄", "桂花弄"),
        ("这几件事都是在菜场门口", "菜场门口"),
        ("同一个地方，桂花弄", None),
        ("都是一个地方，桂花弄", "桂花弄"),
        ("all at West Gate", "at West Gate"),
        ("两个路灯中间", None),
        ("都说了是在桂花弄", None),
        ("都在", None),
        ("都是垃圾", None),
        ("都在打牌", None),
    ],
)
def test_words_for_all(words: str, place: str | None) -> None:
    assert said_of_all(words, None) == place


async def test_the_place_of_one_is_not_that_of_another(chat: Conversation) -> None:
    await chat.say(LIST)
    assert [case.place_text for case in await all_cases(chat.database)] == [
        "朝晖路桥头",
        None,
        None,
    ]


async def test_the_same_message_again_files_nothing(chat: Conversation, clock: FrozenClock) -> None:
    await chat.say(LIST)
    clock.advance(seconds=20)
    (answer,) = await chat.say(LIST)
    assert len(await all_cases(chat.database)) == 3
    assert "已经登记过" in answer.text


async def test_danger_among_them_is_said_first(chat: Conversation) -> None:
    (answer,) = await chat.say("我反映两个事，第一楼道里着火了，第二小区路灯坏了好几天")
    assert answer.text.startswith("如有危险请先拨打110")
    assert [case.urgency for case in await all_cases(chat.database)] == ["critical", "normal"]


async def test_one_matter_in_many_words_stays_one(chat: Conversation) -> None:
    await chat.say("路灯不亮，另外也没有人来修过，还有我打过电话也没有人接")
    assert len(await all_cases(chat.database)) == 1


async def test_an_answer_to_a_question_is_not_cut(chat: Conversation) -> None:
    await chat.say("就是那个事情")
    await chat.say(LIST)
    (case,) = await all_cases(chat.database)
    assert "社保" in case.text
    assert "路灯" in case.text


async def test_who_files_too_many_is_told_where_to_call(chat: Conversation, town: Town) -> None:
    most = int(town.policy["citizen"]["cases_per_hour"])
    for number in range((most - 1) // 3):
        await chat.say(LIST.replace("不亮", f"{number}盏不亮"))
        await chat.say("跳过")
    filed = len(await all_cases(chat.database))
    (answer,) = await chat.say(LIST)
    assert town.policy["hotline"] in answer.text
    assert len(await all_cases(chat.database)) == filed


async def test_photos_keep_a_message_whole(chat: Conversation) -> None:
    await chat.say(LIST, files=[{"kind": "photo", "path": "aa/a.jpg", "mime": "image/jpeg"}])
    (case,) = await all_cases(chat.database)
    assert len(await attachments_of(chat.database, case)) == 1
