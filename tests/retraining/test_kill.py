"""``kill -9`` of the training process and of the server, at moments drawn from a seed: the model
that serves is untouched, the job goes on, and in the end there is a model to look at.

``HUYING_TEST_RETRAINING_KILLS`` sets how often (3 in every run).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from cases.models import TrainingJob
from cases.use_cases.training_jobs import MOST_ATTEMPTS, OPEN
from intake_api.retraining.folders import job_folder
from tests.classifier.test_worker_pool import is_alive
from tests.crash.server import Server, huying
from tests.retraining.small_town import (
    add_labels,
    begin,
    look,
    prepare_town,
    registry,
    resume,
    wait_for,
)

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(900)]
KILLS = int(os.environ.get("HUYING_TEST_RETRAINING_KILLS", "3"))
SEED = 20261124


async def which_model(server: Server, token: str) -> str:
    """The model that answers a request over HTTP."""
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client,
        client.post(f"{server.address}/api/v1/classify", json={"text": "路灯不亮"}) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["model"])


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }


def training_pid(data_dir: Path, job_id: int) -> int | None:
    """The process that holds the job's folder now."""
    try:
        pid = int((job_folder(data_dir, job_id) / "lock").read_text())
    except (OSError, ValueError):
        return None
    return pid if is_alive(pid) else None


def is_at(fraction: float, job: TrainingJob) -> bool:
    """So far, in the run that works on it now; or through."""
    return job.state not in OPEN or (bool(job.stage) and job.fraction >= fraction)


async def test_killed_at_random_moments(tmp_path: Path) -> None:
    data_dir, draw = tmp_path / "data", random.Random(SEED)
    serving = await asyncio.to_thread(prepare_town, data_dir)
    await asyncio.to_thread(add_labels, data_dir, 30)
    before = fingerprint(registry(data_dir).path(serving))
    token = huying("tokens", "create", "t", "--role", "admin", "--data-dir", str(data_dir))
    token = token.split()[-1]
    server = Server(data_dir)
    server.start()
    await server.ready()
    job_id = await asyncio.to_thread(begin, data_dir)
    told = []
    for turn in range(KILLS):
        until, more = draw.uniform(0.0, 0.95), draw.uniform(0.0, 2.0)
        await wait_for(data_dir, job_id, partial(is_at, until))
        await asyncio.sleep(more)
        job = await asyncio.to_thread(look, data_dir, job_id)
        pid = training_pid(data_dir, job_id)
        told.append((("child", "server")[turn % 2], job.stage, round(job.fraction, 2)))
        if job.state != "running":
            break
        if turn % 2 == 0 and pid:
            os.kill(pid, signal.SIGKILL)
        else:
            # The server alone: the training must notice by itself that nobody listens any more.
            os.kill(server.pid, signal.SIGKILL)
            for _ in range(100):
                if pid is None or not is_alive(pid):
                    break
                await asyncio.sleep(0.1)
            assert pid is None or not is_alive(pid)
            server.kill()
            server.start()
            await server.ready()
        assert await which_model(server, token) == serving
        assert registry(data_dir).served()[0] == serving
    print(f"seed {SEED}: {told}")
    job = await wait_for(data_dir, job_id, lambda job: job.state not in OPEN)
    if job.state == "stopped":  # killed more often than it puts up with: it says so, and goes on
        assert KILLS >= MOST_ATTEMPTS and "连续几次被系统中断" in job.trouble
        await asyncio.to_thread(resume, data_dir, job_id)
        job = await wait_for(data_dir, job_id, lambda job: job.state not in OPEN)
    assert (job.state, job.trouble) == ("done", "")
    assert job.model_id is not None and job.model_id != serving
    assert job.counts["desk"] == 180 and job.counts["held_out"] >= 30
    folder = registry(data_dir).path(job.model_id)
    comparison = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert comparison["champion"] == serving and comparison["challenger"] == job.model_id
    # Nothing serves by itself, and nothing was done to what does.
    assert registry(data_dir).served()[0] == serving == await which_model(server, token)
    assert fingerprint(registry(data_dir).path(serving)) == before
    assert server.stop() == 0


async def test_damaged_inputs_are_said_not_trained_on(tmp_path: Path) -> None:
    """A job whose recorded inputs were changed says so, and a new one can begin."""
    data_dir = tmp_path / "data"
    await asyncio.to_thread(prepare_town, data_dir)
    await asyncio.to_thread(add_labels, data_dir, 10)
    server = Server(data_dir)
    server.start()
    await server.ready()
    job_id = await asyncio.to_thread(begin, data_dir)
    await wait_for(data_dir, job_id, lambda job: bool(job.counts))
    pid = training_pid(data_dir, job_id)
    assert pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.kill()
    rows = job_folder(data_dir, job_id) / "inputs" / "rows.jsonl"
    rows.write_text(rows.read_text(encoding="utf-8").replace("路灯", "电灯"), encoding="utf-8")
    server.start()
    await server.ready()
    job = await wait_for(data_dir, job_id, lambda job: job.state == "stopped")
    assert "材料缺失或被改动过" in job.trouble
    assert await asyncio.to_thread(begin, data_dir) != job_id
    assert server.stop() == 0
