"""The transactional outbox: a notice is a row of the transaction that decided it.

Sending happens later and elsewhere (``bot.relay``). One chat gets its messages in order: the
head of the line is leased, the rest of that chat waits. ``dedupe_key`` makes "the same
notice twice" impossible to write.

A notice may be held back (quiet hours, a burst still going on). Held back it blocks nobody: the
answer to a question asked at midnight does not wait for the morning's news. What failed keeps its
place in the line until it would have been tried again (``leased_until``); put off beyond that, to
the morning, it is held back like any other.

A chat service has no idempotency key, so exactly-once cannot be had: a send that was cut off
is ``uncertain``, not silently sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cases.models import OutboxMessage
from cases.storage.insert import insert_or_ignore
from cases.storage.types import UtcDateTime


async def enqueue(
    session: AsyncSession,
    *,
    channel: str,
    chat_key: str,
    kind: str,
    payload: dict[str, Any],
    dedupe_key: str,
    now: datetime,
    contact_id: int | None = None,
    case_id: int | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Write one message to be sent. ``False``: this very message was written before.

    ``payload``: ``{"text": str, "buttons": [[{"label": str, "data": str}]]}``.
    """
    return await insert_or_ignore(
        session,
        OutboxMessage,
        channel=channel,
        chat_key=chat_key,
        contact_id=contact_id,
        case_id=case_id,
        kind=kind,
        payload=payload,
        dedupe_key=dedupe_key,
        state="queued",
        attempts=0,
        not_before=not_before or now,
        created_at=now,
    )


async def claim(
    session: AsyncSession,
    *,
    now: datetime,
    channels: Sequence[str],
    at_most: int = 1,
    lease: float = 60,
) -> list[OutboxMessage]:
    """Lease the oldest messages that are due and head their chats: no two of one chat."""
    chosen = _claimable(tuple(channels), at_most)
    messages = list(await session.scalars(chosen, {"now": now}))
    for message in messages:
        message.state = "leased"
        message.leased_until = now + timedelta(seconds=lease)
        message.attempts += 1
    await session.flush()
    return messages


async def is_due(session: AsyncSession, *, now: datetime, channels: Sequence[str]) -> bool:
    """Whether looking for a message to claim is worth a writing transaction."""
    return await session.scalar(_due(tuple(channels)), {"now": now}) is not None


# Built once: putting such a query together takes longer than its execution.
@lru_cache
def _due(channels: tuple[str, ...]) -> Select[int]:
    return (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.state == "queued",
            OutboxMessage.channel.in_(channels),
            OutboxMessage.not_before <= _now(),
        )
        .limit(1)
    )


@lru_cache
def _claimable(channels: tuple[str, ...], at_most: int) -> Select[OutboxMessage]:
    earlier = aliased(OutboxMessage)
    waiting = exists().where(
        and_(
            earlier.state.in_(("queued", "leased")),
            earlier.channel == OutboxMessage.channel,
            earlier.chat_key == OutboxMessage.chat_key,
            earlier.id < OutboxMessage.id,
            or_(
                earlier.state == "leased",
                earlier.not_before <= _now(),
                # A row that failed and waits for its next try keeps its place in the line.
                earlier.leased_until > _now(),
            ),
        )
    )
    return (
        select(OutboxMessage)
        .where(
            OutboxMessage.state == "queued",
            OutboxMessage.channel.in_(channels),
            OutboxMessage.not_before <= _now(),
            ~waiting,
        )
        .order_by(OutboxMessage.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )


def _now() -> BindParameter[datetime]:
    return bindparam("now", type_=UtcDateTime())


async def take_back_held(
    session: AsyncSession, *, channel: str, chat_key: str, case_id: int, kinds: str
) -> list[OutboxMessage]:
    """Messages about a case that nobody tried to send yet or that were put off, oldest first, now
    ``suppressed``: whoever asks writes one message in their place. ``kinds`` is the beginning of
    their kind."""
    held = list(
        await session.scalars(
            select(OutboxMessage)
            .where(
                OutboxMessage.state == "queued",
                OutboxMessage.channel == channel,
                OutboxMessage.chat_key == chat_key,
                OutboxMessage.case_id == case_id,
                or_(
                    OutboxMessage.attempts == 0,
                    OutboxMessage.leased_until < OutboxMessage.not_before,
                ),
                OutboxMessage.kind.startswith(kinds, autoescape=True),
            )
            .order_by(OutboxMessage.id)
            .with_for_update(skip_locked=True)
        )
    )
    for message in held:
        message.state = "suppressed"
    await session.flush()
    return held


async def mark_sent(
    session: AsyncSession,
    message_id: int,
    now: datetime,
    external_id: str | None = None,
) -> None:
    """It arrived."""
    await _settle(session, message_id, state="sent", sent_at=now, external_id=external_id)


async def mark_retry(
    session: AsyncSession,
    message_id: int,
    not_before: datetime,
    error: str,
    *,
    place_until: datetime | None = None,
) -> None:
    """It certainly did not arrive; try again at ``not_before``. Until then, or until
    ``place_until`` where it is put off to the morning, the rest of its chat waits."""
    values = {"not_before": not_before, "leased_until": place_until or not_before}
    await _settle(session, message_id, state="queued", error=error[:500], **values)


async def list_behind(
    session: AsyncSession, message: OutboxMessage, kinds: Sequence[str]
) -> list[OutboxMessage]:
    """What waits behind a message about the same case and was never tried, oldest first.
    ``kinds`` are the beginnings of their kinds."""
    if message.case_id is None:
        return []
    rows = await session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.state == "queued",
            OutboxMessage.channel == message.channel,
            OutboxMessage.chat_key == message.chat_key,
            OutboxMessage.case_id == message.case_id,
            OutboxMessage.id > message.id,
            OutboxMessage.attempts == 0,
            or_(*(OutboxMessage.kind.startswith(kind, autoescape=True) for kind in kinds)),
        )
        .order_by(OutboxMessage.id)
        .with_for_update(skip_locked=True)
    )
    return list(rows)


async def mark_uncertain(session: AsyncSession, message_id: int, now: datetime, error: str) -> None:
    """It may have arrived: sending again could tell the citizen twice."""
    await _settle(session, message_id, state="uncertain", sent_at=now, error=error[:500])


async def mark_dead(session: AsyncSession, message_id: int, error: str) -> None:
    """It cannot be sent; staff see it and reach the citizen another way."""
    await _settle(session, message_id, state="dead", error=error[:500])


async def forget(session: AsyncSession, message_id: int, instead: str) -> None:
    """The last word to somebody who is to be forgotten: once it is out, so is the address."""
    await _settle(
        session, message_id, chat_key=instead, payload={"text": ""}, external_id=None
    )  # fmt: skip


async def release_stale(session: AsyncSession, now: datetime) -> int:
    """Leases that ran out: the process died while sending, so the outcome is unknown.

    They are queued once more with ``ambiguous`` set in the payload: at least once, and marked
    where it may have been twice. Returns how many.
    """
    stale = list(
        await session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.state == "leased", OutboxMessage.leased_until <= now)
            .with_for_update(skip_locked=True)
        )
    )
    for message in stale:
        message.state = "queued"
        message.leased_until = None
        message.payload = {**message.payload, "ambiguous": True}
        message.error = "sending was cut off; sent again"
    await session.flush()
    return len(stale)


async def _settle(session: AsyncSession, message_id: int, **values: Any) -> None:
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id)
        .values(**{"leased_until": None, **values})
        .execution_options(synchronize_session=False)
    )
