"""Fixtures for every test: a migrated database on SQLite and on a real PostgreSQL, the sample
town, a clock that stands still."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.async_api import Browser, async_playwright

from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.town import Town, load_town
from cases.town_files import load_town_files
from tests.postgres import TemplateDatabases, start_postgres
from tests.quick import (
    leave_out_slow,
    pytest_addoption,
    pytest_configure,
    pytest_ignore_collect,
)

__all__ = [
    "pytest_addoption",
    "pytest_configure",
    "pytest_ignore_collect",
]
T = TypeVar("T")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the sample town in it, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "huying.db"
    _prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[TemplateDatabases]:
    """A running PostgreSQL with a migrated template database; skips where there is none."""
    with start_postgres() as server:
        _prepare(server.url(server.template))
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of the test's own, with the sample town; once on each engine."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "huying.db")
        database = Database(f"sqlite:///{tmp_path / 'huying.db'}")
        yield database
        await database.close()
        return
    server: TemplateDatabases = request.getfixturevalue("postgres_template")
    name = server.copy_template()
    database = Database(server.url(name))
    yield database
    await database.close()
    server.drop(name)


@pytest.fixture
async def sqlite_database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """The SQLite one only, for tests of things that know no database."""
    shutil.copy(sqlite_template, tmp_path / "huying.db")
    database = Database(f"sqlite:///{tmp_path / 'huying.db'}")
    yield database
    await database.close()


@pytest.fixture(scope="session")
def town(sqlite_template: Path) -> Town:
    """The sample town."""

    async def load() -> Town:
        database = Database(f"sqlite:///{sqlite_template}")
        async with database.reading() as session:
            town = await load_town(session)
        await database.close()
        return town

    return run_apart(load())


@pytest.fixture
def now() -> datetime:
    """Monday 23 November 2026, 09:00 in the town."""
    return datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def shipped_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lexical model of all shipped rows: trained once, by whichever process asks first."""
    from classifier.registry import ModelRegistry
    from classifier.training import train_shipped

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with (shared / "shipped.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        registry = ModelRegistry(shared / "shipped_models")
        return registry.current() or registry.path(train_shipped(registry, strength="lexical"))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium, whatever the distribution calls it; skips where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium: the pages were not opened in a browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        await browser.close()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("HUYING_") and not name.startswith("HUYING_TEST_"):
            monkeypatch.delenv(name)


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a thread of its own: a fixture may be asked for inside a loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def _prepare(url: str) -> None:
    upgrade_schema(url)

    async def fill() -> None:
        database = Database(url)
        async with database.transaction() as session:
            await load_town_files(session)
        await database.close()

    run_apart(fill())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones first, so that no worker is left alone with one at the end."""
    leave_out_slow(config, items)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where ``CI`` is set nothing may be skipped but what needs texts that do not travel."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None or exitstatus != 0:
        return
    reasons = {str(report.longrepr) for report in reporter.stats.get("skipped", [])}
    holes = {reason for reason in reasons if "../shared/data is not there" not in reason}
    if holes:
        reporter.write_line(f"CI does not skip: {'; '.join(sorted(holes))}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
