"""The bot as one thing to start and stop: engine, relay and channels over one database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bot.channel import Channel
from bot.engine import Engine
from bot.log_filter import TokenRedactingFilter, install_redaction, remove_redaction
from bot.loose_ends import LOOK_EVERY, remind_of_unanswered
from bot.relay import LEASE, Relay
from bot.telegram_channel import TelegramSettings
from bot.web_channel.channel import WebChannel
from cases import inbox, outbox
from cases.classification import Classifier
from cases.storage.database import Database
from cases.town import Town

if TYPE_CHECKING:
    from bot.telegram_channel.channel import TelegramChannel

LOGGER = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class BotService:
    """Built by the composition root; nothing runs before ``start``.

    ``town_provider`` gives the town's present snapshot. ``telegram=None`` leaves Telegram out.
    ``channels`` adds further ones (or a test's). Wherever the database is shared by several
    processes, each may run the parts it likes: the rows are claimed.
    """

    def __init__(
        self,
        *,
        database: Database,
        classifier: Classifier,
        town_provider: Callable[[], Town],
        data_dir: Path,
        telegram: TelegramSettings | None = None,
        channels: tuple[Channel, ...] = (),
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database = database
        self._clock = clock
        self.town = town_provider
        self.web = WebChannel(
            database=database, data_dir=data_dir, clock=clock, on_received=self.wake
        )
        self.telegram: TelegramChannel | None = None
        if telegram is not None:
            from bot.telegram_channel.channel import TelegramChannel

            self.telegram = TelegramChannel(
                telegram,
                database=database,
                data_dir=data_dir,
                clock=clock,
                on_received=self.wake,
            )
        known: list[Channel] = [self.web, *([self.telegram] if self.telegram else []), *channels]
        by_name = {channel.name: channel for channel in known}
        self._channels = by_name
        self.relay = Relay(database=database, channels=by_name, clock=clock, town=town_provider)
        self.engine = Engine(
            database=database,
            classifier=classifier,
            town=town_provider,
            channels=by_name,
            clock=clock,
            on_answer=self.relay.loop.wake,
        )
        self._running: list[Engine | Relay] = []
        self._redaction: TokenRedactingFilter | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, *, engine: bool = True, relay: bool = True, polling: bool = True) -> None:
        """Start the parts asked for. ``polling`` is receiving from Telegram, by either way.

        On SQLite we are the only worker: what a killed process held is free at once. Elsewhere
        another process may hold it, and leases run out by themselves.
        """
        if self.telegram is not None:
            self._redaction = install_redaction(self.telegram.settings.token)
        if self._database.is_sqlite:
            await self._release_leases(engine=engine, relay=relay)
        if engine:
            self._running.append(self.engine)
            self._sweeper = asyncio.create_task(self._sweep(), name="bot-loose-ends")
        if relay:
            self._running.append(self.relay)
        for part in self._running:
            part.loop.start()
        if self.telegram is not None and (polling or relay or engine):
            self.telegram.start(polling=polling)

    async def stop(self, within: float = 10.0) -> None:
        """Take nothing new, finish what is in flight, close the channels."""
        if self.telegram is not None:
            await self.telegram.stop_receiving()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
            self._sweeper = None
        await self.web.listeners.close()
        # The engine first: its last answers still go out if there is time.
        for part in self._running:
            await part.loop.stop(within)
        self._running.clear()
        if self.telegram is not None:
            await self.telegram.close()
        if self._redaction is not None:
            remove_redaction(self._redaction)
            self._redaction = None

    def wake(self) -> None:
        """Something came in, or a use case queued a notice: look now instead of in a second."""
        self.engine.loop.wake()
        self.relay.loop.wake()

    async def settle(self) -> None:
        """Work off inbox and outbox until both are empty, without the loops and without waiting
        for the end of a burst; what the night holds back stays. For tests."""
        await asyncio.sleep(0)
        await self.engine.loop.drain()
        self.relay.ahead = timedelta(seconds=self._hold_seconds())
        try:
            await self.relay.loop.drain()
        finally:
            self.relay.ahead = timedelta()

    def _hold_seconds(self) -> int:
        return int(self.town().policy.get("notices", {}).get("hold_seconds", 0))

    async def remind(self) -> None:
        """File what was said before a question that nobody answered."""
        names = tuple(self._channels)
        hours = float(self.town().policy["citizen"]["draft_hours"])
        if await remind_of_unanswered(
            self._database, channels=names, clock=self._clock, draft_hours=hours
        ):
            self.wake()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.remind()
            except Exception as error:
                LOGGER.error("loose ends not looked for: %s", type(error).__name__)

    async def _release_leases(self, *, engine: bool, relay: bool) -> None:
        async with self._database.transaction() as session:
            if engine:
                await inbox.release_stale(session)
            if relay:
                held = self._clock() + timedelta(seconds=LEASE)
                cut_off = await outbox.release_stale(session, held)
                if cut_off:
                    LOGGER.warning("%d messages were cut off while sending; sent again", cut_off)
