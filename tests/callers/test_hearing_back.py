"""A caller is told like a chat: receipt, dispatch, reply, closing; through the same outbox."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channel import DeliveryError, Outgoing, Trouble
from bot.testing import Conversation, MemoryChannel
from cases import outbox
from cases.actors import Actor
from cases.callers.mobile import mobile_of
from cases.callers.transcripts import keep_transcript
from cases.errors import CaseNotFound
from cases.lifecycle import Role
from cases.models import CallTranscript, Case, Contact, HistoryEntry, OutboxMessage
from cases.use_cases.act import act
from cases.use_cases.privacy import forget_contact
from cases.use_cases.timers import run_timers
from tests.callers.conftest import LANDLINE, MOBILE, Phone

#: Hours from the clock's nine in the morning to ten at night.
NIGHT = 13


@pytest.mark.parametrize(
    ("given", "mobile"),
    [
        ("13800001234", MOBILE),
        ("+86 138 0000 1234", MOBILE),
        ("138-0000-1234", MOBILE),
        ("１３８００００１２３４", MOBILE),
        ("008613800001234", MOBILE),
        ("0571-88001234", None),
        ("138****1234", None),
        ("12345", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_mobile_gets_a_text_message(given: str | None, mobile: str | None) -> None:
    assert mobile_of(given) == mobile


async def test_a_caller_hears_at_every_step(phone: Phone) -> None:
    number = await phone.file()
    await phone.service.settle()
    case = await phone.case(number)
    [receipt] = phone.sent()
    assert receipt["phone"] == MOBILE
    assert number in receipt["text"] and case.tracking_code in receipt["text"]
    assert "路灯管理所" in receipt["text"], "the sure case was dispatched at once: one message"
    await phone.settle_case(number)
    texts = [row["text"] for row in phone.sent()]
    assert ["已开始处理" in t for t in texts].count(True) == 1
    assert any("已答复" in t and "已解决" in t for t in texts)
    assert "评价" in texts[-1] and "已办结" in texts[-1]
    assert all(number in t and case.tracking_code in t and len(t) <= 70 for t in texts)
    assert not any("桥头" in t or "三盏" in t for t in texts), "never what the matter is"


async def test_the_full_words_stay_in_the_history(phone: Phone) -> None:
    """The citizen's own page tells the answer; the text message only that there is one."""
    number = await phone.file()
    await phone.settle_case(number)
    async with phone.database.reading() as session:
        rows = await session.scalars(select(OutboxMessage.payload))
        assert not any("三盏灯都换好了" in row["text"] for row in rows)
        told = list(await session.scalars(select(HistoryEntry.citizen_text)))
    assert any(text and "三盏灯都换好了" in text for text in told)


async def test_news_wait_for_the_morning(phone: Phone) -> None:
    number = await phone.file()
    await phone.service.settle()
    await phone.act(number, Role.HANDLER, "sign")
    phone.clock.advance(hours=NIGHT)
    await phone.act(number, Role.HANDLER, "contact", method="电话", content="已联系")
    await phone.service.settle()
    assert len(phone.sent()) == 1
    phone.clock.advance(hours=11)
    await phone.service.settle()
    assert len(phone.sent()) == 2


async def test_a_burst_is_one_message_with_the_newest_word(phone: Phone) -> None:
    number = await phone.file()
    await phone.act(number, Role.HANDLER, "sign")
    await phone.act(number, Role.HANDLER, "contact", method="电话", content="已联系")
    await phone.service.settle()
    [row] = phone.sent()
    assert "已开始处理" in row["text"] and number in row["text"]


@pytest.mark.parametrize(
    "changes",
    [
        {"anonymous": True},
        {"channel": "api"},
        {"caller_phone": None},
        {"caller_phone": LANDLINE},
    ],
)
async def test_who_is_not_texted(phone: Phone, changes: dict[str, Any]) -> None:
    await phone.file(**changes)
    await phone.service.settle()
    assert phone.sent() == []


