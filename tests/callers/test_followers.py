"""Whoever follows somebody else's case by phone: told, heard, called; never taken for its owner."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from bot.channel import DeliveryError, Trouble
from bot.sms_channel.incoming import take_sms
from bot.testing import Conversation, MemoryChannel
from cases.callers.calling import list_call_backs
from cases.callers.followers import find_unreached
from cases.history import read_history
from cases.lifecycle import Role, State
from cases.models import Case, CaseReporter, OutboxMessage
from cases.testing import make_draft
from cases.use_cases.follow_report import follow_case
from cases.use_cases.timers import run_timers
from tests.callers.conftest import AGENT, MOBILE, Phone

FOLLOWER = "13900005678"


async def follow(phone: Phone, number: str, mobile: str = FOLLOWER, **changes: Any) -> None:
    draft = make_draft(**{"channel": "phone", "caller_phone": mobile, **changes})
    async with phone.database.transaction() as session:
        await follow_case(
            session, number, draft, actor=AGENT, town=phone.town, now=phone.clock()
        )  # fmt: skip


async def say(phone: Phone, text: str, mobile: str = FOLLOWER) -> str:
    """A text message from that number; what we answered to it."""
    before = len(phone.sent())
    async with phone.database.transaction() as session:
        await take_sms(session, f"{mobile}-{text}", mobile, text, phone.town, phone.clock())
    await phone.service.settle()
    [answer] = [row["text"] for row in phone.sent()[before:] if row["phone"] == mobile]
    return answer


async def follower_of(phone: Phone, number: str) -> CaseReporter:
    async with phone.database.reading() as session:
        row = await session.scalar(
            select(CaseReporter).join(Case, Case.id == CaseReporter.case_id)
            .where(Case.number == number)
        )  # fmt: skip
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("words", "solved"),
    [("5", "yes"), ("3", "partly"), ("1", "no"), ("没解决", "no"), ("我门口那盏还黑着", None)],
)
async def test_a_followers_words_are_their_own(
    phone: Phone, words: str, solved: str | None
) -> None:
    phone.with_rules(sms_answers=True)
    number = await phone.file()
    await follow(phone, number)
    await phone.settle_case(number)
    case = await phone.case(number)
    answer = await say(phone, words)
    assert number in answer and case.tracking_code not in answer and "http" not in answer
    assert len(answer) <= 70
    now = await phone.case(number)
    assert (now.state, now.satisfaction, now.solved, now.round) == (State.CLOSED, None, None, 1)
    assert now.wants_person is (solved in ("no", None))
    row = await follower_of(phone, number)
    assert row.solved == solved and words in (row.solved_words or "")
    async with phone.database.reading() as session:
        last = (await read_history(session, case.id))[-1]
    assert (last.action, last.actor_role) == ("follower_word", Role.BOT)
    assert last.citizen_text is None
    await say(phone, "5", MOBILE)
    assert (await phone.case(number)).satisfaction == 5, "the question stays the owner's"


async def test_a_followers_words_before_the_end(phone: Phone) -> None:
    number = await phone.file()
    await follow(phone, number)
    await phone.act(number, Role.HANDLER, "sign")
    await phone.act(number, Role.HANDLER, "contact", method="电话", content="已联系")
    await phone.act(number, Role.HANDLER, "reply", outcome="solved", text="三盏灯都换好了")
    await phone.service.settle()
    before = await phone.case(number)
    assert before.tracking_code not in await say(phone, "我家也停电")
    after = await phone.case(number)
    assert (after.state, after.text, after.flags) == (before.state, before.text, before.flags)


async def test_a_digit_goes_to_the_case_that_asked(phone: Phone) -> None:
    """One number, a case of its own and one that it follows."""
    mine, theirs = await phone.file(FOLLOWER), await phone.file()
    await follow(phone, theirs)
    await phone.settle_case(mine)
    await phone.settle_case(theirs)
    assert theirs in await say(phone, "没解决"), "the one they were told of last"
    assert mine in await say(phone, "5")
    assert (await phone.case(mine)).satisfaction == 5
    assert (await phone.case(theirs)).satisfaction is None


async def test_a_follower_of_what_was_merged_is_heard_where_it_is_answered(phone: Phone) -> None:
    parent, child = await phone.file(), await phone.file("13700004321")
    await follow(phone, child)
    await phone.act(child, Role.DISPATCHER, "merge", parent=parent)
    await phone.settle_case(parent)
    answer = await say(phone, "没解决")
    assert child in answer and parent not in answer
    assert (await follower_of(phone, child)).solved == "no"
    case = await phone.case(parent)
    assert (case.state, case.wants_person) == (State.CLOSED, True)


async def test_an_owner_who_also_follows_is_asked_once(phone: Phone) -> None:
    phone.with_rules(sms_answers=True)
    parent, child = await phone.file(), await phone.file("13700004321")
    await follow(phone, child, MOBILE)
    await phone.act(child, Role.DISPATCHER, "merge", parent=parent)
    await phone.settle_case(parent)
    assert "谢谢您的评价" in await say(phone, "5", MOBILE)


async def test_a_stranger_hears_of_no_case(phone: Phone) -> None:
    await phone.file()
    assert "没有找到" in await say(phone, "5")


def dead_notice(case: Case, phone: Phone) -> OutboxMessage:
    """Of the kind that first reporters get, but not to this case's."""
    return OutboxMessage(
        channel="sms", chat_key=FOLLOWER, kind="notice.close", case_id=case.id, dedupe_key="old",
        payload={"text": "已办结"}, state="dead", not_before=phone.clock(),
        created_at=phone.clock(),
    )  # fmt: skip


