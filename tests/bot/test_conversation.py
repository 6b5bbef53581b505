"""Whole conversations over the real engine, use cases and outbox: what the citizen meets."""

from __future__ import annotations

from typing import Any

import pytest

from bot.incoming import FileKind
from bot.testing import Conversation, MemoryChannel, talk
from cases.classification import Tag
from cases.storage.database import Database
from cases.testing import FrozenClock, KeywordClassifier, make_tag
from cases.town import Town
from tests.bot.desk import all_cases, newest_case, outbox_rows

LIGHT = "朝晖路桥头三盏路灯不亮，晚上漆黑一片"
NOISE = "楼下半夜噪声很大，睡不着，请管一管"
PHOTO: dict[str, Any] = {"kind": FileKind.PHOTO.value, "path": "aa/a.jpg", "mime": "image/jpeg"}


async def test_first_message_without_start_files_a_case(chat: Conversation) -> None:
    replies = await chat.say(LIGHT)
    case = await newest_case(chat.database)
    assert len(replies) == 1
    assert case.number in replies[0].text
    assert case.tracking_code in replies[0].text
    assert "路灯管理所" in replies[0].text
    assert case.text == LIGHT
    assert chat.labels == ["类别不对", "撤销"]


async def test_receipt_names_the_day_it_is_due(chat: Conversation) -> None:
    await chat.say(LIGHT)
    assert "11月26日前" in chat.last.text


