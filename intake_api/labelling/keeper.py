"""What the labelling pages leave to the background: files to read in, decisions of the desk to
take over, texts to be tagged.

    keeper = LabelKeeper(app); keeper.wake(); keeper.stop(); await keeper.run()

A file whose process died is read again from the start: no text is taken twice. Texts that came
without the machine's word get one here, a few at a time, so that no page waits for the classifier.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import InvalidData
from cases.models import LabelImport, LabelText
from cases.use_cases.label_votes import note_filled
from cases.use_cases.labels import gather_labels
from intake_api.accounts.keys import CLOCK, DATABASE, SETTINGS, TAGGER, TOWN
from intake_api.imports.claims import claim, may_pass
from intake_api.imports.order_import import ClassifierSilent, tagging_with
from intake_api.labelling.file_import import Counts, import_file, label_files_folder

READY, RUNNING, DONE, STOPPED = "ready", "running", "done", "stopped"
LEASE = timedelta(seconds=60)
#: A file that nobody began is thrown away: it holds what citizens said.
KEEP_READY = timedelta(days=1)
_LOOK_SECONDS = 15.0
_TAGGED_AT_ONCE = 20
_BREATH_SECONDS = 0.2
_GATHER_SECONDS = 300.0
_BROKEN = (
    "读这个文件时出了意外的错，已停下，文件已删除，收下的行留着。请另存为 UTF-8 的 CSV 再导入；"
    "还不行请联系管理员。"
)
_STOPPED_BY = "{name}停止了导入，文件已删除，停下前收下的行留着。"
log = structlog.get_logger("huying.labels")


class LabelKeeper:
    """One for an application."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._begun = asyncio.Event()
        self._ended = asyncio.Event()
        self._up = True
        self._gather_at = 0.0

    def wake(self) -> None:
        """Look now."""
        self._begun.set()

    def stop(self) -> None:
        """End after the batch that is under way."""
        self._up = False
        self._ended.set()
        self._begun.set()

    async def run(self) -> None:
        """A failure is logged, and the next turn comes."""
        while self._up:
            self._begun.clear()
            try:
                while self._up and (job := await self._next()):
                    await self._import(job)
                await self._forget()
                await self._gather()
                while self._up and await self._tag():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._ended.wait(), _BREATH_SECONDS)
            except ClassifierSilent:
                pass
            except Exception as error:
                log.warning("labels failed", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._begun.wait(), _LOOK_SECONDS)

    async def _next(self) -> LabelImport | None:
        now = self._app[CLOCK]()
        return await claim(self._app[DATABASE], LabelImport, now, LEASE, self._path)

    async def _import(self, job: LabelImport) -> None:
        path, owner = self._path(job), job.owner
        state, trouble = DONE, ""

        async def keep(session: AsyncSession, counts: Counts) -> bool:
            return self._up and await self._note(session, job.id, owner, counts)

        try:
            ended = await import_file(
                path,
                job.columns,
                database=self._app[DATABASE],
                town=self._app[TOWN](),
                clock=self._app[CLOCK],
                by=job.actor_name,
                replace=job.replace,
                keep=keep,
            )
            if ended is None:
                return
        except InvalidData as error:
            state, trouble = STOPPED, error.sentence
        except Exception as error:
            if may_pass(error):
                raise
            log.error("label file broke", number=job.id, error=type(error).__name__)
            state, trouble = STOPPED, _BROKEN
        async with self._app[DATABASE].transaction() as session:
            await session.execute(
                update(LabelImport)
                .where(LabelImport.id == job.id, LabelImport.owner == owner)
                .values(state=state, trouble=trouble, path=None, updated_at=self._app[CLOCK]())
            )
        await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _note(
        self, session: AsyncSession, number: int, owner: str | None, counts: Counts
    ) -> bool:
        """``False``: another process has taken it over."""
        row = await session.get(LabelImport, number, with_for_update=True)
        if row is None or row.owner != owner or row.state != RUNNING:
            return False
        for name in ("rows", "labelled", "unlabelled", "known", "refused"):
            setattr(row, name, getattr(counts, name))
        row.troubles = [list(trouble) for trouble in counts.troubles]
        row.updated_at = self._app[CLOCK]()
        return True

    async def _tag(self) -> bool:
        """The newest texts without the machine's word. ``False``: there is none."""
        async with self._app[DATABASE].reading() as session:
            query = select(LabelText.id, LabelText.text).where(
                LabelText.state == "open", LabelText.tagged.is_(False)
            )
            newest = query.order_by(LabelText.at.desc(), LabelText.id).limit(_TAGGED_AT_ONCE)
            rows = (await session.execute(newest)).all()
        if not rows:
            return False
        tags = await tagging_with(self._app[TAGGER])([row.text for row in rows])
        async with self._app[DATABASE].transaction() as session:
            for row, tag in zip(rows, tags, strict=True):
                await session.execute(
                    update(LabelText)
                    .where(LabelText.id == row.id)
                    .values(tag=tag.to_dict() if tag else {}, tagged=True)
                )
            if len(rows) < _TAGGED_AT_ONCE:
                await note_filled(session, None)
        return True

    async def _gather(self) -> None:
        """What desks decided becomes labels, and leaves the queue."""
        beat = asyncio.get_running_loop().time()
        if beat >= self._gather_at:
            self._gather_at = beat + _GATHER_SECONDS
            await gather_labels(self._app[DATABASE], self._app[CLOCK](), pause=_BREATH_SECONDS)

    async def _forget(self) -> None:
        """Files that wait in vain go."""
        before = self._app[CLOCK]() - KEEP_READY
        old = (LabelImport.state == READY) & (LabelImport.created_at < before)
        async with self._app[DATABASE].reading() as session:
            rows = list(await session.scalars(select(LabelImport).where(old)))
        for row in rows:
            await forget_file(self._app, row)

    def _path(self, job: LabelImport) -> Path:
        return label_files_folder(self._app[SETTINGS].data_dir) / (job.path or "-")


async def forget_file(app: web.Application, row: LabelImport) -> None:
    """Somebody decided against it: the row and the file go."""
    async with app[DATABASE].transaction() as session:
        found = await session.get(LabelImport, row.id, with_for_update=True)
        if found is None or found.state != READY:
            return
        await session.delete(found)
    await _delete(app, row)


async def stop_file(app: web.Application, row: LabelImport, by: str) -> None:
    """The file goes, the row tells who stopped it; whoever reads it finds out with the next
    batch."""
    async with app[DATABASE].transaction() as session:
        found = await session.get(LabelImport, row.id, with_for_update=True)
        if found is None or found.state != RUNNING:
            return
        found.state, found.trouble = STOPPED, _STOPPED_BY.format(name=by)
        found.path, found.owner, found.updated_at = None, None, app[CLOCK]()
    await _delete(app, row)


async def _delete(app: web.Application, row: LabelImport) -> None:
    path = label_files_folder(app[SETTINGS].data_dir) / (row.path or "-")
    await asyncio.to_thread(path.unlink, missing_ok=True)


KEEPER = web.AppKey("label_keeper", LabelKeeper)