async def test_a_followers_dead_message_is_not_the_owners(phone: Phone) -> None:
    """The desk is to call the follower; the first reporter was told."""

    class Refusing:
        """Takes what goes to others."""

        def __init__(self, inner: Any) -> None:
            self._inner = inner

        async def send(self, sms: Any) -> str | None:
            if sms.phone == FOLLOWER:
                raise DeliveryError(Trouble.REFUSED, "HTTP 422")
            return str(await self._inner.send(sms))

        async def close(self) -> None: ...

    number = await phone.file()
    await follow(phone, number)
    channel: Any = phone.service._channels["sms"]
    channel._gateway = Refusing(channel._gateway)
    await phone.settle_case(number)
    case = await phone.case(number)
    async with phone.database.transaction() as session:
        session.add(dead_notice(case, phone))
    await run_timers(phone.database, phone.town, phone.clock)
    async with phone.database.reading() as session:
        found = await list_call_backs(session, phone.clock())
        assert found.due == found.later == ()
        assert await find_unreached(session, case.id) == {FOLLOWER}
    channel._gateway = channel._gateway._inner
    await phone.act(number, Role.DISPATCHER, "reopen", reason="还有一盏不亮")
    await phone.service.settle()
    async with phone.database.reading() as session:
        assert await find_unreached(session, case.id) == set(), "newer news arrived"


async def test_a_chat_of_the_owner_leaves_the_followers_alone(
    phone: Phone, chat: MemoryChannel
) -> None:
    number = await phone.file()
    await follow(phone, number)
    await phone.service.settle()
    case = await phone.case(number)
    before = len([row for row in phone.sent() if row["phone"] == FOLLOWER])
    for action, data in (
        ("sign", {}),
        ("contact", {"method": "电话", "content": "已联系"}),
        ("reply", {"outcome": "solved", "text": "三盏灯都换好了"}),
    ):
        await phone.act(number, Role.HANDLER, action, **data)
    talk = Conversation(phone.service, chat, phone.database, phone.clock)
    await talk.say(f"{number} {case.tracking_code}")
    phone.clock.advance(minutes=10)
    await phone.service.settle()
    told = [row["text"] for row in phone.sent() if row["phone"] == FOLLOWER]
    assert len(told) == before + 1 and "已有答复" in told[-1]
