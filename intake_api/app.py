"""The web application, built from what it is given.

    create_app(settings, *, database, tagger, town_provider, …) -> web.Application

Nothing is opened here: database, classifier and bot are handed in, running or to be started by
``composition``. Tests hand in fakes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from aiohttp import web
from prometheus_client import CollectorRegistry

from cases.addresses.keeper import NameKeeper
from cases.storage.database import Database
from intake_api.accounts import keys
from intake_api.accounts.passwords import Passwords
from intake_api.accounts.secret_key import load_secret
from intake_api.middleware.access import build_access
from intake_api.middleware.errors import answer_errors
from intake_api.middleware.headers import add_headers
from intake_api.middleware.waking import build_waking
from intake_api.openapi import add_operations
from intake_api.pages import add_pages
from intake_api.rendering import setup_rendering
from intake_api.routes import all_operations
from intake_api.settings import Settings
from intake_api.static_files import add_static


def _nobody() -> None:
    """Nobody waits for notices in this process."""


def create_app(
    settings: Settings,
    *,
    database: Database,
    tagger: keys.Tagger,
    town_provider: keys.TownProvider,
    passwords: Passwords | None = None,
    clock: keys.Clock = keys.utc_now,
    secret: bytes | None = None,
    on_write: Callable[[], None] = _nobody,
) -> web.Application:
    """An application that serves API and pages; whoever runs it owns what was handed in.

    ``on_write`` is called after each successful write: a notice may wait in the outbox.
    """
    registry = CollectorRegistry()
    app = web.Application(
        middlewares=[build_access(registry), answer_errors, build_waking(on_write)],
        client_max_size=settings.max_body_kib * 1024,
    )
    app[keys.SETTINGS] = settings
    app[keys.DATABASE] = database
    app[keys.TAGGER] = tagger
    app[keys.TOWN] = town_provider
    app[keys.NAMES] = NameKeeper()
    app[keys.CLOCK] = clock
    app[keys.SECRET] = secret or load_secret(settings)
    app[keys.METRICS] = registry
    app[keys.DRAINING] = []
    app[keys.PASSWORDS] = passwords or Passwords()
    setup_rendering(app)
    add_operations(app, all_operations())
    add_pages(app)
    add_static(app)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_drain)
    app.cleanup_ctx.append(_password_threads)
    return app


async def _drain(app: web.Application) -> None:
    """From now on ``/readyz`` says no, so that a balancer stops sending."""
    app[keys.DRAINING].append(True)


async def _password_threads(app: web.Application) -> AsyncIterator[None]:
    yield
    app[keys.PASSWORDS].close()
