"""Typed shelves: what an application and a request carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry

from cases.actors import Actor
from cases.addresses.keeper import NameKeeper
from cases.storage.database import Database
from cases.town import Town
from intake_api.accounts.passwords import Passwords
from intake_api.settings import Settings


class TagLike(Protocol):
    """A tag of ``classifier`` or of ``cases``: both write the same published shape."""

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``POST /api/v1/classify``."""
        ...


class Tagger(Protocol):
    """``classifier.worker_pool.ClassifierPool`` or ``classifier.testing.FakeClassifier``."""

    async def classify(self, text: str) -> TagLike:
        """Tag one text."""
        ...

    async def classify_many(self, texts: Sequence[str]) -> Sequence[TagLike]:
        """Tag several, in their order."""
        ...


TownProvider = Callable[[], Town]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


SETTINGS = web.AppKey("settings", Settings)
DATABASE = web.AppKey("database", Database)
TAGGER: web.AppKey[Tagger] = web.AppKey("tagger")
TOWN: web.AppKey[TownProvider] = web.AppKey("town")
NAMES = web.AppKey("names", NameKeeper)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
SECRET = web.AppKey("secret", bytes)
PASSWORDS = web.AppKey("passwords", Passwords)
METRICS = web.AppKey("metrics", CollectorRegistry)
DRAINING: web.AppKey[list[bool]] = web.AppKey("draining")

REQUEST_ID = web.RequestKey("request_id", str)
ACTOR = web.RequestKey("actor", Actor)
TOKEN_HASH = web.RequestKey("token_hash", str)


def actor_of(request: web.Request) -> Actor:
    """Who calls; only behind a route that asks for a token or a session."""
    return request[ACTOR]


def now_of(request: web.Request) -> datetime:
    """The moment of this request, by the application's clock."""
    return request.app[CLOCK]()
