"""What people say around their matter is not taken for a matter."""

from __future__ import annotations

import pytest

from bot.testing import Conversation
from bot.words import means, read_command
from cases.town import Town
from tests.bot.desk import all_cases, newest_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"


@pytest.mark.parametrize(
    "said",
    [
        "我想反映个事", "有个事想跟你们说", "想问一下", "你好我要投诉", "有个问题想咨询",
        "我想举报", "我要实名举报", "跟你说个事", "请问一下", "有件事不知道该不该说",
    ],
)  # fmt: skip
async def test_whoever_begins_is_asked_to_go_on(chat: Conversation, said: str) -> None:
    (answer,) = await chat.say(said)
    assert answer.text.startswith("您请说")
    await chat.say(LIGHT)
    (case,) = await all_cases(chat.database)
    assert case.text == LIGHT


@pytest.mark.parametrize(
    "said",
    [
        "好的知道了", "知道了谢谢", "嗯嗯", "好的，麻烦你们了", "行吧", "收到，辛苦了", "好好好",
        "那好吧", "没事没事", "好的好的谢谢您了", "我知道了", "嗯对", "不好意思打错了", "没事了",
    ],
)  # fmt: skip
async def test_thanks_are_thanks(chat: Conversation, said: str) -> None:
    await chat.say(LIGHT)
    (answer,) = await chat.say(said)
    assert answer.text.startswith("不客气")
    assert (await newest_case(chat.database)).text == LIGHT


@pytest.mark.parametrize(
    "said", ["算了不用管了", "算了吧", "我不投诉了", "当我没说", "那就不用管了", "我想撤销刚才那个"]
)
async def test_whoever_gives_up_is_heard(chat: Conversation, said: str) -> None:
    await chat.say(LIGHT)
    await chat.say(said)
    assert (await newest_case(chat.database)).state == "withdrawn"


@pytest.mark.parametrize("said", ["电话多少", "你们电话是多少", "有没有电话", "怎么联系你们"])
async def test_whoever_would_rather_call_is_told_where(
    chat: Conversation, town: Town, said: str
) -> None:
    hotline = town.policy["hotline"]
    (answer,) = await chat.say(said)
    assert hotline in answer.text
    assert await all_cases(chat.database) == []


@pytest.mark.parametrize("said", ["我要找真人", "转个人工", "帮我找客服"])
def test_whoever_wants_a_person_need_not_know_the_word(said: str) -> None:
    command = read_command(said)
    assert command is not None and command.name == "human"


@pytest.mark.parametrize("said", ["请问在吗", "人呢", "怎么不说话", "有人在吗", "你好，在吗"])
async def test_greetings_are_greeted(chat: Conversation, said: str) -> None:
    (answer,) = await chat.say(said)
    assert answer.text.startswith("您好")


@pytest.mark.parametrize(
    "said",
    [
        "我想反映路灯不亮", "有个事，楼下太吵", "我要投诉物业", "谢谢，还有一件事", "不用管道也行",
        "好的路灯又坏了", "电话诈骗", "电话打不通", "算了一下物业费多收了", "不要噪声",
        "可以管管吗", "我想问一下居住证", "知道是谁偷的", "撤销物业公司资质",
    ],
)  # fmt: skip
def test_matters_are_not_swallowed(said: str) -> None:
    assert read_command(said) is None
    assert not any(means(said, what) for what in ("opener", "thanks", "greeting", "phone"))


def test_long_texts_are_told_apart_at_once() -> None:
    """A pattern that tries every way of cutting would not end on this."""
    for piece in ("好的", "谢谢你们", "算了", "你好请问"):
        assert not means(piece * 400 + "灯", "thanks")
        assert not means(piece * 400 + "灯", "opener")
        assert read_command(piece * 400 + "灯") is None
