"""One story told in several messages is one case, in the right place, with the right unit."""

from __future__ import annotations

import pytest

from bot.dialogue.place_words import could_be_place
from bot.testing import Conversation
from cases.testing import FrozenClock, KeywordClassifier
from cases.town import Town
from cases.use_cases.act import act
from tests.bot.desk import DISPATCHER, all_cases, newest_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"


async def ask_and_file_vaguely(chat: Conversation) -> None:
    await chat.say("就是那个事情")
    await chat.say("你们应该晓得的")


async def test_what_a_vague_case_is_about_comes_later(chat: Conversation) -> None:
    await ask_and_file_vaguely(chat)
    case = await newest_case(chat.database)
    assert (case.category, case.state) == ("na.unclear", "submitted")
    (answer,) = await chat.say("路灯坏了好几天了没有人修")
    (case,) = await all_cases(chat.database)
    assert (case.category, case.state) == ("zf.light", "dispatched")
    assert case.text.startswith("就是那个事情\n你们应该晓得的")
    assert "路灯坏了好几天了" in case.text
    assert case.summary == "路灯坏了好几天了没有人修"
    assert case.number in answer.text
    assert "已派给" in answer.text
    assert "请问在什么地方" in answer.text
    await chat.say("荷塘小区3幢")
    assert (await newest_case(chat.database)).place_text == "荷塘小区3幢"


async def test_the_pin_that_comes_with_the_rest_is_kept(chat: Conversation) -> None:
    await ask_and_file_vaguely(chat)
    pin = {"latitude": 30.27, "longitude": 120.15, "title": "荷塘小区东门"}
    await chat.say("路灯坏了好几天了没有人修", location=pin)
    (case,) = await all_cases(chat.database)
    assert (case.latitude, case.longitude, case.place_text) == (30.27, 120.15, "荷塘小区东门")
    assert case.category == "zf.light"


async def test_the_next_matter_is_its_own_case_again(chat: Conversation) -> None:
    await ask_and_file_vaguely(chat)
    await chat.say("路灯坏了好几天了没有人修")
    await chat.say("跳过")
    await chat.say("楼下半夜噪声很大，睡不着，请管一管")
    assert [case.category for case in await all_cases(chat.database)] == ["zf.light", "zf.noise"]


async def test_after_a_while_it_is_another_story(chat: Conversation, clock: FrozenClock) -> None:
    await ask_and_file_vaguely(chat)
    clock.advance(minutes=11)
    await chat.say(LIGHT)
    cases = await all_cases(chat.database)
    assert [case.category for case in cases] == ["na.unclear", "zf.light"]
    assert cases[1].text == LIGHT


async def test_after_a_withdrawal_it_is_another_story(chat: Conversation) -> None:
    await ask_and_file_vaguely(chat)
    await chat.tap("撤销")
    await chat.say(LIGHT)
    first, second = await all_cases(chat.database)
    assert (first.state, second.text) == ("withdrawn", LIGHT)


async def test_staff_who_took_it_up_are_not_overruled(chat: Conversation, town: Town) -> None:
    await ask_and_file_vaguely(chat)
    case = await newest_case(chat.database)
    label = {"category": "zf.light", "request_type": "help", "urgency": "normal"}
    async with chat.database.transaction() as session:
        now = chat.clock()
        await act(session, case.number, "accept", label, actor=DISPATCHER, town=town, now=now)
    await chat.say("社保交了没有到账，请查一查")
    first, *_ = await all_cases(chat.database)
    assert first.category == "zf.light"


async def test_a_cry_for_help_is_one_case_with_its_place(chat: Conversation) -> None:
    (first,) = await chat.say("救命")
    assert "110" in first.text
    assert "请问在什么地方" in first.text
    (second,) = await chat.say("厨房着火了")
    assert "110" in second.text
    assert "请问在什么地方" in second.text
    (third,) = await chat.say("荷塘小区3幢301")
    assert "地点记下了：荷塘小区3幢301" in third.text
    (case,) = await all_cases(chat.database)
    assert (case.urgency, case.category, case.place_text) == (
        "critical",
        "zz.fire",
        "荷塘小区3幢301",
    )


