"""Processes that tag follow the registry's pointer; what cannot be loaded changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cases.storage.database import Database
from cases.use_cases.served_models import list_events, list_servers
from classifier.errors import ModelError
from intake_api.accounts.keys import utc_now
from intake_api.retraining import watcher as watching_module
from intake_api.retraining.watcher import ModelWatcher, watching
from tests.retraining.conftest import put_model, registry_at


class FakePool:
    """Takes any folder but those whose arrays are gone, as the real one does."""

    def __init__(self, folder: Path) -> None:
        self.model_dir = folder
        self.tried: list[str] = []

    async def replace_model(self, model_dir: str | Path) -> None:
        folder = Path(model_dir)
        self.tried.append(folder.name)
        if not (folder / "arrays.npz").is_file():
            raise ModelError(f"{folder}: arrays.npz cannot be read; train again.")
        self.model_dir = folder


async def test_takes_over_and_goes_back(sqlite_database: Database, tmp_path: Path) -> None:
    registry = registry_at(tmp_path)
    first, _ = put_model(registry, "m1"), put_model(registry, "m2")
    registry.promote("m1")
    pool = FakePool(first)
    watcher = ModelWatcher(pool, registry, sqlite_database)
    await watcher.look()
    assert pool.tried == []
    registry.promote("m2")
    await watcher.look()
    assert watcher.serving == "m2"
    registry.rollback()
    await watcher.look()
    assert watcher.serving == "m1" and pool.tried == ["m2", "m1"]
    async with sqlite_database.reading() as session:
        (line,) = await list_servers(session, utc_now())
    assert (line.name, line.model_id, line.trouble) == (watcher.name, "m1", "")
    await watcher.leave()
    async with sqlite_database.reading() as session:
        assert await list_servers(session, utc_now()) == []


@pytest.mark.parametrize("broken", ["arrays", "folder"])
async def test_a_broken_model_is_refused_and_the_old_one_serves(
    sqlite_database: Database, tmp_path: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = registry_at(tmp_path)
    first, second = put_model(registry, "m1"), put_model(registry, "m2")
    registry.promote("m1")
    pool = FakePool(first)
    watcher = ModelWatcher(pool, registry, sqlite_database)
    registry.promote("m2")
    for path in second.iterdir():
        if broken == "folder" or path.name == "arrays.npz":
            path.unlink()
    for _ in range(3):
        await watcher.look()
    assert watcher.serving == "m1" and pool.tried == ["m2"]
    async with sqlite_database.reading() as session:
        (line,) = await list_servers(session, utc_now())
        (event,) = await list_events(session)
    assert "仍用原来的模型" in line.trouble and line.model_id == "m1"
    assert (event.deed, event.model_id, event.before_id) == ("refused", "m2", "m1")
    # Mended, it is taken when its turn comes again.
    monkeypatch.setattr(watching_module, "RETRY_SECONDS", -1.0)
    (second / "arrays.npz").write_bytes(b"x")
    (second / "model.json").write_text("{}")
    await watcher.look()
    assert watcher.serving == "m2"
    async with sqlite_database.reading() as session:
        assert (await list_servers(session, utc_now()))[0].trouble == ""


async def test_what_nobody_pressed_for_is_written_down_all_the_same(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "SPEAK_SECONDS", -1.0)
    registry = registry_at(tmp_path)
    pool = FakePool(put_model(registry, "m1"))
    put_model(registry, "m2")
    registry.promote("m1")
    watcher = ModelWatcher(pool, registry, sqlite_database)
    for _ in range(3):
        await watcher.look()
    registry.promote("m2")  # as the command line does
    for _ in range(3):
        await watcher.look()
    async with sqlite_database.reading() as session:
        events = await list_events(session)
    assert [(e.deed, e.model_id, e.before_id) for e in events] == [
        ("noticed", "m2", "m1"),
        ("started", "m1", None),
    ]


async def test_a_database_that_is_away_keeps_no_model_back(tmp_path: Path) -> None:
    registry = registry_at(tmp_path)
    pool = FakePool(put_model(registry, "m1"))
    put_model(registry, "m2")
    registry.promote("m2")
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    watcher = ModelWatcher(pool, registry, empty)
    await watcher.look()
    assert watcher.serving == "m2"
    await empty.close()


async def test_looks_by_itself(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "LOOK_SECONDS", 0.01)
    registry = registry_at(tmp_path)
    pool = FakePool(put_model(registry, "m1"))
    put_model(registry, "m2")
    registry.promote("m1")
    async with watching(pool, registry, sqlite_database):
        registry.promote("m2")
        for _ in range(500):
            if pool.model_dir.name == "m2":
                break
            await asyncio.sleep(0.01)
    assert pool.model_dir.name == "m2"
