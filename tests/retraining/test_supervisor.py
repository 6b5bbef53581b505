"""The supervisor beside a process that behaves, dies, fails, hangs or talks nonsense."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from cases.models import TrainingJob
from cases.storage.database import Database
from cases.use_cases.training_jobs import begin_job, cancel_job
from intake_api.accounts.keys import utc_now
from intake_api.retraining import supervisor as supervisor_module
from intake_api.retraining.child import alone
from intake_api.retraining.folders import job_folder
from intake_api.retraining.supervisor import Supervisor
from intake_api.settings import Settings
from tests.classifier.test_worker_pool import is_alive
from tests.retraining.conftest import ADMIN

#: Said by every script first: who it is, where it works.
HEAD = """
import json, os, sys, time
from pathlib import Path
folder = Path(os.environ["HUYING_DATA_DIR"]) / "training" / sys.argv[1]
with (folder / "pids").open("a") as file:
    print(os.getpid(), file=file)
def tell(**message):
    print(json.dumps(message), flush=True)
"""
WELL = (
    HEAD
    + """
tell(stage="collecting", fraction=0.1)
tell(counts={"case": 9, "held_out": 2})
print("{half a line", flush=True)
tell(stage="learning", fraction=0.5)
tell(model="m2", passed=True, reasons=[])
"""
)
FAILS = (
    HEAD
    + """
print("a library's own words", file=sys.stderr)
tell(error="标注还不够训练。")
sys.exit(1)
"""
)
HANGS = (
    HEAD
    + """
tell(stage="learning", fraction=0.5)
time.sleep(600)
"""
)
DIES_ONCE = (
    HEAD
    + """
if len((folder / "pids").read_text().split()) == 1:
    os.kill(os.getpid(), 9)
tell(model="m2", passed=False, reasons=["不够好。"])
"""
)
DIES = HEAD + "os.kill(os.getpid(), 9)"


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(supervisor_module, "PULSE_SECONDS", 0.05)


class Shop:
    """A database, a data folder, and supervisors of a script."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.settings = database, Settings(data_dir=folder)

    async def begin(self) -> int:
        async with self.database.transaction() as session:
            return (await begin_job(session, actor=ADMIN, strength="", now=utc_now())).id

    @asynccontextmanager
    async def watched(self, script: str) -> AsyncIterator[asyncio.Task[None]]:
        command = (sys.executable, "-c", script)
        supervisor = Supervisor(self.database, self.settings, command=command)
        task = asyncio.create_task(supervisor.run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until(self, job_id: int, reached: Callable[[TrainingJob], bool]) -> TrainingJob:
        for _ in range(1500):
            async with self.database.reading() as session:
                job = await session.get(TrainingJob, job_id)
            assert job is not None
            if reached(job):
                return job
            await asyncio.sleep(0.02)
        raise AssertionError(f"still {job.state}, {job.stage}, {job.attempts}")

    def pids(self, job_id: int) -> list[int]:
        path = job_folder(self.settings.data_dir, job_id) / "pids"
        return [int(pid) for pid in path.read_text().split()]


@pytest.fixture
def shop(sqlite_database: Database, tmp_path: Path) -> Shop:
    return Shop(sqlite_database, tmp_path)


async def test_follows_to_the_end(shop: Shop) -> None:
    job_id = await shop.begin()
    async with shop.watched(WELL):
        job = await shop.until(job_id, lambda job: job.state == "done")
    assert (job.model_id, job.passed, job.fraction) == ("m2", True, 1.0)
    assert job.counts == {"case": 9, "held_out": 2} and job.stage == "learning"


async def test_two_supervisors_run_one_process(shop: Shop) -> None:
    job_id = await shop.begin()
    async with shop.watched(HANGS), shop.watched(HANGS):
        await shop.until(job_id, lambda job: job.stage == "learning")
        await asyncio.sleep(0.3)
        assert len(shop.pids(job_id)) == 1


async def test_a_failure_is_its_sentence(shop: Shop) -> None:
    job_id = await shop.begin()
    async with shop.watched(FAILS):
        job = await shop.until(job_id, lambda job: job.state == "stopped")
    assert job.trouble == "标注还不够训练。"
    log = job_folder(shop.settings.data_dir, job_id) / "log.txt"
    assert "a library's own words" in log.read_text()


async def test_a_killed_process_is_taken_up_again(shop: Shop) -> None:
    job_id = await shop.begin()
    async with shop.watched(DIES_ONCE):
        job = await shop.until(job_id, lambda job: job.state == "done")
    assert job.reasons == ["不够好。"] and len(shop.pids(job_id)) == 2


async def test_one_that_always_dies_is_given_up(shop: Shop) -> None:
    job_id = await shop.begin()
    async with shop.watched(DIES):
        job = await shop.until(job_id, lambda job: job.state == "stopped")
    assert "内存或磁盘不足" in job.trouble and len(shop.pids(job_id)) == 4


async def test_cancelled_its_process_ends_and_its_files_go(shop: Shop) -> None:
    job_id = await shop.begin()
    async with shop.watched(HANGS):
        await shop.until(job_id, lambda job: job.stage == "learning")
        (pid,) = shop.pids(job_id)
        async with shop.database.transaction() as session:
            await cancel_job(session, job_id, utc_now())
        for _ in range(500):
            if not job_folder(shop.settings.data_dir, job_id).exists():
                break
            await asyncio.sleep(0.02)
        assert not is_alive(pid)
        assert not job_folder(shop.settings.data_dir, job_id).exists()


async def test_a_server_that_goes_down_takes_its_process_along_and_the_next_goes_on(
    shop: Shop,
) -> None:
    job_id = await shop.begin()
    async with shop.watched(HANGS):
        await shop.until(job_id, lambda job: job.stage == "learning")
        (pid,) = shop.pids(job_id)
    assert not is_alive(pid)
    job = await shop.until(job_id, lambda job: job.owner is None)
    assert job.state == "running" and job.attempts == 0
    async with shop.watched(WELL):
        await shop.until(job_id, lambda job: job.state == "done")


async def test_one_thread_each_and_the_address_not_among_the_arguments(shop: Shop) -> None:
    script = (
        HEAD
        + """
names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "HUYING_DATABASE_URL")
tell(model=" ".join(os.environ[n] for n in names)[:60], passed=len(sys.argv) == 3, reasons=[])
"""
    )
    job_id = await shop.begin()
    async with shop.watched(script):
        job = await shop.until(job_id, lambda job: job.state == "done")
    assert job.model_id is not None and job.model_id.startswith("1 1 sqlite") and job.passed


@pytest.mark.skipif(sys.platform == "win32", reason="no such lock")
async def test_a_second_process_waits_for_the_first(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from intake_api.retraining.child import alone\n"
        "with alone(Path(sys.argv[1])): print('in', flush=True)"
    )
    with alone(tmp_path):
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(tmp_path), stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert second.stdout is not None
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second.stdout.readline(), 2.0)
    assert await second.wait() == 0
