"""When news ring, what of a burst is told, and what is found and forgotten about a citizen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cases import outbox
from cases.models import Case, Contact, OutboxMessage
from cases.notifications import notify_contact
from cases.quiet_hours import send_after
from cases.storage.database import Database
from cases.testing import make_draft
from cases.town import Town
from cases.use_cases.contacts import upsert_contact
from cases.use_cases.file_case import file_case

from cases.actors import Actor  # isort: skip


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    """A moment by the town's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        (at(9), at(9)),
        (at(21, 29), at(21, 29)),
        (at(21, 30), at(8, day=24)),
        (at(23, 59), at(8, day=24)),
        (at(0), at(8)),
        (at(7, 59), at(8)),
        (at(8), at(8)),
    ],
)
def test_the_night_ends_at_eight(town: Town, now: datetime, allowed: datetime) -> None:
    assert send_after(town, now) == allowed
    assert send_after(town, now, urgent=True) == now
    assert send_after(town, now, awake=True) == now


def test_quiet_hours_within_one_day_and_none(town: Town) -> None:
    def with_hours(begins: str, ends: str) -> Town:
        rules = {**town.policy["notices"], "quiet_from": begins, "quiet_until": ends}
        return replace(town, policy={**town.policy, "notices": rules})

    noon = with_hours("12:00", "14:00")
    assert send_after(noon, at(13)) == at(14)
    assert send_after(noon, at(11)) == at(11)
    assert send_after(with_hours("08:00", "08:00"), at(3)) == at(3)


async def make_case(database: Database, town: Town, now: datetime, **contact: Any) -> int:
    async with database.transaction() as session:
        row = await upsert_contact(session, channel="test", chat_key="c1", now=now)
        for name, value in contact.items():
            setattr(row, name, value)
        case = await file_case(
            session, make_draft(contact_id=row.id), actor=Actor.bot(), town=town, now=now
        )
        return case.id


async def tell(
    database: Database, town: Town, case_id: int, now: datetime, kind: str, **more: Any
) -> None:
    async with database.transaction() as session:
        case = await session.get_one(Case, case_id)
        await notify_contact(
            session, case, kind=f"notice.{kind}", text=f"{kind}。", dedupe_key=f"{kind}:{now}",
            now=now, town=town, **more,
        )  # fmt: skip


async def queued(database: Database) -> list[OutboxMessage]:
    async with database.reading() as session:
        rows = select(OutboxMessage).where(OutboxMessage.state == "queued")
        return list(await session.scalars(rows.order_by(OutboxMessage.id)))


async def test_burst_is_one_message_with_what_is_still_news(database: Database, town: Town) -> None:
    now = at(10)
    case = await make_case(database, town, now)
    buttons = [[{"label": "满意", "data": "v1:rate:1:1:5"}]]
    for seconds, kind in enumerate(("accept", "reply", "close")):
        then = now + timedelta(seconds=seconds)
        await tell(database, town, case, then, kind, buttons=buttons if kind == "close" else None)
    (message,) = await queued(database)
    assert message.payload["text"] == "reply。\nclose。"
    assert message.payload["buttons"] == buttons
    hold = timedelta(seconds=town.policy["notices"]["hold_seconds"])
    assert message.not_before == now + hold, "later news do not push the first ones away"


async def test_what_was_tried_already_is_not_taken_back(database: Database, town: Town) -> None:
    now = at(10)
    case = await make_case(database, town, now)
    await tell(database, town, case, now, "reply")
    later = now + timedelta(minutes=1)
    async with database.transaction() as session:
        assert await outbox.claim(session, now=later, channels=["test"])
    await tell(database, town, case, later, "close")
    (message,) = await queued(database)
    assert message.payload["text"] == "close。"


async def test_held_news_do_not_block_an_answer(database: Database, town: Town) -> None:
    night = at(22)
    case = await make_case(database, town, at(10))
    await tell(database, town, case, night, "close")
    async with database.transaction() as session:
        await outbox.enqueue(
            session, channel="test", chat_key="c1", kind="reply", payload={"text": "答"},
            dedupe_key="answer", now=night,
        )  # fmt: skip
        (message,) = await outbox.claim(session, now=night, channels=["test"])
    assert message is not None
    assert message.payload["text"] == "答"
    async with database.transaction() as session:
        await outbox.mark_sent(session, message.id, night)
        assert not await outbox.claim(session, now=night, channels=["test"])
        (morning,) = await outbox.claim(session, now=at(8, day=24), channels=["test"])
    assert morning is not None
    assert morning.payload["text"] == "close。"


async def test_failed_message_keeps_its_place_in_the_line(database: Database, town: Town) -> None:
    now = at(10)
    for text in ("一", "二"):
        async with database.transaction() as session:
            await outbox.enqueue(
                session, channel="test", chat_key="c1", kind="reply", payload={"text": text},
                dedupe_key=text, now=now,
            )  # fmt: skip
    async with database.transaction() as session:
        (first,) = await outbox.claim(session, now=now, channels=["test"])
        assert first is not None
        await outbox.mark_retry(session, first.id, now + timedelta(minutes=1), "later")
    async with database.transaction() as session:
        assert not await outbox.claim(session, now=now, channels=["test"])


@pytest.mark.parametrize("contact", [{"muted": True}, {"reachable": False}])
async def test_nobody_is_told_who_does_not_want_or_cannot(
    database: Database, town: Town, contact: dict[str, Any]
) -> None:
    case = await make_case(database, town, at(10), **contact)
    await tell(database, town, case, at(11), "close")
    assert await queued(database) == []


async def test_somebody_awake_hears_at_night(database: Database, town: Town) -> None:
    case = await make_case(database, town, at(22, 0))
    await tell(database, town, case, at(22, 10), "close")
    (message,) = await queued(database)
    assert message.not_before <= at(22, 11)
    async with database.reading() as session:
        assert (await session.scalars(select(Contact))).one().seen_at == at(22, 0)
