"""Inbox and outbox: nothing lost, nothing twice, one chat in order, several workers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select

from cases import inbox, outbox
from cases.models import InboxMessage, OutboxMessage


async def receive(database, now, external_id, chat="c1"):
    async with database.transaction() as session:
        return await inbox.receive(
            session,
            channel="test",
            external_id=external_id,
            chat_key=chat,
            payload={"text": external_id},
            now=now,
        )


async def test_the_same_update_is_kept_once(database, now):
    """Channels send again what they are not sure we got."""
    assert await receive(database, now, "u1")
    assert not await receive(database, now, "u1")


async def test_one_chat_is_worked_off_in_order(database, now):
    """The second message waits for the first, another chat does not."""
    for name, chat in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        await receive(database, now, name, chat)
    async with database.transaction() as session:
        claimed = await inbox.claim(session, now=now)
        claimed += await inbox.claim(session, now=now, at_most=5)
        assert await inbox.claim(session, now=now) == []
    assert [message.external_id for message in claimed] == ["a1", "b1"]
    async with database.transaction() as session:
        assert await inbox.finish(session, claimed[0].id, now)
        assert not await inbox.finish(session, claimed[0].id, now)
        (message,) = await inbox.claim(session, now=now, at_most=5)
        assert message.external_id == "a2"


async def test_a_lease_that_ran_out_is_taken_over(database, now):
    """The worker that died does not hold the chat up for ever."""
    await receive(database, now, "u1")
    async with database.transaction() as session:
        await inbox.claim(session, now=now, lease=60)
        assert not await inbox.claim(session, now=now + timedelta(seconds=59))
        assert await inbox.claim(session, now=now + timedelta(seconds=61))


async def test_three_failures_are_kept_for_a_person(database, now):
    """Dead, not gone; and the chat goes on."""
    await receive(database, now, "u1")
    await receive(database, now, "u2")
    for attempt in range(3):
        now += timedelta(minutes=5)
        async with database.transaction() as session:
            (message,) = await inbox.claim(session, now=now)
            assert await inbox.fail(session, message.id, "boom", now) == (attempt == 2)
    async with database.transaction() as session:
        dead = await session.scalar(select(InboxMessage).where(InboxMessage.state == "dead"))
        assert (dead.external_id, dead.error) == ("u1", "boom")
        (message,) = await inbox.claim(session, now=now)
        assert message.external_id == "u2"


async def test_four_workers_send_each_notice_once_and_in_order(database, now):
    """Two hundred notices to ten chats, each written twice."""
    for _ in range(2):
        async with database.transaction() as session:
            for number in range(200):
                await outbox.enqueue(
                    session,
                    channel="test",
                    chat_key=f"c{number % 10}",
                    kind="notice",
                    payload={"text": str(number)},
                    dedupe_key=f"n{number}",
                    now=now,
                )
    sent: list[tuple[str, int]] = []

    async def work():
        while True:
            async with database.transaction() as session:
                messages = await outbox.claim(session, now=now, channels=["test"], at_most=3)
            if not messages:
                return
            for message in messages:
                sent.append((message.chat_key, int(message.payload["text"])))
                async with database.transaction() as session:
                    await outbox.mark_sent(session, message.id, now)

    while len(sent) < 200:
        await asyncio.gather(*(work() for _ in range(4)))
    assert len(set(sent)) == len(sent) == 200
    for chat in range(10):
        mine = [number for key, number in sent if key == f"c{chat}"]
        assert mine == sorted(mine)


async def test_a_send_that_was_cut_off_goes_out_again_and_says_so(database, now):
    """At least once; marked where it may have been twice."""
    async with database.transaction() as session:
        await outbox.enqueue(
            session,
            channel="test",
            chat_key="c",
            kind="k",
            payload={"text": "t"},
            dedupe_key="d",
            now=now,
        )
        await outbox.claim(session, now=now, channels=["test"], lease=60)
    later = now + timedelta(seconds=61)
    async with database.transaction() as session:
        assert await outbox.release_stale(session, later) == 1
        (again,) = await outbox.claim(session, now=later, channels=["test"])
        assert again.payload["ambiguous"] is True
        await outbox.mark_retry(session, again.id, later + timedelta(hours=1), "429")
        assert not await outbox.claim(session, now=later, channels=["test"])
    async with database.reading() as session:
        assert (await session.scalar(select(OutboxMessage))).state == "queued"
