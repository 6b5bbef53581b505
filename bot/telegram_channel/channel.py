"""The Telegram channel: starting, stopping, and the ``Channel`` the engine and relay see."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from telegram import Bot, BotCommand
from telegram.constants import ChatAction
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application

from bot.backoff import backoff
from bot.channel import Limits, Outgoing
from bot.incoming import Incoming, IncomingFile
from bot.telegram_channel.files import fetch_file
from bot.telegram_channel.intake import TelegramIntake
from bot.telegram_channel.polling import Poller
from bot.telegram_channel.sending import edit_message, send_message
from bot.telegram_channel.sending_files import send_file
from bot.telegram_channel.settings import TelegramSettings
from bot.telegram_channel.updates import KINDS, read_update
from bot.texts import LANGUAGES, load_texts
from cases.storage.database import Database

LOGGER = logging.getLogger(__name__)
COMMANDS = (
    "start",
    "help",
    "status",
    "cases",
    "cancel",
    "human",
    "privacy",
    "lang",
    "stop",
    "mydata",
    "delete_my_data",
)

_FIRST_LOOK = 3.0
_LOOK_EVERY = 60.0


def build_application(settings: TelegramSettings) -> Application[Any, Any, Any, Any, Any, Any]:
    """The library's application: its client, without updater, handlers or job queue."""
    return (
        Application.builder()
        .token(settings.token)
        .base_url(f"{settings.root}/bot")
        .base_file_url(f"{settings.root}/file/bot")
        .updater(None)
        .job_queue(None)
        .connect_timeout(5.0)
        .read_timeout(settings.answer_seconds)
        .pool_timeout(5.0)
        .build()
    )


class TelegramChannel:
    """One bot. ``on_received`` is called after each commit of something new."""

    name = "telegram"
    limits = Limits(overall=25.0, per_chat=1.0, burst=3)

    def __init__(
        self,
        settings: TelegramSettings,
        *,
        database: Database,
        data_dir: Path,
        clock: Callable[[], datetime],
        on_received: Callable[[], None],
    ) -> None:
        self.settings = settings
        self._data_dir = data_dir
        self._application = build_application(settings)
        self._task: asyncio.Task[None] | None = None
        self._registered = asyncio.Event()
        self.intake = TelegramIntake(
            database=database, clock=clock, on_received=on_received, answer=self._answer
        )

    @property
    def bot(self) -> Bot:
        """The library's client."""
        bot: Bot = self._application.bot
        return bot

    async def wait_until_registered(self, within: float) -> None:
        """Wait a moment for Telegram to know our address, if we are about to tell it."""
        if self._task is not None and self.settings.full_webhook_url is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._registered.wait(), within)

    def start(self, *, polling: bool) -> None:
        """Greet Telegram in the background: an outage there must not stop the other channels.

        ``polling=False`` leaves receiving to another process; with a webhook the address is
        registered, otherwise it is taken back and updates are polled.
        """
        self._task = asyncio.create_task(self._run(receiving=polling), name="bot-telegram")

    async def stop_receiving(self) -> None:
        """Take no more updates; sending still works."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.intake.close()

    async def close(self) -> None:
        """Close the connections."""
        try:
            await self._application.shutdown()
            # Does nothing of that when greeting Telegram never succeeded.
            await self.bot.shutdown()
        except (TelegramError, RuntimeError) as error:
            LOGGER.info("Telegram client closed with %s", type(error).__name__)

    def read(
        self, payload: dict[str, Any], *, chat_key: str, received_at: datetime
    ) -> Incoming | None:
        """See ``bot.channel.Channel``."""
        return read_update(payload, chat_key=chat_key, received_at=received_at)

    async def fetch(self, file: IncomingFile) -> IncomingFile:
        """See ``bot.channel.Channel``."""
        return await fetch_file(
            self.bot, file, data_dir=self._data_dir, within=self.settings.download_seconds
        )

    async def send(self, message: Outgoing) -> str | None:
        """See ``bot.channel.Channel``."""
        if message.edits is not None:
            return await edit_message(self.bot, message)
        if message.file is not None:
            return await send_file(self.bot, message, data_dir=self._data_dir)
        return await send_message(self.bot, message)

    async def show_typing(self, chat_key: str) -> None:
        """See ``bot.channel.Channel``; Telegram shows it for five seconds."""
        try:
            await self.bot.send_chat_action(int(chat_key), ChatAction.TYPING)
        except Exception as error:
            LOGGER.debug("typing not shown: %s", type(error).__name__)

    def link_to(self, payload: str) -> str | None:
        """See ``bot.channel.Channel``; not before Telegram told us our name."""
        name = self.intake.bot_name
        return f"https://t.me/{name}?start={payload}" if name else None

    async def _answer(self, callback_id: str) -> None:
        await self.bot.answer_callback_query(callback_id)

    async def _run(self, *, receiving: bool) -> None:
        await self._greet()
        if not receiving:
            return
        url = self.settings.full_webhook_url
        if url is not None:
            await self._register(url)
            self._registered.set()
            await self._set_commands()
            await self._watch_webhook(url)
            return
        await self._best_effort("deleteWebhook", self.bot.delete_webhook())
        await self._set_commands()
        await Poller(self.bot, self.intake, seconds=self.settings.poll_seconds).run()

    async def _greet(self) -> None:
        """getMe until it answers: wrong keys and outages are waited out, loudly."""
        attempt = 0
        while True:
            try:
                await self._application.initialize()
            except Exception as error:
                attempt += 1
                level = logging.CRITICAL if isinstance(error, InvalidToken) else logging.WARNING
                LOGGER.log(level, "Telegram does not answer: %s", type(error).__name__)
                await asyncio.sleep(1.0 + backoff(attempt, longest=60.0))
                continue
            try:
                self.intake.bot_name = self.bot.bot.username
            except (AttributeError, RuntimeError):
                self.intake.bot_name = None
            return

    async def _register(self, url: str) -> None:
        """The webhook, until it stands: without it nothing arrives."""
        attempt = 0
        while not await self._best_effort(
            "setWebhook",
            self.bot.set_webhook(
                url, secret_token=self.settings.webhook_secret, allowed_updates=list(KINDS)
            ),
        ):
            attempt += 1
            await asyncio.sleep(1.0 + backoff(attempt, longest=60.0))

    async def _watch_webhook(self, url: str) -> None:
        """Register again when somebody took the address away, or updates pile up there."""
        pause = _FIRST_LOOK
        while True:
            await asyncio.sleep(pause)
            pause = _LOOK_EVERY
            try:
                info = await self.bot.get_webhook_info()
            except Exception as error:
                LOGGER.info("getWebhookInfo: %s", type(error).__name__)
                continue
            if info.url != url or info.pending_update_count:
                await self._register(url)

    async def _set_commands(self) -> None:
        for language in LANGUAGES:
            texts = load_texts(language)
            commands = [BotCommand(name, texts.say(f"commands.{name}")) for name in COMMANDS]
            code = None if language == "zh" else language
            request = self.bot.set_my_commands(commands, language_code=code)
            if not await self._best_effort("setMyCommands", request):
                return

    async def _best_effort(self, name: str, request: Any) -> bool:
        try:
            await request
        except Exception as error:  # also an answer that cannot be read
            LOGGER.warning("%s: %s", name, type(error).__name__)
            return False
        return True
