"""People, privacy and abuse: items 18 to 24, 28 and 29."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from cases.actors import Actor
from cases.models import Contact, Dialogue, OutboxMessage, Place
from cases.testing import KeywordClassifier
from cases.use_cases.chats import answer_chat, hand_back, list_chats, set_blocked, take_chat
from tests.bot.channel_suite.world import LIGHT, NOISE, World
from tests.bot.desk import all_cases
from tests.bot.wires import BrowserWire, TelegramWire, Wire

pytestmark = pytest.mark.timeout(180)


async def test_18_person_takes_over_and_hands_back(wire: Wire) -> None:
    await wire.say(LIGHT)
    (answer,) = await wire.say("转人工")
    assert "09:00" in answer
    async with wire.database.transaction() as session:
        (row,) = (await list_chats(session)).waiting
        await take_chat(session, row.contact.id, person="坐席小陈", now=wire.clock())
    assert "坐席小陈" in (await wire.hear())[0]
    assert await wire.say("到底哪天来修") == []
    async with wire.database.transaction() as session:
        await answer_chat(
            session, row.contact.id, "明天下午。", person="坐席小陈", now=wire.clock()
        )
    assert await wire.hear() == ["坐席小陈：明天下午。"]
    async with wire.database.transaction() as session:
        await hand_back(session, row.contact.id, person="坐席小陈", now=wire.clock())
    assert "我接着为您服务" in (await wire.hear())[0]
    assert len(await wire.say("我的诉求")) == 1


async def test_19_language_is_chosen_and_kept(wire: Wire) -> None:
    await wire.say("/lang")
    assert wire.labels == ["中文", "English"]
    assert "English from now on" in (await wire.tap("English"))[0]
    (receipt,) = await wire.say(LIGHT)
    assert receipt.startswith("Filed under number")
    assert "用中文" in (await wire.say("/lang zh"))[0]


@pytest.mark.parametrize("typed", ["1", "１", "①", "对"])
async def test_19_buttons_can_be_typed(wire: Wire, typed: str) -> None:
    await wire.say(NOISE)
    await wire.say(typed)
    assert (await wire.case()).state == "dispatched"


async def test_20_privacy_is_told_at_first_contact(wire: Wire) -> None:
    assert "发“隐私”" in (await wire.say(LIGHT))[0]
    assert "只用来办理和回复" in (await wire.say("/privacy"))[0]


async def test_20_news_stop_and_come_back(wire: Wire) -> None:
    await wire.say(LIGHT)
    assert "不再主动通知" in (await wire.say("/stop"))[0]
    assert await wire.close_case() == []
    assert (await wire.case()).state == "closed", "the case goes on"
    assert "通知已恢复" in (await wire.say("/start"))[0]


async def test_20_my_data_is_told_and_deleted(wire: Wire) -> None:
    await wire.say(LIGHT)
    number = (await wire.case()).number
    key = await wire.chat_key()
    assert number in (await wire.say("/mydata"))[0]
    (question,) = await wire.say("/delete_my_data")
    assert "留作办理记录" in question
    kept = await wire.tap("不删")
    assert "什么都没有删" in kept[0]
    await wire.say("/delete_my_data")
    await wire.tap("删除")
    case = await wire.case()
    assert (case.contact_id, case.anonymous) == (None, True)
    async with wire.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Dialogue)) == 0
        for row in await session.scalars(select(OutboxMessage)):
            assert row.chat_key != key
            assert LIGHT not in str(row.payload)
        contact = (await session.scalars(select(Contact).order_by(Contact.id))).first()
        assert contact is not None
        assert (contact.display_name, contact.user_key) == (None, None)
        assert contact.chat_key != key


@pytest.mark.parametrize("broken", [False, True], ids=["tagged", "machine silent"])
async def test_21_danger_names_the_numbers_first_and_is_critical(
    wire: Wire, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if broken:
        monkeypatch.setattr(KeywordClassifier, "classify", _broken)
    (receipt,) = await wire.say("快来人，三楼着火了，有人在里面")
    assert receipt.startswith("如有危险请先拨打110/119/120")
    assert (await wire.case()).urgency == "critical"


async def test_22_flood_is_warned_once_then_ignored(wire: Wire) -> None:
    said = [await wire.say("谢谢") for _ in range(32)]
    answers = [text for texts in said for text in texts]
    if isinstance(wire, BrowserWire):
        assert any("太快" in text for text in answers)
        return
    assert len([text for text in answers if "太快" in text]) == 1
    assert [] in said
    (reply,) = await wire.say("救命，有人落水")
    assert "110" in reply


async def test_22_too_many_cases_in_an_hour(wire: Wire) -> None:
    for house in range(10):
        await wire.say(f"朝晖路{house * 10 + 1}号门口的路灯坏了，请来修一下")
        wire.clock.advance(minutes=3)
    (answer,) = await wire.say("朝晖路200号门口的路灯坏了，请来修一下")
    assert "热线" in answer
    assert len(await all_cases(wire.database)) == 10


async def test_22_blocked_chat_is_answered_in_danger_only(wire: Wire) -> None:
    await wire.say(LIGHT)
    async with wire.database.transaction() as session:
        contact = (await session.scalars(select(Contact))).one()
        await set_blocked(session, contact.id, True)
    assert await wire.say("垃圾广告") == []
    assert "110" in (await wire.say("救命"))[0]


@pytest.mark.parametrize(
    "message",
    [
        {"text": "/report@huying_bot 路灯坏了"},
        {"text": "@huying_bot 路灯坏了"},
        {"text": "路灯坏了", "reply_to_message": {"message_id": 5, "from": {
            "id": 7, "is_bot": True, "username": "huying_bot"}}},
    ],
    ids=["command", "mention", "reply"],
)  # fmt: skip
async def test_23_group_is_answered_when_addressed_and_sent_to_private(
    world: World, message: dict[str, Any]
) -> None:
    wire = world.wire
    assert isinstance(wire, TelegramWire)
    wire.chat = -100123
    group = {"id": wire.chat, "type": "supergroup", "title": "小区群"}
    assert await wire.say("今天天气不错", chat=group, kept=False) == []
    (answer,) = await wire.say(**message, chat=group)
    assert "私聊" in answer
    assert "https://t.me/huying_bot?start=report" in answer
    assert await all_cases(wire.database) == []


async def test_23_group_that_became_a_supergroup_keeps_its_line(world: World) -> None:
    wire = world.wire
    assert isinstance(wire, TelegramWire)
    wire.chat = -500
    group = {"id": -500, "type": "group"}
    await wire.say("/report@huying_bot 路灯坏了", chat=group)
    await wire.say(migrate_to_chat_id=-100500, chat=group)
    async with wire.database.reading() as session:
        keys = set(await session.scalars(select(Contact.chat_key)))
    assert "-100500" in keys


async def test_24_code_on_the_wall_fills_in_the_place(wire: Wire) -> None:
    async with wire.database.reading() as session:
        place = (await session.scalars(select(Place).order_by(Place.name))).first()
    assert place is not None
    if isinstance(wire, BrowserWire):
        assert place.name in await wire.page(f"/chat?start=loc_{place.token}")
        await wire.say("垃圾桶旁边的路灯不亮了", start=f"loc_{place.token}")
    else:
        assert place.name in (await wire.start(f"loc_{place.token}"))[0]
        await wire.say("垃圾桶旁边的路灯不亮了")
    assert (await wire.case()).place_text == place.name


async def test_24_case_link_is_unguessable_and_shows_the_case_elsewhere(wire: Wire) -> None:
    await wire.say(LIGHT)
    case = await wire.case()
    (answer,) = await wire.say("/link")
    payload = f"case_{(await wire.case()).link_token}"
    assert payload in answer
    assert len(payload) <= 64
    assert case.number.replace("-", "") not in payload
    stranger = await wire.another()
    assert case.number in (await stranger.start(payload))[0]
    assert "已经失效" in (await stranger.start("case_" + "x" * 24))[0]


async def test_24_caller_of_the_hotline_follows_the_case_by_link(wire: Wire) -> None:
    from cases.testing import make_draft
    from cases.use_cases.file_case import file_case
    from cases.use_cases.links import case_link

    async with wire.database.transaction() as session:
        case = await file_case(
            session, make_draft(), actor=Actor.bot(), town=wire.town, now=wire.clock()
        )
        payload = await case_link(session, case)
    assert "通知到这里" in (await wire.start(payload))[0]
    assert "已办结" in (await wire.close_case(case))[0]


async def test_28_says_that_it_is_a_machine_and_promises_only_the_policy(wire: Wire) -> None:
    assert "自动助手" in (await wire.say("/start"))[0]
    (receipt,) = await wire.say(LIGHT)
    case = await wire.case()
    assert case.due_at is not None
    due = case.due_at.astimezone(wire.town.calendar.zone)
    assert f"{due.month}月{due.day}日前" in receipt


async def test_29_nothing_personal_in_logs_buttons_and_links(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    markers = ("李铁柱", "13912345678", "月亮湾", "110101199003078515")
    text = f"我是{markers[0]}，电话{markers[1]}，{markers[2]}12号路灯坏了，身份证{markers[3]}"
    await wire.say(text)
    await wire.say("/link")
    await wire.close_case()
    async with wire.database.reading() as session:
        rows = list(await session.scalars(select(OutboxMessage)))
    case = await wire.case()
    for row in rows:
        for line in row.payload.get("buttons") or ():
            for button in line:
                assert len(button["data"].encode()) <= 64
                assert case.number not in button["data"]
                assert not any(marker in button["data"] for marker in markers)
        links = [word for word in row.payload["text"].split() if "start=" in word]
        assert not any(marker in link for link in links for marker in (*markers, case.number))
    own = [r for r in caplog.records if not r.name.startswith(("aiosqlite", "sqlalchemy"))]
    # A test's HTTP client logs what the test itself posts; everything else is ours.
    logged = "\n".join(r.getMessage() for r in own if not r.name.startswith(("httpx", "httpcore")))
    assert [line for line in logged.splitlines() if any(m in line for m in markers)] == []


async def _broken(_self: KeywordClassifier, _text: str) -> Any:
    raise RuntimeError("no model")
