"""A promotion reaches every process without a restart, and not one request is lost over it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from cases.use_cases.served_models import list_events, list_servers
from classifier.registry import ModelRegistry
from intake_api.accounts.keys import utc_now
from tests.crash.server import Server, huying
from tests.retraining.small_town import prepare_town, registry, with_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WITHIN = 60.0  # seconds until all have taken over; a busy machine may need some of them


class Asker:
    """Somebody who asks without a pause, and what was answered."""

    def __init__(self, server: Server, token: str) -> None:
        self._server = server
        self._headers = {"Authorization": f"Bearer {token}"}
        self.models: list[str] = []
        self.troubles: list[str] = []

    async def ask(self) -> None:
        async with aiohttp.ClientSession(headers=self._headers) as client:
            while True:
                async with client.post(
                    f"{self._server.address}/api/v1/classify", json={"text": "路灯不亮"}
                ) as answer:
                    said = await answer.json()
                if answer.status == 200:
                    self.models.append(said["model"])
                else:
                    self.troubles.append(f"{answer.status} {said}")
                await asyncio.sleep(0.02)

    async def until(self, model: str) -> None:
        for _ in range(int(WITHIN / 0.1)):
            if self.models[-1:] == [model]:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"still {self.models[-1:]}, {self.troubles[-1:]}")


@contextlib.asynccontextmanager
async def two_servers(data_dir: Path) -> AsyncIterator[list[Asker]]:
    """Two processes over one data folder, and somebody at the door of each."""
    printed = huying("tokens", "create", "t", "--role", "admin", "--data-dir", str(data_dir))
    servers = [Server(data_dir), Server(data_dir)]
    askers = [Asker(server, printed.split()[-1]) for server in servers]
    tasks = []
    try:
        for server in servers:
            server.start()
            await server.ready()
        tasks = [asyncio.create_task(asker.ask()) for asker in askers]
        yield askers
    finally:
        for task in tasks:
            task.cancel()
        for server in servers:
            server.kill()


def copy_model(models: ModelRegistry, source: str, name: str) -> Path:
    """The same model under another name."""
    folder = models.root / name
    shutil.copytree(models.path(source), folder)
    meta = folder / "model.json"
    meta.write_text(meta.read_text(encoding="utf-8").replace(source, name), encoding="utf-8")
    return folder


async def test_promoted_rolled_back_and_broken(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    first = await asyncio.to_thread(prepare_town, data_dir)
    models = registry(data_dir)
    copy_model(models, first, "second")
    broken = copy_model(models, first, "broken")
    async with two_servers(data_dir) as askers:
        for asker in askers:
            await asker.until(first)
        said = huying("models", "promote", "second", "--data-dir", str(data_dir))
        assert "自动换上" in said
        for asker in askers:
            await asker.until("second")
        (broken / "arrays.npz").write_bytes(b"half a file")
        models.promote("broken")
        await wait_until_refused(data_dir)
        assert {asker.models[-1] for asker in askers} == {"second"}
        assert "second" in huying("models", "rollback", "--data-dir", str(data_dir))
        huying("models", "rollback", "--data-dir", str(data_dir))
        for asker in askers:
            await asker.until(first)
        assert [asker.troubles for asker in askers] == [[], []]
        assert all("broken" not in asker.models for asker in askers)


async def wait_until_refused(data_dir: Path) -> None:
    """Both processes have said that they do not take it."""

    async def troubles(database) -> tuple[int, int]:
        async with database.reading() as session:
            servers = await list_servers(session, utc_now())
            events = [e for e in await list_events(session) if e.deed == "refused"]
        return sum("仍用原来的模型" in server.trouble for server in servers), len(events)

    for _ in range(int(WITHIN / 0.2)):
        if await asyncio.to_thread(with_database, data_dir, troubles) == (2, 2):
            return
        await asyncio.sleep(0.2)
    raise AssertionError("nobody said that the broken model was refused")


async def test_a_start_with_a_broken_model_takes_the_one_before(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    first = await asyncio.to_thread(prepare_town, data_dir)
    models = registry(data_dir)
    (copy_model(models, first, "broken") / "arrays.npz").unlink()
    models.promote("broken")
    async with two_servers(data_dir) as askers:
        for asker in askers:
            await asker.until(first)
        await wait_until_refused(data_dir)
    # The pointer is a person's to move.
    assert models.served() == ("broken", first)
