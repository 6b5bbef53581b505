"""The durable inbox: what a citizen sent is committed before it is acknowledged.

``receive`` is idempotent by (channel, external id): channels send again what they are not
sure we got. One chat is worked off in the order it wrote; different chats side by side. A
message whose handling fails three times is kept as ``dead`` for staff, never dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cases.models import InboxMessage
from cases.storage.insert import insert_or_ignore

MOST_ATTEMPTS = 3
_MOST_BEHIND = 20


async def receive(
    session: AsyncSession,
    *,
    channel: str,
    external_id: str,
    chat_key: str,
    payload: dict[str, Any],
    now: datetime,
    dead_because: str | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Keep one incoming message. ``False``: it is already here.

    ``dead_because`` keeps something that cannot be handled at all (malformed), for staff.
    ``not_before`` lets it, and the chat behind it, wait for more of the same.
    """
    return await insert_or_ignore(
        session,
        InboxMessage,
        channel=channel,
        external_id=external_id,
        chat_key=chat_key,
        payload=payload,
        state="dead" if dead_because else "new",
        error=dead_because,
        attempts=0,
        not_before=not_before,
        received_at=now,
    )


async def claim(
    session: AsyncSession,
    *,
    now: datetime,
    lease: float = 60,
    channels: Sequence[str] | None = None,
) -> InboxMessage | None:
    """Lease the oldest message that heads its chat, or ``None``.

    Another worker takes over when the lease (seconds) runs out without ``finish``.
    """
    message = await session.scalar(_claimable(now, channels))
    if message is None:
        return None
    message.leased_until = now + timedelta(seconds=lease)
    message.attempts += 1
    await session.flush()
    return message


async def is_waiting(session: AsyncSession, *, now: datetime) -> bool:
    """Whether looking for a message to claim is worth a writing transaction."""
    free = or_(InboxMessage.leased_until.is_(None), InboxMessage.leased_until < now)
    waiting = await session.scalar(
        select(InboxMessage.id).where(InboxMessage.state == "new", free).limit(1)
    )
    return waiting is not None


def _claimable(now: datetime, channels: Sequence[str] | None) -> Select[InboxMessage]:
    earlier = aliased(InboxMessage)
    waiting = exists().where(
        and_(
            earlier.state == "new",
            earlier.channel == InboxMessage.channel,
            earlier.chat_key == InboxMessage.chat_key,
            earlier.id < InboxMessage.id,
        )
    )
    query = (
        select(InboxMessage)
        .where(
            InboxMessage.state == "new",
            or_(InboxMessage.leased_until.is_(None), InboxMessage.leased_until < now),
            or_(InboxMessage.not_before.is_(None), InboxMessage.not_before <= now),
            ~waiting,
        )
        .order_by(InboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return query.where(InboxMessage.channel.in_(channels)) if channels else query


async def waiting_behind(session: AsyncSession, message: InboxMessage) -> list[InboxMessage]:
    """What the same chat sent after ``message`` and is not handled yet, oldest first."""
    rows = await session.scalars(
        select(InboxMessage)
        .where(
            InboxMessage.state == "new",
            InboxMessage.channel == message.channel,
            InboxMessage.chat_key == message.chat_key,
            InboxMessage.id > message.id,
        )
        .order_by(InboxMessage.id)
        .limit(_MOST_BEHIND)
    )
    return list(rows)


async def finish(session: AsyncSession, message_id: int, now: datetime) -> bool:
    """Mark it handled. ``False``: somebody else already did, so undo what you did here."""
    done = await session.execute(
        update(InboxMessage)
        .where(InboxMessage.id == message_id, InboxMessage.state == "new")
        .values(state="done", done_at=now, leased_until=None, error=None)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


async def fail(session: AsyncSession, message_id: int, error: str, now: datetime) -> bool:
    """Give it back for another try a little later. ``True``: it is dead now."""
    message = await session.get(InboxMessage, message_id, populate_existing=True)
    if message is None or message.state != "new":
        return False
    message.error = error[:500]
    message.leased_until = None
    message.not_before = now + timedelta(seconds=2 ** min(message.attempts, 6))
    if message.attempts >= MOST_ATTEMPTS:
        message.state = "dead"
    await session.flush()
    return message.state == "dead"


async def release_stale(session: AsyncSession) -> int:
    """After a restart of the only worker: whatever it held is free again."""
    done = await session.execute(
        update(InboxMessage)
        .where(InboxMessage.state == "new", InboxMessage.leased_until.is_not(None))
        .values(leased_until=None)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]
