"""Sending: order, limits, and what becomes of a message that does not go out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.backoff import backoff
from bot.channel import DeliveryError, Limits, Trouble
from bot.rate_limit import RateLimit
from bot.relay import Relay
from bot.testing import MemoryChannel
from cases import outbox
from cases.models import Contact, OutboxMessage
from cases.storage.database import Database
from cases.testing import FrozenClock
from cases.town import Town
from cases.use_cases.contacts import upsert_contact


class Line:
    """A relay over one channel, with a short way to queue and to look."""

    def __init__(self, database: Database, clock: FrozenClock, town: Town) -> None:
        self.database = database
        self.clock = clock
        self.channel = MemoryChannel()
        self.relay = Relay(
            database=database,
            channels={"memory": self.channel},
            clock=clock,
            town=lambda: town,
            dice=lambda: 0.5,
        )
        self._count = 0

    async def queue(
        self, text: str, *, chat: str = "1", kind: str = "reply", urgent: bool = False
    ) -> None:
        self._count += 1
        async with self.database.transaction() as session:
            contact = await upsert_contact(
                session, channel="memory", chat_key=chat, now=self.clock()
            )
            await outbox.enqueue(
                session,
                channel="memory",
                chat_key=chat,
                contact_id=contact.id,
                kind=kind,
                payload={"text": text, "buttons": [], "urgent": urgent},
                dedupe_key=f"t:{self._count}",
                now=self.clock(),
            )

    async def run(self) -> list[str]:
        await self.relay.loop.drain()
        return [message.text for message in self.channel.sent]

    async def states(self) -> list[str]:
        async with self.database.reading() as session:
            rows = await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
            return [row.state for row in rows]


@pytest.fixture
async def line(database: Database, clock: FrozenClock, town: Town) -> AsyncIterator[Line]:
    yield Line(database, clock, town)


async def test_sends_each_chat_in_order(line: Line) -> None:
    for number in range(4):
        await line.queue(f"a{number}", chat="1")
        await line.queue(f"b{number}", chat="2")
    sent = await line.run()
    assert [t for t in sent if t[0] == "a"] == ["a0", "a1", "a2", "a3"]
    assert [t for t in sent if t[0] == "b"] == ["b0", "b1", "b2", "b3"]
    assert set(await line.states()) == {"sent"}


async def test_waits_exactly_as_long_as_told(line: Line) -> None:
    line.channel.trouble = [DeliveryError(Trouble.WAIT, "RetryAfter", wait=17)]
    await line.queue("a0")
    await line.queue("a1")
    assert await line.run() == []
    line.clock.advance(seconds=16)
    assert await line.run() == []
    line.clock.advance(seconds=2)
    assert await line.run() == ["a0", "a1"]


async def test_one_waiting_chat_does_not_hold_up_another(line: Line) -> None:
    line.channel.trouble = [DeliveryError(Trouble.WAIT, "RetryAfter", wait=60)]
    await line.queue("a0", chat="1")
    await line.queue("b0", chat="2")
    assert await line.run() == ["b0"]


async def test_cut_off_answer_is_never_blindly_repeated(line: Line) -> None:
    line.channel.trouble = [DeliveryError(Trouble.AMBIGUOUS, "TimedOut")]
    await line.queue("a0")
    await line.queue("a1")
    assert await line.run() == ["a1"]
    line.clock.advance(hours=2)
    assert await line.run() == ["a1"]
    assert await line.states() == ["uncertain", "sent"]


async def test_cut_off_rating_request_goes_out_once_more(line: Line) -> None:
    cut_off = DeliveryError(Trouble.AMBIGUOUS, "TimedOut")
    line.channel.trouble = [cut_off, cut_off]
    await line.queue("请评价", kind="notice.close")
    assert await line.run() == []
    line.clock.advance(minutes=11)
    assert await line.run() == []
    line.clock.advance(hours=1)
    assert await line.run() == []
    assert await line.states() == ["uncertain"]


async def test_news_that_failed_in_the_evening_waits_for_the_morning(line: Line) -> None:
    """An answer is tried again at once, and so is what cannot wait."""
    line.clock.advance(hours=12, minutes=29, seconds=59)  # the night begins at 21:30
    line.channel.trouble = [DeliveryError(Trouble.NOT_SENT, "ConnectError", wait=0)] * 3
    await line.queue("已派单", chat="1", kind="notice.dispatch")
    await line.queue("险情已受理", chat="2", kind="notice.accept", urgent=True)
    await line.queue("答复", chat="3")
    assert await line.run() == []
    line.clock.advance(minutes=5)
    assert sorted(await line.run()) == ["答复", "险情已受理"]
    line.clock.advance(hours=10, minutes=30)  # 08:04
    assert "已派单" in await line.run()


async def test_news_meant_for_the_night_is_tried_again_at_night(line: Line) -> None:
    line.clock.advance(hours=13)  # its reader wrote a moment ago
    line.channel.trouble = [DeliveryError(Trouble.WAIT, "RetryAfter", wait=17)]
    await line.queue("已派单", kind="notice.dispatch")
    assert await line.run() == []
    line.clock.advance(minutes=1)
    assert await line.run() == ["已派单"]


async def test_outage_is_retried_and_given_up_at_last(line: Line) -> None:
    line.channel.trouble = [DeliveryError(Trouble.NOT_SENT, "ConnectError")] * 20
    await line.queue("a0")
    for _ in range(20):
        await line.run()
        line.clock.advance(minutes=10)
    assert await line.states() == ["dead"]
    assert len(line.channel.trouble) == 12, "eight attempts, no more"


async def test_blocked_chat_stops_its_line_and_is_marked(line: Line) -> None:
    line.channel.trouble = [DeliveryError(Trouble.UNREACHABLE, "Forbidden")]
    await line.queue("a0", chat="1")
    await line.queue("a1", chat="1")
    await line.queue("b0", chat="2")
    assert await line.run() == ["b0"]
    assert await line.states() == ["dead", "dead", "sent"]
    async with line.database.reading() as session:
        contacts = {c.chat_key: c.reachable for c in await session.scalars(select(Contact))}
    assert contacts == {"1": False, "2": True}


async def test_refused_message_does_not_block_the_next(line: Line) -> None:
    line.channel.trouble = [DeliveryError(Trouble.REFUSED, "BadRequest")]
    await line.queue("a0")
    await line.queue("a1")
    assert await line.run() == ["a1"]
    assert await line.states() == ["dead", "sent"]


async def test_moved_to_a_chat_that_wrote_already(line: Line) -> None:
    """The line goes on under the new id; the old contact is out of reach, and blocks nothing."""
    async with line.database.transaction() as session:
        await upsert_contact(session, channel="memory", chat_key="-1009", now=line.clock())
    line.channel.trouble = [DeliveryError(Trouble.MOVED, "x", new_chat_key="-1009")]
    for text in ("a", "b"):
        await line.queue(text)
    assert await line.run() == ["a", "b"]
    assert {message.chat_key for message in line.channel.sent} == {"-1009"}
    async with line.database.reading() as session:
        contacts = await session.scalars(select(Contact))
        assert {c.chat_key: c.reachable for c in contacts} == {"1": False, "-1009": True}


async def test_moved_chat_keeps_its_line(line: Line) -> None:
    line.channel.trouble = [DeliveryError(Trouble.MOVED, "x", new_chat_key="-1009")]
    await line.queue("a0", chat="-5")
    await line.queue("a1", chat="-5")
    assert await line.run() == ["a0", "a1"]
    assert {message.chat_key for message in line.channel.sent} == {"-1009"}


async def test_refused_key_pauses_the_channel(line: Line) -> None:
    line.channel.trouble = [DeliveryError(Trouble.STOPPED, "InvalidToken")]
    await line.queue("a0")
    assert await line.run() == []
    assert await line.states() == ["queued"]


async def test_message_of_a_killed_process_is_marked_ambiguous(line: Line) -> None:
    await line.queue("a0")
    async with line.database.transaction() as session:
        await outbox.claim(session, now=line.clock(), channels=["memory"])
    line.clock.advance(seconds=61)
    assert await line.run() == ["a0"]
    async with line.database.reading() as session:
        row = (await session.scalars(select(OutboxMessage))).one()
    assert row.payload["ambiguous"] is True


def test_rate_limit_lets_a_short_burst_through_and_then_spaces() -> None:
    limit = RateLimit(Limits(per_chat=1.0, burst=3))
    waits = [limit.reserve("1", 100.0) for _ in range(5)]
    assert waits == [0.0, 0.0, 0.0, 1.0, 2.0]
    assert limit.reserve("2", 100.0) == 0.0
    assert limit.reserve("1", 200.0) == 0.0


def test_rate_limit_holds_overall() -> None:
    limit = RateLimit(Limits(overall=25.0))
    waits = [limit.reserve(str(n), 100.0) for n in range(100)]
    assert sum(wait == 0.0 for wait in waits) <= 26
    assert 2.9 < waits[-1] <= 3.01


@pytest.mark.parametrize(("attempt", "most"), [(1, 2), (3, 8), (8, 256), (9, 300), (60, 300)])
def test_backoff_doubles_up_to_five_minutes(attempt: int, most: float) -> None:
    assert backoff(attempt, chance=1.0) == most
    assert backoff(attempt, chance=0.0) == 0.0


def test_frozen_clock_is_what_the_relay_goes_by(clock: FrozenClock, tmp_path: Path) -> None:
    before = clock()
    clock.advance(seconds=1)
    assert clock() - before == timedelta(seconds=1)
