"""The durable inbox: what a citizen sent is committed before it is acknowledged.

``receive`` is idempotent by (channel, external id): channels send again what they are not
sure we got. One chat is worked off in the order it wrote; different chats side by side. A
message whose handling fails three times is kept as ``dead`` for staff, never dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cases.models import InboxMessage
from cases.storage.insert import insert_or_ignore
from cases.storage.types import UtcDateTime

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
    at_most: int = 1,
    lease: float = 60,
    channels: Sequence[str] | None = None,
) -> list[InboxMessage]:
    """Lease the oldest messages that head their chats: no two of one chat.

    Another worker takes over when the lease (seconds) runs out without ``finish``.
    """
    chosen = _claimable(tuple(channels) if channels else None, at_most)
    messages = list(await session.scalars(chosen, {"now": now}))
    for message in messages:
        message.leased_until = now + timedelta(seconds=lease)
        message.attempts += 1
    await session.flush()
    return messages


async def is_waiting(session: AsyncSession, *, now: datetime) -> bool:
    """Whether looking for a message to claim is worth a writing transaction."""
    return await session.scalar(_waiting(), {"now": now}) is not None


# Built once: putting such a query together takes longer than its execution.
@lru_cache
def _waiting() -> Select[int]:
    return select(InboxMessage.id).where(InboxMessage.state == "new", _free()).limit(1)


@lru_cache
def _claimable(channels: tuple[str, ...] | None, at_most: int) -> Select[InboxMessage]:
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
            _free(),
            or_(InboxMessage.not_before.is_(None), InboxMessage.not_before <= _now()),
            ~waiting,
        )
        .order_by(InboxMessage.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    return query.where(InboxMessage.channel.in_(channels)) if channels else query


def _free() -> ColumnElement[bool]:
    return or_(InboxMessage.leased_until.is_(None), InboxMessage.leased_until < _now())


def _now() -> BindParameter[datetime]:
    return bindparam("now", type_=UtcDateTime())


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
