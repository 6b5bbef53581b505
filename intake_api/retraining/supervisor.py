"""Who watches over retraining: takes jobs up, follows the process, writes down what came of it.

    supervisor = Supervisor(database, settings, clock=utc_now)
    await supervisor.run()                  until cancelled; one job at a time
    with supervised(database, settings): …  the same for as long as the block lasts

What is to be done stands in the table, so several processes of the role ``worker`` may each have a
supervisor: one of them claims the job. After a kill the next one to look goes on with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cases.models import TrainingJob
from cases.storage.database import Database
from cases.use_cases.training_jobs import (
    CANCELLED,
    Outcome,
    Progress,
    claim_job,
    finish_job,
    list_jobs,
    note_progress,
    release_job,
    running_job,
    stop_job,
)
from intake_api.accounts.keys import Clock, utc_now
from intake_api.retraining.folders import job_folder
from intake_api.settings import Settings

LOOK_SECONDS = 2.0
PULSE_SECONDS = 2.0
#: How long a process that is told to end may take before it is killed.
_PATIENCE = 5.0
#: A reason may be a long sentence; asyncio's own limit for a line is 64 KiB.
_LINE = 1 << 20
#: One thread for each of the training's processes: more would take turns on two cores, and take
#: them from the process that answers.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)
COMMAND = (sys.executable, "-m", "intake_api.retraining.child")
log = structlog.get_logger("huying.retraining")


class Heard:
    """What the process said so far; only the newest progress matters."""

    def __init__(self) -> None:
        self.end: dict[str, Any] | None = None
        self._stage, self._fraction = "", 0.0
        self._counts: dict[str, int] | None = None
        self._fresh = False

    def take(self, message: dict[str, Any]) -> None:
        """One line of it."""
        if "stage" in message:
            self._stage, self._fraction = str(message["stage"]), float(message["fraction"])
        elif "counts" in message:
            self._counts = message["counts"]
        else:
            self.end = message
        self._fresh = True

    def progress(self) -> Progress | None:
        """What has not been written down yet."""
        if not self._fresh:
            return None
        self._fresh = False
        return Progress(self._stage, self._fraction, self._counts)


class Supervisor:
    """One for each process of the role ``worker``."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._database, self._settings, self._clock = database, settings, clock
        self._command = command

    async def run(self) -> None:
        """A failure is logged, and the next turn comes."""
        tidy = True
        while True:
            try:
                if tidy:
                    await self._forget_cancelled()
                tidy = await self.look()
            except Exception as error:
                log.warning("retraining not looked after", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> bool:
        """Take up a job that waits, if there is one, and follow it to its end."""
        async with self._database.reading() as session:
            if await running_job(session) is None:
                return False  # without asking for the writers' turn
        owner = secrets.token_hex(8)
        async with self._database.transaction() as session:
            job = await claim_job(session, owner, self._clock())
        if job is None:
            return False
        log.info("retraining", job=job.id, attempt=job.attempts)
        await self._work(job, owner)
        return True

    async def _work(self, job: TrainingJob, owner: str) -> None:
        process = await self._start(job)
        heard = Heard()
        listening = asyncio.create_task(_listen(process, heard))
        try:
            while not listening.done():
                await asyncio.wait({listening}, timeout=PULSE_SECONDS)
                if not await self._still_ours(job.id, owner, heard):
                    log.info("retraining ended by others", job=job.id)
                    return
            await process.wait()
            await self._close(job.id, owner, heard, process.returncode)
        except asyncio.CancelledError:
            await self._end(process)
            async with self._database.transaction() as session:
                await release_job(session, job.id, owner, self._clock())
            raise
        finally:
            await self._end(process)
            listening.cancel()

    async def _start(self, job: TrainingJob) -> Process:
        folder = job_folder(self._settings.data_dir, job.id)
        folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | _ONE_THREAD
        environment |= {
            "HUYING_DATA_DIR": str(self._settings.data_dir),
            "HUYING_DATABASE_URL": self._settings.database,
            "HUYING_STRENGTH": self._settings.strength or "",
        }
        with (folder / "log.txt").open("ab") as errors:
            return await asyncio.create_subprocess_exec(
                *self._command,
                str(job.id),
                str(os.getpid()),
                stdout=PIPE,
                stderr=errors,
                env=environment,
                limit=_LINE,
            )

    async def _still_ours(self, job_id: int, owner: str, heard: Heard) -> bool:
        try:
            async with self._database.transaction() as session:
                return await note_progress(session, job_id, owner, heard.progress(), self._clock())
        except SQLAlchemyError as error:
            # Should it last, the lease runs out and another run takes over; we then hear of it.
            log.warning("retraining not noted", job=job_id, error=type(error).__name__)
            return True

    async def _close(self, job_id: int, owner: str, heard: Heard, code: int | None) -> None:
        end, now = heard.end, self._clock()
        async with self._database.transaction() as session:
            await note_progress(session, job_id, owner, heard.progress(), now)
            if end is None:
                # Killed, or it could not even start: taken up again, but not for ever.
                log.warning("retraining process died", job=job_id, code=code)
                await release_job(session, job_id, owner, now, died=True)
            elif "error" in end:
                log.warning("retraining stopped", job=job_id)
                await stop_job(session, job_id, owner, str(end["error"]), now)
            else:
                outcome = Outcome(end["model"], bool(end["passed"]), end["reasons"])
                await finish_job(session, job_id, owner, outcome, now)
                log.info("retrained", job=job_id, model=outcome.model_id, passed=outcome.passed)

    async def _end(self, process: Process) -> None:
        if process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _PATIENCE)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _forget_cancelled(self) -> None:
        """What was collected for a training that nobody wants any more does not lie about."""
        async with self._database.reading() as session:
            cancelled = [job.id for job in await list_jobs(session) if job.state == CANCELLED]
        for job_id in cancelled:
            folder = job_folder(self._settings.data_dir, job_id)
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _listen(process: Process, heard: Heard) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        with suppress(ValueError):  # a line cut off by a kill
            heard.take(json.loads(line))


@asynccontextmanager
async def supervised(database: Database, settings: Settings) -> AsyncIterator[None]:
    """A supervisor for as long as the block lasts; its process goes down before the database."""
    task = asyncio.create_task(Supervisor(database, settings).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
