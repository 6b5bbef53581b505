"""News that failed in the evening waits for the morning, and nobody waits with it who need not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channel import DeliveryError, Trouble
from cases import outbox
from cases.actors import Actor
from cases.models import OutboxMessage
from cases.testing import make_draft
from cases.town import Town
from cases.use_cases.contacts import upsert_contact
from cases.use_cases.file_case import file_case
from tests.bot.test_relay import Line, line

__all__ = ["line"]


@pytest.fixture
def evening(line: Line) -> Line:
    """A second before the night, which begins at 21:30; what is tried now says: in forty."""
    line.clock.advance(hours=12, minutes=29, seconds=59)
    line.channel.trouble = [DeliveryError(Trouble.WAIT, "RetryAfter", wait=40)]
    return line


async def test_what_waits_for_the_morning_holds_nobody_up(evening: Line) -> None:
    await evening.queue("已派单", kind="notice.dispatch")
    assert await evening.run() == []
    await evening.queue("您好")
    await evening.queue("已登记")
    assert await evening.run() == [], "the service wants its forty seconds"
    evening.clock.advance(seconds=41)
    assert await evening.run() == ["您好", "已登记"]
    evening.clock.advance(hours=5)
    assert await evening.run() == ["您好", "已登记"], "the night is quiet"
    evening.clock.advance(hours=5, minutes=30)
    assert await evening.run() == ["您好", "已登记", "已派单"]
    assert set(await evening.states()) == {"sent"}


async def test_what_belongs_to_it_waits_with_it(evening: Line, town: Town) -> None:
    """Newer news of the same case, and the photo that goes with them, do not overtake it."""
    async with evening.database.transaction() as session:
        contact = await upsert_contact(
            session, channel="memory", chat_key="1", now=evening.clock() - timedelta(hours=3)
        )
        case = await file_case(
            session, make_draft(), actor=Actor.bot(), town=town, now=evening.clock()
        )
        for text, kind in (
            ("已答复", "notice.reply"),
            ("照片", "file"),
            ("已办结", "notice.close"),
        ):
            await outbox.enqueue(
                session, channel="memory", chat_key="1", contact_id=contact.id, case_id=case.id,
                kind=kind, payload={"text": text, "buttons": []}, dedupe_key=kind,
                now=evening.clock(),
            )  # fmt: skip
    evening.clock.advance(hours=1)
    assert await evening.run() == []
    evening.clock.advance(hours=10)
    assert await evening.run() == ["已答复", "照片", "已办结"]


async def test_newer_news_take_along_what_waits(evening: Line, town: Town) -> None:
    """Whoever is awake hears of a case in one message, the older word first."""
    async with evening.database.transaction() as session:
        contact = await upsert_contact(session, channel="memory", chat_key="1", now=evening.clock())
        case = await file_case(
            session, make_draft(), actor=Actor.bot(), town=town, now=evening.clock()
        )
        await outbox.enqueue(
            session, channel="memory", chat_key="1", contact_id=contact.id, case_id=case.id,
            kind="notice.reply", payload={"text": "已答复", "buttons": []}, dedupe_key="reply",
            now=evening.clock(),
        )  # fmt: skip
        case_id = case.id
    assert await evening.run() == []
    async with evening.database.transaction() as session:
        held = await outbox.take_back_held(
            session, channel="memory", chat_key="1", case_id=case_id, kinds="notice."
        )
        assert [message.payload["text"] for message in held] == ["已答复"]
    async with evening.database.reading() as session:
        rows = await session.scalars(select(OutboxMessage.state))
        assert set(rows) == {"suppressed"}
