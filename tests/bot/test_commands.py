"""查询, 撤销, 人工 and what else is typed or said that is no matter of its own."""

from __future__ import annotations

import pytest

from bot.testing import Conversation, talk
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town
from tests.bot.desk import all_cases, newest_case

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"


async def test_undo_within_two_minutes(chat: Conversation) -> None:
    await chat.say(LIGHT)
    await chat.tap("撤销")
    assert (await newest_case(chat.database)).state == "withdrawn"
    assert "已撤销" in chat.last.text


@pytest.mark.parametrize("words", ["/cancel", "取消", "退出", "撤销"])
async def test_cancel_words_take_back_what_was_just_filed(chat: Conversation, words: str) -> None:
    await chat.say(LIGHT)
    await chat.say(words)
    assert (await newest_case(chat.database)).state == "withdrawn"


async def test_undo_after_two_minutes_is_refused_with_a_way_out(
    chat: Conversation, clock: FrozenClock
) -> None:
    await chat.say(LIGHT)
    clock.advance(minutes=3)
    await chat.say("/cancel")
    assert (await newest_case(chat.database)).state == "dispatched"
    assert "人工" in chat.last.text


async def test_critical_case_cannot_be_withdrawn(chat: Conversation) -> None:
    await chat.say("着火了，快来人")
    assert "撤销" not in chat.labels
    await chat.say("/cancel")
    assert (await newest_case(chat.database)).state == "submitted"
    assert "不能" in chat.last.text


async def test_status_by_number_however_it_is_typed(chat: Conversation) -> None:
    await chat.say(LIGHT)
    number = (await newest_case(chat.database)).number
    wide = number.replace("-", "").translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    for typed in (number, number.replace("-", " "), wide, f"/status {number}", f"查询 {number}"):
        await chat.say(typed)
        assert f"编号 {number}" in chat.last.text
        assert "路灯管理所" in chat.last.text


async def test_foreign_and_unknown_numbers_read_alike(
    chat: Conversation, sqlite_database: Database, town: Town
) -> None:
    await chat.say(LIGHT)
    foreign = (await newest_case(chat.database)).number
    async with talk(sqlite_database, town, chat_key="2") as other:
        await other.say(foreign)
        first = other.last.text
        await other.say("2611-2399-9990")
        assert other.last.text == first
    assert "路灯" not in first


async def test_cases_lists_the_latest(chat: Conversation, clock: FrozenClock) -> None:
    await chat.say("我的诉求")
    assert "还没有登记过" in chat.last.text
    for text in (LIGHT, "文化路口路灯也坏了，请来修一下"):
        await chat.say(text)
        clock.advance(minutes=5)
    await chat.say("/cases")
    assert chat.last.text.count("路灯") == 2


@pytest.mark.parametrize(
    "words",
    ["/start", "/help", "帮助", "/nonsense", "你好", "谢谢", "太感谢你们了", "隐私", "改类别"],
)
async def test_talk_files_nothing_and_is_answered(chat: Conversation, words: str) -> None:
    assert len(await chat.say(words)) == 1
    assert await all_cases(chat.database) == []


async def test_start_is_three_lines(chat: Conversation) -> None:
    await chat.say("/start")
    assert len(chat.last.text.splitlines()) <= 3


async def test_human_flags_the_case_and_names_the_hours(chat: Conversation) -> None:
    await chat.say(LIGHT)
    await chat.say("转人工")
    assert (await newest_case(chat.database)).wants_person
    assert "09:00" in chat.last.text


async def test_human_without_a_case_opens_one(chat: Conversation) -> None:
    await chat.say("人工")
    assert (await newest_case(chat.database)).wants_person
