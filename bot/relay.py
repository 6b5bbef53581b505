"""Sends what the outbox holds, each chat in its order, and knows what each failure means.

A chat service has no idempotency key. So a send that was cut off is not repeated, it is marked
``uncertain``; only the request for a rating goes out once more, since it is harmless twice.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.backoff import backoff
from bot.channel import Channel, DeliveryError, Outgoing, Trouble
from bot.group_commit import GroupCommit
from bot.rate_limit import RateLimit
from bot.work_loop import WorkLoop
from cases import outbox
from cases.models import OutboxMessage
from cases.outgoing_files import KIND as FILE
from cases.quiet_hours import send_after
from cases.storage.database import Database
from cases.town import Town
from cases.use_cases.contacts import mark_unreachable, move_chat

LOGGER = logging.getLogger(__name__)
MOST_ATTEMPTS = 8
LEASE = 60.0
#: Kinds that do no harm when they arrive twice: they ask, and the same answer counts once.
HARMLESS_TWICE = frozenset({"notice.close", "notice.follow.close", "notice.rate_reminder"})
ASK_AGAIN_AFTER = timedelta(minutes=10)
STOPPED_PAUSE = 60.0
_NEWS = "notice."
#: This many "slow down" answers within a minute pause the whole channel, not one chat.
_SLOW_DOWNS = 3


class Relay:
    """Runs until stopped; ``wake`` after each commit that queued something."""

    def __init__(
        self,
        *,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        town: Callable[[], Town],
        workers: int = 16,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._town = town
        self._dice = dice
        self._limits = {name: RateLimit(c.limits) for name, c in channels.items()}
        self._paused: dict[str, float] = {}
        self._slow_downs: dict[str, list[float]] = {name: [] for name in channels}
        self._next_sweep = 0.0
        self._sent = GroupCommit(database)
        #: Looks this far ahead: a test does not wait for notices that are held for a moment.
        self.ahead = timedelta()
        self.loop = WorkLoop("outbox", self._claim, self._send, workers=workers)

    async def _claim(self, at_most: int) -> list[OutboxMessage]:
        moment = time.monotonic()
        open_channels = [n for n in self._channels if self._paused.get(n, 0.0) <= moment]
        if not open_channels:
            return []
        now = self._clock() + self.ahead
        if moment >= self._next_sweep:
            self._next_sweep = moment + LEASE / 4
            async with self._database.transaction() as session:
                await outbox.release_stale(session, now)
        async with self._database.reading() as session:
            # A look that finds nothing must not queue up for the write lock.
            if not await outbox.is_due(session, now=now, channels=open_channels):
                return []
        async with self._database.transaction() as session:
            return await outbox.claim(
                session, now=now, channels=open_channels, at_most=at_most, lease=LEASE
            )

    async def _send(self, row: OutboxMessage) -> None:
        channel = self._channels[row.channel]
        message = Outgoing.from_payload(row.id, row.chat_key, row.contact_id, row.payload)
        await asyncio.sleep(self._limits[row.channel].reserve(row.chat_key, time.monotonic()))
        try:
            external_id = await channel.send(message)
        except DeliveryError as error:
            LOGGER.warning("outbox message %s: %s", row.id, error)
            async with self._database.transaction() as session:
                await _REACTIONS[error.trouble](self, session, row, error)
            return
        except Exception as error:
            LOGGER.error("outbox message %s: %s", row.id, type(error).__name__)
            async with self._database.transaction() as session:
                await outbox.mark_uncertain(session, row.id, self._clock(), type(error).__name__)
                await _forget(session, row)
            return

        async def settle(session: AsyncSession) -> None:
            await outbox.mark_sent(session, row.id, self._clock(), external_id)
            await _forget(session, row)

        await self._sent.write(settle)

    async def _wait(self, session: AsyncSession, row: OutboxMessage, error: DeliveryError) -> None:
        """The service named a time: exactly then, and a little dice against the herd."""
        later = self._clock() + timedelta(seconds=error.wait + self._dice())
        await self._again(session, row, later, error)
        moment = time.monotonic()
        recent = [at for at in self._slow_downs[row.channel] if at > moment - 60.0]
        self._slow_downs[row.channel] = [*recent, moment]
        if len(recent) + 1 >= _SLOW_DOWNS:
            self._pause(row.channel, error.wait)

    async def _not_sent(
        self, session: AsyncSession, row: OutboxMessage, error: DeliveryError
    ) -> None:
        if row.attempts >= MOST_ATTEMPTS:
            await outbox.mark_dead(session, row.id, error.reason)
            return
        later = self._clock() + timedelta(seconds=backoff(row.attempts, chance=self._dice()))
        await self._again(session, row, later, error)

    async def _ambiguous(
        self, session: AsyncSession, row: OutboxMessage, error: DeliveryError
    ) -> None:
        if row.kind in HARMLESS_TWICE and row.attempts < 2:
            await self._again(session, row, self._clock() + ASK_AGAIN_AFTER, error)
            return
        await outbox.mark_uncertain(session, row.id, self._clock(), error.reason)
        await _forget(session, row)

    async def _refused(
        self, session: AsyncSession, row: OutboxMessage, error: DeliveryError
    ) -> None:
        await outbox.mark_dead(session, row.id, error.reason)
        await _forget(session, row)

    async def _unreachable(
        self, session: AsyncSession, row: OutboxMessage, error: DeliveryError
    ) -> None:
        """The rest of the line would fail alike: staff see all of it at once."""
        await outbox.mark_dead(session, row.id, error.reason)
        await mark_unreachable(session, row.channel, row.chat_key)

    async def _moved(self, session: AsyncSession, row: OutboxMessage, error: DeliveryError) -> None:
        """A group became a supergroup: the contact and its line move along."""
        if error.new_chat_key is None:
            await outbox.mark_dead(session, row.id, error.reason)
            return
        await move_chat(session, row.channel, row.chat_key, error.new_chat_key)
        await outbox.mark_retry(session, row.id, self._clock(), error.reason)

    async def _stopped(
        self, session: AsyncSession, row: OutboxMessage, error: DeliveryError
    ) -> None:
        LOGGER.critical("channel %s does not accept our key", row.channel)
        self._pause(row.channel, STOPPED_PAUSE)
        later = self._clock() + timedelta(seconds=STOPPED_PAUSE)
        await self._again(session, row, later, error)

    async def _again(
        self, session: AsyncSession, row: OutboxMessage, later: datetime, error: DeliveryError
    ) -> None:
        """At ``later``; but news of the day that would arrive by night waits for the morning,
        unless it is urgent or was meant for the night (its reader was awake). With it waits what
        is behind it about the same case; nothing else of its chat does."""
        again = later
        if row.kind.startswith(_NEWS) and self._is_of_the_day(row):
            again = send_after(self._town(), later, urgent=bool(row.payload.get("urgent")))
        await outbox.mark_retry(session, row.id, again, error.reason, place_until=later)
        if again == later:
            return
        for behind in await outbox.list_behind(session, row, (_NEWS, FILE)):
            if self._is_of_the_day(behind):
                behind.not_before = max(behind.not_before, again)

    def _is_of_the_day(self, row: OutboxMessage) -> bool:
        return send_after(self._town(), row.not_before) == row.not_before

    def _pause(self, channel: str, seconds: float) -> None:
        self._paused[channel] = max(self._paused.get(channel, 0.0), time.monotonic() + seconds)


async def _forget(session: AsyncSession, row: OutboxMessage) -> None:
    instead = row.payload.get("forget")
    if instead:
        await outbox.forget(session, row.id, str(instead))


_Reaction = Callable[[Relay, AsyncSession, OutboxMessage, DeliveryError], Awaitable[None]]
_REACTIONS: dict[Trouble, _Reaction] = {
    Trouble.WAIT: Relay._wait,
    Trouble.NOT_SENT: Relay._not_sent,
    Trouble.AMBIGUOUS: Relay._ambiguous,
    Trouble.REFUSED: Relay._refused,
    Trouble.UNREACHABLE: Relay._unreachable,
    Trouble.MOVED: Relay._moved,
    Trouble.STOPPED: Relay._stopped,
}