async def test_a_call_entered_long_after_is_not_texted(phone: Phone) -> None:
    await phone.file(received_at=phone.clock() - timedelta(days=2))
    await phone.service.settle()
    assert phone.sent() == []


async def test_a_town_without_text_messages(phone: Phone) -> None:
    phone.with_rules(sms=False)
    await phone.file()
    await phone.service.settle()
    assert phone.sent() == []


async def test_number_and_code_bind_the_case_to_a_chat(phone: Phone, chat: MemoryChannel) -> None:
    number = await phone.file()
    await phone.service.settle()
    case = await phone.case(number)
    talk = Conversation(phone.service, chat, phone.database, phone.clock)
    wrong = await talk.say(f"{number} 23456789")
    assert "没有查到" in wrong[-1].text
    assert (await phone.case(number)).contact_id is None
    told = await talk.say(f"编号{number}，查询码{case.tracking_code.lower()}")
    assert number in told[0].text
    assert (await phone.case(number)).contact_id is not None
    await phone.settle_case(number)
    assert len(phone.sent()) == 1, "from then on the chat is told, and only the chat"
    assert any("三盏灯都换好了" in m.text for m in talk.replies)


async def test_a_complaint_that_quotes_a_number_is_a_complaint(
    phone: Phone, chat: MemoryChannel
) -> None:
    number = await phone.file()
    case = await phone.case(number)
    talk = Conversation(phone.service, chat, phone.database, phone.clock)
    await talk.say(f"我之前报的{number}查询码{case.tracking_code}路灯还是不亮，晚上很黑")
    assert (await phone.case(number)).contact_id is None


async def test_the_short_link_is_that_of_the_case(phone: Phone) -> None:
    number = await phone.file(tag=None)
    await phone.service.settle()
    token = (await phone.case(number)).link_token
    [row] = phone.sent()
    assert f"hy.fenghe.cn/s/{token}" in row["text"] and len(row["text"]) <= 70


async def test_a_killed_send_is_sent_again_under_the_same_key(phone: Phone) -> None:
    """The process dies between sending and marking: the row comes back marked ambiguous, and the
    file has the message once."""
    await phone.file()
    later = phone.clock() + timedelta(minutes=1)
    async with phone.database.transaction() as session:
        [row] = await outbox.claim(session, now=later, channels=["sms"])
    message = Outgoing.from_payload(row.id, row.chat_key, row.contact_id, row.payload)
    await phone.service._channels["sms"].send(message)
    async with phone.database.transaction() as session:
        assert await outbox.release_stale(session, later + timedelta(minutes=2)) == 1
    phone.clock.advance(minutes=5)
    await phone.service.settle()
    async with phone.database.reading() as session:
        kept = await session.get_one(OutboxMessage, row.id)
        assert kept.state == "sent" and kept.payload["ambiguous"] is True
    assert len(phone.sent()) == 1


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (Trouble.AMBIGUOUS, "uncertain"),
        (Trouble.REFUSED, "dead"),
        (Trouble.UNREACHABLE, "dead"),
        (Trouble.NOT_SENT, "queued"),
        (Trouble.WAIT, "queued"),
        (Trouble.STOPPED, "queued"),
    ],
)
async def test_failures_mean_the_same_as_in_a_chat(
    phone: Phone, trouble: Trouble, state: str
) -> None:
    class Broken:
        async def send(self, sms: object) -> str | None:
            raise DeliveryError(trouble, "test", wait=5.0)

        async def close(self) -> None: ...

    phone.service._channels["sms"]._gateway = Broken()  # type: ignore[attr-defined]
    await phone.file()
    await phone.service.settle()
    async with phone.database.reading() as session:
        row = (await session.scalars(select(OutboxMessage))).one()
        contact = (await session.scalars(select(Contact))).one()
    assert row.state == state
    assert contact.reachable is (trouble is not Trouble.UNREACHABLE)


