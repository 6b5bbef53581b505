"""Imports that a page began, in the background of the process that serves it.

    keeper = ImportKeeper(app)            one for an application
    keeper.wake(); keeper.stop()          something was begun; the server goes down
    await keeper.run()                    until stopped; one file at a time
    imports_folder(data_dir) -> Path      where uploaded files wait

What is to be done stands in the table, not here: after a restart the next process goes on behind
the last batch. A process that is silent for ``LEASE`` is taken for dead.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web

from cases.models import OrderImport
from cases.use_cases.import_orders import DONE, STOPPED, end_import, forget_imports
from intake_api.accounts.keys import CLOCK, DATABASE, SETTINGS, TAGGER, TOWN
from intake_api.imports.claims import claim, may_pass
from intake_api.imports.order_import import run_import, tagging_with

LEASE = timedelta(seconds=30)
_LOOK_SECONDS = 15.0
_BROKEN = (
    "读这个文件时出了意外的错，已停在这里，收下的不受影响。可以点继续再试；还不行，"
    "请另存为 UTF-8 的 CSV 再上传，或联系管理员。"
)
log = structlog.get_logger("huying.imports")


def imports_folder(data_dir: Path) -> Path:
    """Made when it is first needed."""
    folder = data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class ImportKeeper:
    """Looks for files to read in, and reads them in."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._begun = asyncio.Event()
        self._up = True

    def wake(self) -> None:
        """Look now."""
        self._begun.set()

    def stop(self) -> None:
        """End after the batch that is under way."""
        self._up = False
        self._begun.set()

    async def run(self) -> None:
        """A failure is logged, and the next turn comes."""
        while self._up:
            self._begun.clear()
            try:
                while self._up and (job := await self._next()):
                    await self._work(job)
                await self._tidy()
            except Exception as error:
                log.warning("import failed", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._begun.wait(), _LOOK_SECONDS)

    async def _next(self) -> OrderImport | None:
        now = self._app[CLOCK]()
        return await claim(self._app[DATABASE], OrderImport, now, LEASE, self._file)

    async def _work(self, job: OrderImport) -> None:
        assert job.owner is not None
        path = self._file(job)
        try:
            ended = await run_import(
                path,
                job,
                database=self._app[DATABASE],
                tag=tagging_with(self._app[TAGGER]),
                town=self._app[TOWN],
                clock=self._app[CLOCK],
                owner=job.owner,
                may_go_on=lambda: self._up,
            )
        except Exception as error:
            if may_pass(error):
                raise
            log.error("import broke", number=job.id, error=type(error).__name__)
            async with self._app[DATABASE].transaction() as session:
                now = self._app[CLOCK]()
                await end_import(
                    session, job.id, STOPPED, owner=job.owner, now=now, trouble=_BROKEN
                )
            return
        if ended is not None and ended.state == DONE:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def _file(self, job: OrderImport) -> Path:
        return imports_folder(self._app[SETTINGS].data_dir) / (job.path or "-")

    async def _tidy(self) -> None:
        """What citizens said does not lie about: files that are done with go, rows in time."""
        async with self._app[DATABASE].transaction() as session:
            gone = await forget_imports(session, self._app[CLOCK]())
        folder = imports_folder(self._app[SETTINGS].data_dir)
        for name in gone:
            await asyncio.to_thread((folder / name).unlink, missing_ok=True)


KEEPER = web.AppKey("import_keeper", ImportKeeper)