async def test_news_of_an_emergency_is_no_second_one(chat: Conversation) -> None:
    await chat.say("荷塘小区3幢厨房着火了，快来人")
    (answer,) = await chat.say("着火的人家没人在家")
    assert "已补充" in answer.text
    (case,) = await all_cases(chat.database)
    assert "没人在家" in case.text


async def test_an_emergency_elsewhere_is_one_of_its_own(chat: Conversation) -> None:
    await chat.say("荷塘小区3幢厨房着火了，快来人")
    await chat.say("文化路12号也着火了")
    assert len(await all_cases(chat.database)) == 2


async def test_an_emergency_after_a_lamp_is_one_of_its_own(chat: Conversation) -> None:
    await chat.say(LIGHT)
    await chat.say("着火了")
    assert len(await all_cases(chat.database)) == 2


async def test_the_place_and_what_was_said_with_it_are_both_kept(chat: Conversation) -> None:
    await chat.say("路灯坏了好几天了没有人修")
    (answer,) = await chat.say("呃就是呃路灯不亮了在那个呃朝晖路桥头")
    assert "地点记下了：朝晖路桥头" in answer.text
    (case,) = await all_cases(chat.database)
    assert "路灯不亮了" in case.text
    assert case.place_text == "朝晖路桥头"


async def test_the_urgency_never_falls(chat: Conversation) -> None:
    await chat.say("救命")
    await chat.say("路灯")
    (case,) = await all_cases(chat.database)
    assert (case.urgency, case.state) == ("critical", "submitted")


async def test_an_advertisement_is_no_rest_of_a_story(
    chat: Conversation, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask_and_file_vaguely(chat)
    clock.advance(minutes=5)
    invalid = {"platform": "na", "category": "na.invalid", "decision": "human"}
    monkeypatch.setattr(KeywordClassifier, "table", (("加微信", invalid),))
    (answer,) = await chat.say("低价办证加微信")
    assert "没有登记" in answer.text
    assert "微信" not in (await newest_case(chat.database)).text


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("在荷塘小区3幢", "荷塘小区3幢"),
        ("在哪？就是荷塘小区3幢", "荷塘小区3幢"),
        ("朝晖路桥头那边", "朝晖路桥头那边"),
        ("万达", "万达"),
        ("王家村的", "王家村"),
        ("3幢501", "3幢501"),
        ("就在我们小区门口", "我们小区门口"),
    ],
)
async def test_a_place_is_kept_without_the_words_around_it(
    chat: Conversation, said: str, place: str
) -> None:
    await chat.say("路灯坏了好几天了没有人修")
    await chat.say(said)
    assert (await newest_case(chat.database)).place_text == place


async def test_words_about_the_matter_are_no_place(chat: Conversation) -> None:
    await chat.say("路灯坏了好几天了没有人修")
    (answer,) = await chat.say("每天进进出出好多人")
    assert "已补充" in answer.text
    (answer,) = await chat.say("荷塘小区3幢")
    assert "地点记下了：荷塘小区3幢" in answer.text
    (case,) = await all_cases(chat.database)
    assert "进进出出" in case.text


async def test_a_place_alone_is_no_problem_of_its_own(chat: Conversation) -> None:
    (answer,) = await chat.say("荷塘小区3幢")
    assert "请再说一句" in answer.text
    await chat.say("路灯坏了")
    (case,) = await all_cases(chat.database)
    assert (case.category, case.place_text) == ("zf.light", "荷塘小区3幢")


async def test_another_place_is_asked_about(chat: Conversation) -> None:
    await chat.say(LIGHT)
    (answer,) = await chat.say("荷塘小区3幢")
    assert "补充" in answer.text
    await chat.tap("不是，另外一件")
    assert (await all_cases(chat.database))[0].place_text == "朝晖路桥头"


async def test_a_place_without_a_known_name_may_come_late(chat: Conversation) -> None:
    await chat.say("路灯坏了")
    for words in ("没人修", "好几天了"):
        (answer,) = await chat.say(words)
        assert "已补充" in answer.text
    (answer,) = await chat.say("小区东门")
    assert "地点记下了：小区东门" in answer.text