async def test_forgetting_takes_the_call_and_the_line_with_it(
    phone: Phone, chat: MemoryChannel
) -> None:
    number = await phone.file()
    await phone.service.settle()
    case = await phone.case(number)
    async with phone.database.transaction() as session:
        row = await session.get_one(Case, case.id)
        await keep_transcript(session, "市民：灯不亮", [row], kept_by="小周", now=phone.clock())
    talk = Conversation(phone.service, chat, phone.database, phone.clock)
    await talk.say(f"{number} {case.tracking_code}")
    async with phone.database.transaction() as session:
        contact = (await session.scalars(select(Contact).where(Contact.channel == "memory"))).one()
        assert await forget_contact(session, contact, phone.clock()) == 1
    async with phone.database.reading() as session:
        assert (await session.scalars(select(CallTranscript))).all() == []
        keys = list(await session.scalars(select(Contact.chat_key)))
        rows = list(await session.scalars(select(OutboxMessage)))
    assert not any(MOBILE in key for key in keys)
    assert not any(MOBILE in row.chat_key or number in row.payload["text"] for row in rows)


async def test_a_line_that_others_need_stays(phone: Phone, chat: MemoryChannel) -> None:
    first, second = await phone.file(), await phone.file()
    case = await phone.case(first)
    talk = Conversation(phone.service, chat, phone.database, phone.clock)
    await talk.say(f"{first} {case.tracking_code}")
    async with phone.database.transaction() as session:
        contact = (await session.scalars(select(Contact).where(Contact.channel == "memory"))).one()
        await forget_contact(session, contact, phone.clock())
    async with phone.database.reading() as session:
        assert MOBILE in list(await session.scalars(select(Contact.chat_key)))
    await phone.service.settle()
    assert any(second in row["text"] for row in phone.sent())


async def test_one_reminder_to_rate(phone: Phone) -> None:
    number = await phone.file()
    await phone.settle_case(number)
    before = len(phone.sent())
    phone.clock.advance(days=3)
    for _ in range(2):
        await run_timers(phone.database, phone.town, phone.clock)
        await phone.service.settle()
    assert len(phone.sent()) == before + 1
    assert "评价" in phone.sent()[-1]["text"]


async def test_nobody_else_may_rate_by_number_alone(phone: Phone) -> None:
    """A tracker acts on the one case whose code was shown."""
    first, second = await phone.file(), await phone.file()
    await phone.settle_case(second)
    with pytest.raises(CaseNotFound):
        async with phone.database.transaction() as session:
            await act(
                session, second, "rate", {"satisfaction": 1}, actor=Actor.tracker(first),
                town=phone.town, now=phone.clock(),
            )  # fmt: skip


async def test_an_order_read_in_hears_from_then_on(phone: Phone) -> None:
    """No receipt for what another hotline took; the answer that the town gives is texted."""
    number = await phone.file(receipt=False)
    await phone.service.settle()
    assert phone.sent() == []
    await phone.settle_case(number)
    assert any("已答复" in row["text"] for row in phone.sent())


async def test_a_date_moved_by_another_category_is_texted(phone: Phone) -> None:
    """The date told at the dispatch no longer holds; a category alone is no news for a phone."""
    number = await phone.file()
    await phone.act(number, Role.HANDLER, "sign")
    await phone.act(number, Role.HANDLER, "contact", method="电话", content="在看")
    await phone.service.settle()
    told = len(phone.sent())
    await phone.act(number, Role.DISPATCHER, "relabel", category="zf.illegal_build")
    phone.clock.advance(minutes=5)
    await phone.service.settle()
    [text] = [row["text"] for row in phone.sent()[told:]]
    due = (await phone.case(number)).due_at
    assert due is not None
    day = due.astimezone(phone.town.calendar.zone)
    assert number in text and f"改为{day.month}月{day.day}日前答复" in text.replace(" ", "")
