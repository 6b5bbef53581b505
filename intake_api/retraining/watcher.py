"""Every process that tags takes a promoted or rolled-back model over, without a restart.

    watcher = ModelWatcher(pool, registry, database, clock=utc_now)
    await watcher.look()                          once: follow the registry's pointer
    with watching(pool, registry, database): …    every two seconds, for as long as the block lasts

The pointer is a small file that is renamed into place; reading it costs nothing, so each process
looks for itself and nobody has to be told. ``replace_model`` warms the new model up before it
takes a request and lets the old one finish what it has. A model that cannot be loaded leaves the
old one serving; ``/training/models`` says so.
"""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cases.actors import Actor
from cases.storage.database import Database
from cases.use_cases.served_models import (
    REFUSED,
    forget_server,
    note_server,
    notice_pointer,
    record_event,
)
from classifier.errors import ClassifierError
from classifier.registry import ModelRegistry
from intake_api.accounts.keys import Clock, utc_now
from intake_api.texts import load_texts

LOOK_SECONDS = 2.0
SPEAK_SECONDS = 60.0
#: A model that could not be loaded is tried again by and by: its folder may have been mended, and
#: memory comes and goes.
RETRY_SECONDS = 300.0
log = structlog.get_logger("huying.models")


class Pool(Protocol):
    """What the watcher needs of ``ClassifierPool``."""

    model_dir: Path

    async def replace_model(self, model_dir: str | Path) -> None:
        """Another model without dropping a request; raises ``ClassifierError``."""
        ...


class ModelWatcher:
    """Looks where the pointer points, and follows."""

    def __init__(
        self, pool: Pool, registry: ModelRegistry, database: Database, *, clock: Clock = utc_now
    ) -> None:
        self._pool, self._registry = pool, registry
        self._database, self._clock = database, clock
        self.name = f"{platform.node()}/{os.getpid()}"[-120:]
        self._refused, self._refused_at, self._trouble = "", 0.0, ""
        self._spoken: tuple[str, str] | None = None
        self._spoken_at = 0.0

    @property
    def serving(self) -> str:
        """The model that answers."""
        return self._pool.model_dir.name

    async def look(self) -> None:
        """Follow the pointer; whatever happens, some model answers."""
        wanted, folder = await asyncio.to_thread(self._pointed)
        if wanted == self.serving:
            self._refused, self._trouble = "", ""
        elif wanted and self._may_try(wanted):
            await self._follow(wanted, folder)
        await self._speak()

    def _pointed(self) -> tuple[str, Path | None]:
        """(id, folder); the folder is None where the pointer names a model that is not there."""
        served = self._registry.served()
        if not served:
            return "", None
        folder = self._registry.root / served[0]
        return served[0], folder if (folder / "model.json").is_file() else None

    def _may_try(self, wanted: str) -> bool:
        return wanted != self._refused or time.monotonic() - self._refused_at > RETRY_SECONDS

    async def _follow(self, wanted: str, folder: Path | None) -> None:
        before = self.serving
        try:
            await self._pool.replace_model(folder or self._registry.root / wanted)
        except (ClassifierError, OSError) as error:
            log.warning("model refused", model=wanted, serving=before, reason=str(error))
            again = wanted == self._refused
            self._refused, self._refused_at = wanted, time.monotonic()
            self._trouble = _sentence(error)
            if not again:
                await self._record_refusal(wanted, before)
        else:
            log.info("model taken over", model=wanted, before=before)
            self._refused, self._trouble = "", ""

    async def _record_refusal(self, wanted: str, before: str) -> None:
        with suppress(SQLAlchemyError):
            async with self._database.transaction() as session:
                await record_event(
                    session,
                    REFUSED,
                    wanted,
                    before_id=before,
                    actor=Actor.bot(),
                    now=self._clock(),
                    note=self._trouble,
                )

    async def _speak(self) -> None:
        """Say which model answers here: at once when that changed, else every minute."""
        words = (self.serving, self._trouble)
        silent = time.monotonic() - self._spoken_at
        if words == self._spoken and silent < SPEAK_SECONDS:
            return
        try:
            async with self._database.transaction() as session:
                now = self._clock()
                await note_server(session, self.name, self.serving, trouble=self._trouble, now=now)
                if words == self._spoken:  # time enough for a page to write its own line
                    await notice_pointer(session, self.serving, now)
        except SQLAlchemyError as error:
            log.warning("model not noted", error=type(error).__name__)
            return
        self._spoken, self._spoken_at = words, time.monotonic()

    async def run(self) -> None:
        """Until cancelled; a failure is logged, and the next turn comes."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log.warning("models not looked at", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def leave(self) -> None:
        """This process answers no longer."""
        with suppress(SQLAlchemyError):
            async with self._database.transaction() as session:
                await forget_server(session, self.name)


def _sentence(error: Exception) -> str:
    words: dict[str, str] = load_texts("retraining")["servers"]
    for kind in type(error).__mro__:
        if kind.__name__ in words:
            return words[kind.__name__]
    return words["other"]


@asynccontextmanager
async def watching(pool: Pool, registry: ModelRegistry, database: Database) -> AsyncIterator[None]:
    """A watcher for as long as the block lasts."""
    watcher = ModelWatcher(pool, registry, database)
    task = asyncio.create_task(watcher.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await watcher.leave()