async def test_slow_tagging_does_not_delay_the_receipt(
    sqlite_database: Database, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(KeywordClassifier):
        async def classify(self, text: str) -> Tag:
            import asyncio

            await asyncio.sleep(30)
            return await super().classify(text)

    monkeypatch.setattr("bot.engine.TAG_WITHIN", 0.05)
    async with talk(sqlite_database, town, classifier=Slow()) as chat:
        await chat.say(LIGHT)
        assert "已登记" in chat.last.text
        assert "工作人员会看" in chat.last.text


async def test_broken_classifier_still_files(sqlite_database: Database, town: Town) -> None:
    class Broken(KeywordClassifier):
        async def classify(self, text: str) -> Tag:
            raise RuntimeError("no model")

    async with talk(sqlite_database, town, classifier=Broken()) as chat:
        await chat.say(LIGHT)
        assert "已登记" in chat.last.text


async def test_confirming_the_category_dispatches(chat: Conversation) -> None:
    await chat.say(NOISE)
    assert "我理解为“噪声扰民”，对吗" in chat.last.text
    await chat.tap("对")
    case = await newest_case(chat.database)
    assert case.state == "dispatched"
    assert "已派给" in chat.last.text
    assert case.tagged_by == "citizen"


async def test_correcting_the_category_offers_the_next_guesses(chat: Conversation) -> None:
    await chat.say(NOISE)
    await chat.tap("改类别")
    assert chat.labels[-1] == "其他"
    assert 2 <= len(chat.labels) <= 4
    await chat.tap(chat.labels[0])
    assert (await newest_case(chat.database)).category == "zf.construction"


async def test_other_leaves_the_category_to_a_person(chat: Conversation) -> None:
    await chat.say(NOISE)
    await chat.tap("改类别")
    await chat.tap("其他")
    assert (await newest_case(chat.database)).wants_person
    assert "由工作人员判断类别" in chat.last.text


async def test_place_is_asked_in_the_receipt_and_taken_from_the_next_words(
    chat: Conversation,
) -> None:
    replies = await chat.say(NOISE)
    assert len(replies) == 1
    assert "请问在什么地方" in replies[0].text
    await chat.say("荷塘小区3幢")
    assert (await newest_case(chat.database)).place_text == "荷塘小区3幢"
    assert len(await all_cases(chat.database)) == 1


async def test_place_may_be_a_pin(chat: Conversation) -> None:
    await chat.say(NOISE)
    await chat.send({"location": {"latitude": 30.1, "longitude": 120.2}})
    case = await newest_case(chat.database)
    assert (case.latitude, case.longitude) == (30.1, 120.2)


@pytest.mark.parametrize("how", ["button", "跳过", "不知道"])
async def test_place_may_be_skipped(chat: Conversation, how: str) -> None:
    await chat.say(NOISE)
    await (chat.tap("跳过") if how == "button" else chat.say(how))
    assert "照常办理" in chat.last.text
    assert len(await all_cases(chat.database)) == 1


async def test_place_is_not_asked_when_the_words_name_one(chat: Conversation) -> None:
    await chat.say("朝晖路12号楼下噪声很大，天天到半夜")
    assert "请问在什么地方" not in chat.last.text


async def test_another_problem_instead_of_the_place_is_another_case(chat: Conversation) -> None:
    await chat.say(NOISE)
    await chat.say("还有就是路灯全都不亮了")
    assert len(await all_cases(chat.database)) == 2


async def test_danger_names_the_emergency_numbers_first(chat: Conversation) -> None:
    await chat.say("着火了，快来人")
    assert chat.last.text.startswith("如有危险请先拨打110/119/120")
    assert (await newest_case(chat.database)).urgency == "critical"


async def test_unclear_words_are_asked_about_once_and_then_filed(chat: Conversation) -> None:
    await chat.say("你们到底管不管")
    assert "什么事、在哪里、什么时候" in chat.last.text
    assert await all_cases(chat.database) == []
    await chat.say("就是那个事情嘛")
    case = await newest_case(chat.database)
    assert case.text == "你们到底管不管\n就是那个事情嘛"
    assert "工作人员会看" in chat.last.text


async def test_unanswered_question_files_what_was_said(
    chat: Conversation, clock: FrozenClock
) -> None:
    await chat.say("你们到底管不管")
    for _ in range(3):
        clock.advance(minutes=20)
        await chat.service.remind()
        await chat.service.settle()
    case = await newest_case(chat.database)
    assert case.text == "你们到底管不管"
    assert len(await all_cases(chat.database)) == 1
    assert chat.last.text.startswith("您没有再回复")
    assert case.number in chat.last.text


async def test_answered_question_is_not_reminded_of(chat: Conversation, clock: FrozenClock) -> None:
    await chat.say("你们到底管不管")
    await chat.say(LIGHT)
    clock.advance(hours=1)
    await chat.service.remind()
    await chat.service.settle()
    assert len(chat.replies) == 2


async def test_invalid_words_are_filed_on_request_only(
    sqlite_database: Database, town: Town
) -> None:
    class Advert(KeywordClassifier):
        async def classify(self, text: str) -> Tag:
            return make_tag(platform="na", category="na.invalid", confidence=0.97, decision="human")

    async with talk(sqlite_database, town, classifier=Advert()) as chat:
        await chat.say("低价办证加微信")
        assert await all_cases(sqlite_database) == []
        await chat.tap("这是诉求，请登记")
        assert (await newest_case(sqlite_database)).text == "低价办证加微信"


async def test_resent_update_is_answered_once(chat: Conversation) -> None:
    assert len(await chat.send({"text": LIGHT}, external_id="7")) == 1
    assert await chat.send({"text": LIGHT}, external_id="7") == []
    assert await chat.send({"text": LIGHT, "message_key": "7"}, external_id="8") == []
    assert len(await all_cases(chat.database)) == 1


async def test_edited_message_amends_its_case(chat: Conversation) -> None:
    await chat.send({"text": LIGHT}, external_id="m1")
    await chat.send({"text": f"{LIGHT}，已经五天", "edited": True, "message_key": "m1"})
    case = await newest_case(chat.database)
    assert case.text == f"{LIGHT}，已经五天"
    assert len(await all_cases(chat.database)) == 1


async def test_conversation_survives_a_restart(
    sqlite_database: Database, town: Town, clock: FrozenClock
) -> None:
    async with talk(sqlite_database, town, clock=clock) as before:
        await before.say(NOISE)
    async with talk(sqlite_database, town, clock=clock) as after:
        await after.say("荷塘小区3幢")
        assert "地点记下了" in after.last.text


async def test_blocked_bot_is_noted_and_forgiven(chat: Conversation) -> None:
    from sqlalchemy import select

    from cases.models import Contact

    await chat.say(LIGHT)
    assert await chat.send({"standing": "blocked"}) == []
    async with chat.database.reading() as session:
        assert not (await session.scalars(select(Contact))).one().reachable
    await chat.say("我的诉求")
    async with chat.database.reading() as session:
        assert (await session.scalars(select(Contact))).one().reachable


async def test_group_says_nothing_about_cases(chat: Conversation) -> None:
    await chat.send({"text": "/report 路灯坏了", "in_group": True})
    assert "私聊" in chat.last.text
    assert await all_cases(chat.database) == []


async def test_english_speaker_is_answered_in_english(chat: Conversation) -> None:
    await chat.say("/start", language="en")
    assert chat.last.text.startswith("Hello")
    await chat.say("The lamps are out", language="en")
    assert "filed" in chat.last.text or "sentence" in chat.last.text


async def test_chinese_words_are_answered_in_chinese(chat: Conversation) -> None:
    await chat.say("/start", language="en")
    await chat.say(LIGHT, language="zh")
    assert "已登记" in chat.last.text


async def test_staff_question_is_answered_by_the_next_words(
    chat: Conversation, town: Town, clock: FrozenClock
) -> None:
    from cases.use_cases.act import act
    from tests.bot.desk import DISPATCHER

    await chat.say(NOISE)
    case = await newest_case(chat.database)
    async with chat.database.transaction() as session:
        await act(
            session,
            case.number,
            "request_info",
            {"missing": "具体是哪一幢"},
            actor=DISPATCHER,
            town=town,
            now=clock(),
        )
    await chat.service.settle()
    clock.advance(hours=1)
    await chat.say("三幢二单元楼下的棋牌室")
    answered = await newest_case(chat.database)
    assert answered.state == "submitted"
    assert "棋牌室" in answered.text


@pytest.mark.parametrize(
    "text", ["🙂🙂🙂", "?", "a" * 4000, "[" * 4000, "\u202e路灯", "1" * 500, "'; drop table cases"]
)
async def test_odd_text_gets_one_calm_answer(chat: Conversation, text: str) -> None:
    assert len(await chat.say(text)) == 1


async def test_nothing_is_left_unsent(chat: Conversation) -> None:
    await chat.say(LIGHT)
    assert {row.state for row in await outbox_rows(chat.database)} == {"sent"}
    assert isinstance(chat.channel, MemoryChannel)
