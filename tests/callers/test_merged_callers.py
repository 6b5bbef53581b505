"""Whoever phoned about a case that was merged: told of the one that answers, heard there."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from cases.actors import Actor
from cases.callers.calling import TOLD, list_call_backs, settle
from cases.history import read_history
from cases.lifecycle import Role, State
from cases.models import HistoryEntry, OutboxMessage
from cases.use_cases.act import act, lock_case
from cases.use_cases.reveal import reveal_caller
from cases.use_cases.timers import run_timers
from tests.callers.conftest import AGENT, LANDLINE, MOBILE, Phone
from tests.callers.test_followers import say

CALLER = "13700004321"


async def two_of_one(phone: Phone, second: str = CALLER) -> tuple[str, str]:
    """Two callers, one event; the second one's case is merged into the first one's."""
    phone.with_rules(sms_answers=True)
    parent, child = await phone.file(), await phone.file(second)
    await phone.act(child, Role.DISPATCHER, "merge", parent=parent)
    await phone.service.settle()
    return parent, child


def texts_to(phone: Phone, mobile: str = CALLER) -> list[str]:
    return [row["text"] for row in phone.sent() if row["phone"] == mobile]


async def said_of(phone: Phone, number: str) -> list[HistoryEntry]:
    case = await phone.case(number)
    async with phone.database.reading() as session:
        entries = await read_history(session, case.id)
    return [e for e in entries if e.action in ("follower_word", "note", "supplement")]


async def test_unit_date_and_outcome_are_those_of_the_case_that_answers(phone: Phone) -> None:
    parent, child = await two_of_one(phone)
    phone.clock.advance(days=1)
    await phone.act(parent, Role.DISPATCHER, "reassign", unit="works_office", reason="职责")
    await phone.service.settle()
    phone.clock.advance(minutes=5)
    await phone.service.settle()
    due = (await phone.case(parent)).due_at
    assert due is not None and due != (await phone.case(child)).due_at
    day = due.astimezone(phone.town.calendar.zone)
    code = (await phone.case(child)).tracking_code
    text = texts_to(phone)[-1]
    assert phone.town.unit_name("works_office") in text
    assert f"{day.month}月{day.day}日" in text
    assert child in text and code in text and parent not in text


async def test_the_outcome_is_the_one_that_was_answered(phone: Phone) -> None:
    parent, child = await two_of_one(phone)
    await phone.act(parent, Role.HANDLER, "sign")
    await phone.act(parent, Role.HANDLER, "contact", method="电话", content="已联系")
    await phone.act(parent, Role.HANDLER, "reply", outcome="unsolved", text="产权单位不同意")
    phone.clock.advance(minutes=5)
    await phone.service.settle()
    text = texts_to(phone)[-1]
    assert "暂不能解决" in text and "路灯管理所" in text and child in text


async def test_a_landline_hears_the_answer_read_out(phone: Phone) -> None:
    parent, child = await two_of_one(phone, LANDLINE)
    await phone.settle_case(parent)
    async with phone.database.reading() as session:
        [(row, case)] = (await list_call_backs(session, phone.clock())).due
    assert (row.moment, case.number) == ("close", child)
    assert "路灯管理所的办理结果是已解决" in row.text and "三盏灯都换好了" in row.text
    assert "您那里的问题解决了吗" in row.text and "满意" not in row.text
    assert parent not in row.text


async def test_a_message_that_died_is_read_out_in_full(phone: Phone) -> None:
    parent, child = await two_of_one(phone)
    await phone.settle_case(parent)
    async with phone.database.transaction() as session:
        await session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.chat_key == CALLER, OutboxMessage.kind == "notice.close")
            .values(state="dead")
        )
    await run_timers(phone.database, phone.town, phone.clock)
    async with phone.database.reading() as session:
        [(row, case)] = (await list_call_backs(session, phone.clock())).due
    assert case.number == child and row.because == "dead"
    assert "已解决" in row.text and "三盏灯都换好了" in row.text


async def test_the_second_closing_is_told_too(phone: Phone) -> None:
    parent, child = await two_of_one(phone)
    await phone.settle_case(parent)
    await phone.act(parent, Role.DISPATCHER, "reopen", reason="还有一盏不亮")
    await phone.service.settle()
    await phone.settle_case_again(parent)
    phone.clock.advance(minutes=5)
    await phone.service.settle()
    assert child in texts_to(phone)[-1] and "已办结" in texts_to(phone)[-1]
    assert (await phone.case(parent)).round == 2


@pytest.mark.parametrize(
    ("words", "solved"), [("5", "yes"), ("3", "partly"), ("1", "no"), ("没解决", "no")]
)
async def test_a_word_is_kept_where_it_is_answered(phone: Phone, words: str, solved: str) -> None:
    parent, child = await two_of_one(phone)
    await phone.settle_case(parent)
    before = await phone.case(child)
    answer = await say(phone, words, CALLER)
    assert child in answer and parent not in answer and before.tracking_code in answer
    assert ("联系您" in answer) is (solved == "no")
    case = await phone.case(parent)
    assert (case.state, case.satisfaction, case.round) == (State.CLOSED, None, 1)
    assert case.wants_person is (solved == "no")
    [entry] = await said_of(phone, parent)
    assert (entry.action, entry.actor_role, entry.data["solved"]) == (
        "follower_word", Role.BOT, solved,
    )  # fmt: skip
    assert child in entry.data["text"] and words in entry.data["text"]
    assert entry.citizen_text is None
    after = await phone.case(child)
    assert (after.state, after.wants_person, after.version) == (
        State.MERGED, False, before.version,
    )  # fmt: skip
    assert parent in await say(phone, "5", MOBILE)
    assert (await phone.case(parent)).satisfaction == 5, "the question stays the first one's"


async def test_a_word_by_voice_is_kept_there_too(phone: Phone) -> None:
    parent, child = await two_of_one(phone, LANDLINE)
    await phone.settle_case(parent)
    async with phone.database.transaction() as session:
        [(row, _)] = (await list_call_backs(session, phone.clock())).due
        await settle(
            session,
            row.id,
            TOLD,
            {"satisfaction": "1", "solved": "no", "comment": "我家门口还是黑的"},
            actor=Actor(Role.AGENT, "李坐席"),
            town=phone.town,
            now=phone.clock(),
        )
    case = await phone.case(parent)
    assert (case.state, case.satisfaction, case.wants_person) == (State.CLOSED, None, True)
    [entry] = await said_of(phone, parent)
    assert (entry.action, entry.actor_name, entry.data["solved"]) == (
        "follower_word", "李坐席", "no",
    )  # fmt: skip
    assert child in entry.data["text"] and "还是黑的" in entry.data["text"]
    assert (await phone.case(child)).state == State.MERGED


async def test_the_first_reporter_hears_what_their_own_answer_leads_to(phone: Phone) -> None:
    """Another one is not content and will be called."""
    parent, _ = await two_of_one(phone)
    await phone.settle_case(parent)
    await say(phone, "没解决", CALLER)
    assert "联系您" not in await say(phone, "5", MOBILE)
    assert (await phone.case(parent)).wants_person


async def test_more_about_the_matter_is_read_where_it_is_handled(phone: Phone) -> None:
    parent, child = await two_of_one(phone)
    assert "已记入" in await say(phone, "三楼那盏也不亮", CALLER)
    [entry] = await said_of(phone, parent)
    assert child in entry.data["text"] and "三楼那盏也不亮" in entry.data["text"]
    assert await said_of(phone, child) == []
    await phone.settle_case(parent)
    assert "联系您" in await say(phone, "又黑了", CALLER)
    assert (await phone.case(parent)).wants_person
    assert not (await phone.case(child)).wants_person


async def test_split_off_it_is_their_own_again(phone: Phone) -> None:
    parent, child = await two_of_one(phone)
    await phone.act(child, Role.DISPATCHER, "unmerge", reason="不是同一处")
    await phone.settle_case(child)
    assert "谢谢您的评价" in await say(phone, "5", CALLER)
    assert (await phone.case(child)).satisfaction == 5
    assert await said_of(phone, parent) == []


async def test_a_message_of_another_day_is_not_taken_for_this_one(phone: Phone) -> None:
    """Not asked, a digit is no word on an answer: it is kept as it was written."""
    parent, child = await two_of_one(phone)
    assert child in await say(phone, "1", CALLER)
    case = await phone.case(parent)
    assert not case.wants_person and case.updated_at >= phone.clock() - timedelta(minutes=1)
    [entry] = await said_of(phone, parent)
    assert "solved" not in entry.data
    async with phone.database.reading() as session:
        reply = await session.scalar(
            select(OutboxMessage.kind).order_by(OutboxMessage.id.desc()).limit(1)
        )
    assert reply == "reply"


async def test_their_numbers_are_looked_at_while_the_case_is_answered(phone: Phone) -> None:
    """Whoever looks holds the older, merged case and waits for the other, from which the first
    reporter's notice is written. PostgreSQL would break one of them off."""
    older, newer = await phone.file(CALLER), await phone.file()
    await phone.act(older, Role.DISPATCHER, "merge", parent=newer)
    await phone.act(newer, Role.HANDLER, "sign")
    await phone.act(newer, Role.HANDLER, "contact", method="电话", content="已联系")
    handler = Actor(Role.HANDLER, "老陈", unit_code="lighting_office")

    async def look() -> None:
        async with phone.database.transaction() as session:
            now = phone.clock()
            await reveal_caller(session, newer, "回访", actor=AGENT, now=now)

    async with phone.database.transaction() as session:
        await lock_case(session, newer)
        looking = asyncio.create_task(look())
        await asyncio.sleep(0.4)
        answer = {"outcome": "solved", "text": "三盏灯都换好了"}
        await act(
            session, newer, "reply", answer, actor=handler, town=phone.town, now=phone.clock()
        )
    await asyncio.wait_for(looking, 30)
    for number in (older, newer):
        case = await phone.case(number)
        async with phone.database.reading() as session:
            actions = [entry.action for entry in await read_history(session, case.id)]
        assert actions.count("reveal") == 1