async def test_a_name_joins_what_was_said_of_the_place(chat: Conversation) -> None:
    await chat.say("路灯坏了好几天了没有人修")
    await chat.say("是我们村口那个")
    await chat.say("就是王家村")
    (case,) = await all_cases(chat.database)
    assert case.place_text == "王家村，我们村口那个"


async def test_an_unsure_remark_is_no_second_case(chat: Conversation) -> None:
    await chat.say(LIGHT)
    (answer,) = await chat.say("噪得很")
    assert "已补充" in answer.text
    await chat.say("还有，楼下太噪")
    assert len(await all_cases(chat.database)) == 2


async def test_a_sure_remark_is_asked_about(chat: Conversation) -> None:
    await chat.say(LIGHT)
    (answer,) = await chat.say("社保没到账")
    assert "补充" in answer.text
    assert len(await all_cases(chat.database)) == 1
    await chat.tap("不是，另外一件")
    assert len(await all_cases(chat.database)) == 2


async def test_whoever_goes_on_instead_of_tapping_goes_on_with_the_story(
    chat: Conversation,
) -> None:
    await chat.say("路灯坏了")
    await chat.say("跳过")
    (answer,) = await chat.say("社保没到账")
    assert "补充" in answer.text
    (answer,) = await chat.say("荷塘小区3幢")
    (case,) = await all_cases(chat.database)
    assert case.place_text == "荷塘小区3幢"
    assert case.text == "路灯坏了\n补充：社保没到账"


@pytest.mark.parametrize("said", ["说错了是文化路", "不对，在文化路"])
async def test_a_place_is_corrected(chat: Conversation, said: str) -> None:
    await chat.say(LIGHT)
    (answer,) = await chat.say(said)
    assert "地点记下了：文化路" in answer.text
    assert (await newest_case(chat.database)).place_text == "文化路"


@pytest.mark.parametrize("said", ["路灯的事怎么样了", "有结果了吗", "处理得怎么样了", "有进展吗"])
async def test_how_far_it_is_is_no_new_matter(
    chat: Conversation, clock: FrozenClock, said: str
) -> None:
    await chat.say(LIGHT)
    case = await newest_case(chat.database)
    clock.advance(hours=3)
    (answer,) = await chat.say(said)
    assert case.number in answer.text
    assert "已分派" in answer.text
    assert len(await all_cases(chat.database)) == 1


async def test_progress_is_told_of_the_case_that_was_named(
    chat: Conversation, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    clock.advance(hours=1)
    await chat.say("楼下半夜噪声很大，睡不着，请管一管")
    clock.advance(hours=1)
    (answer,) = await chat.say("上次反映的路灯的事怎么样了")
    assert (await all_cases(chat.database))[0].number in answer.text


@pytest.mark.parametrize(
    "said",
    ["就在我们小区门口", "村口", "菜场旁边", "万达", "翠苑那边", "我家楼下", "第三小学"],
)
def test_could_be_a_place(said: str) -> None:
    assert could_be_place(said)


@pytest.mark.parametrize(
    "said",
    [
        "没人收",
        "周末也装",
        "天天早上四五点叫",
        "哪个学校",
        "嗯对",
        "不是虫子是头发",
        "我上周报的",
        "太吵了睡不着",
        "每天进进出出好多人",
        "好几天了",
    ],
)
def test_could_not_be_a_place(said: str) -> None:
    assert not could_be_place(said)


@pytest.mark.parametrize("said", ["荷塘小区3幢", "小区东门", "在荷塘小区3幢那边"])
async def test_what_staff_asked_for_is_no_story_of_its_own(
    chat: Conversation, town: Town, clock: FrozenClock, said: str
) -> None:
    await chat.say("楼下半夜噪声很大，睡不着，请管一管")
    await chat.say("跳过")
    case = await newest_case(chat.database)
    clock.advance(hours=3)
    asked = {"missing": "请问在哪个小区？"}
    async with chat.database.transaction() as session:
        now = chat.clock()
        await act(session, case.number, "request_info", asked, actor=DISPATCHER, town=town, now=now)
    await chat.say(said)
    (case,) = await all_cases(chat.database)
    assert said in case.text
    assert case.state == "submitted"
