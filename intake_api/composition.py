"""The composition root: the real database, classifier, bot and web server, started in order and
stopped in the opposite one.

    async with running(settings, door=…, starting_pool=…) as server: …    server.port, …

The only module that imports ``bot``.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from bot.service import BotService
from bot.sms_channel import hooks as sms_hooks
from bot.sms_channel.channel import SmsChannel
from bot.sms_channel.file_drop import FileDrop
from bot.sms_channel.gateway import SmsGateway
from bot.telegram_channel import TelegramSettings
from bot.telegram_channel import webhook as telegram_webhook
from bot.web_channel import add_routes as add_chat_routes
from cases.classification import Tag
from cases.settled_tag import settle_tag
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.use_cases.same_event import renew_index
from cases.use_cases.timers import run_timers
from classifier.worker_pool import ClassifierPool
from intake_api.accounts.keys import utc_now
from intake_api.app import create_app
from intake_api.retraining.folders import registry_of
from intake_api.retraining.supervisor import supervised
from intake_api.retraining.watcher import watching
from intake_api.settings import Settings
from intake_api.sweeping import sweep
from intake_api.timers import repeat
from intake_api.town_keeper import TownKeeper

SHUTDOWN_SECONDS = 10.0
TIMER_SECONDS = 60.0
SWEEP_SECONDS = 3600.0


class CaseTagger:
    """The pool behind the port of ``cases``: the domain's own type, the town's categories."""

    def __init__(self, pool: ClassifierPool, town: TownKeeper) -> None:
        self._pool = pool
        self._town = town

    async def classify(self, text: str) -> Tag:
        """Tag one text; raises what the pool raises."""
        tag = Tag.from_dict((await self._pool.classify(text)).to_dict())
        return settle_tag(tag, self._town())


@dataclass
class RunningServer:
    """What a caller may want of a running process; ``port`` is None without the role ``api``."""

    settings: Settings
    database: Database
    town: TownKeeper
    port: int | None = None

    @property
    def address(self) -> str:
        """What to put before a path in a link, with the port really taken."""
        return self.settings.address_at(self.port)


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    door: socket.socket | None,
    starting_pool: Awaitable[ClassifierPool | None],
) -> AsyncIterator[RunningServer]:
    """Everything that the roles of ``settings`` need, up and answering inside the block.

    ``door`` is the bound port of the role ``api``; ``starting_pool`` gives the classifier once
    its process is warm (``startup`` began both before this module was even imported).
    """
    async with AsyncExitStack() as stack:
        database = await _open_database(settings, stack)
        town = TownKeeper(database)
        await town.load()
        pool = await starting_pool
        server = RunningServer(settings, database, town)
        sms = _build_sms(settings)
        stack.push_async_callback(sms.close)
        bot = _build_bot(settings, database, town, pool, sms)
        if settings.runs("worker"):
            stack.enter_context(
                repeat("timers", TIMER_SECONDS, lambda: run_timers(database, town(), utc_now))
            )
            stack.enter_context(
                repeat(
                    "same event",
                    SWEEP_SECONDS,
                    lambda: renew_index(database, town(), utc_now()),
                )
            )
            stack.enter_context(repeat("sweep", SWEEP_SECONDS, lambda: sweep(database, utc_now())))
            await stack.enter_async_context(supervised(database, settings))
        if pool is not None:
            await stack.enter_async_context(watching(pool, registry_of(settings), database))
        await bot.start(
            engine=settings.runs("bot"), relay=settings.runs("worker"), polling=settings.runs("bot")
        )
        stack.push_async_callback(bot.stop)
        if door is not None:
            assert pool is not None
            app = create_app(
                settings, database=database, tagger=pool, town_provider=town, on_write=bot.wake
            )
            add_chat_routes(app, bot)
            telegram_webhook.add_routes(app, bot.telegram)
            sms_hooks.add_routes(app, _sms_hooks(settings, database, town, bot))
            server.port = await _listen(app, door, stack)
        refresh = asyncio.create_task(town.keep_fresh())
        stack.callback(refresh.cancel)
        yield server


async def _open_database(settings: Settings, stack: AsyncExitStack) -> Database:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # Alembic blocks; nobody is served yet, but a signal must still be heard.
    await asyncio.to_thread(upgrade_schema, settings.database)
    database = Database(settings.database)
    stack.push_async_callback(database.close)
    return database


def _build_bot(
    settings: Settings,
    database: Database,
    town: TownKeeper,
    pool: ClassifierPool | None,
    sms: SmsChannel,
) -> BotService:
    telegram = None
    if settings.telegram_token is not None:
        secret = settings.telegram_webhook_secret
        telegram = TelegramSettings(
            token=settings.telegram_token.get_secret_value(),
            api_url=settings.telegram_api_url,
            webhook_url=settings.telegram_webhook_url,
            webhook_secret=secret.get_secret_value() if secret else None,
        )
    return BotService(
        database=database,
        classifier=CaseTagger(pool, town) if pool else _NoTagger(),
        town_provider=town,
        data_dir=settings.data_dir,
        telegram=telegram,
        channels=(sms,),
    )


def _build_sms(settings: Settings) -> SmsChannel:
    """The provider's gateway, or the files; the numbers of a demo are somebody's: always files."""
    if settings.sms_url and settings.sms_secret and not settings.demo:
        from bot.sms_channel.webhook import SignedWebhook

        gateway: SmsGateway = SignedWebhook(
            settings.sms_url, settings.sms_secret.get_secret_value()
        )
    else:
        gateway = FileDrop(
            settings.data_dir / "sms", clock=lambda: utc_now().astimezone(settings.timezone)
        )
    return SmsChannel(gateway, public_url=settings.public_url)


def _sms_hooks(
    settings: Settings, database: Database, town: TownKeeper, bot: BotService
) -> sms_hooks.SmsHooks | None:
    if settings.sms_secret is None:
        return None
    return sms_hooks.SmsHooks(
        settings.sms_secret.get_secret_value(), database, town, utc_now, bot.wake
    )


class _NoTagger:
    """Stands where the role has no engine; nothing asks it."""

    async def classify(self, text: str) -> Tag:
        """Never called without the role ``bot``."""
        raise RuntimeError("this role tags nothing")


async def _listen(app: web.Application, door: socket.socket, stack: AsyncExitStack) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.SockSite(runner, door)
    await site.start()
    port: int = runner.addresses[0][1]
    return port
