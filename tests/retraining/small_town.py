"""A whole town with six categories: small enough to be retrained in a test, otherwise real.

prepare_town(data_dir)                     database, a weak serving model, a dispatcher's password
add_labels(data_dir, each)                 settled labels, from rows that the model has not seen
begin(data_dir) -> job id; look(data_dir, job_id) -> TrainingJob
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import update

from cases.labels.keys import text_key
from cases.lifecycle import Role
from cases.models import Category, LabelText, TrainingJob, User
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.town_files import load_town_files
from cases.use_cases.training_jobs import begin_job, resume_job
from classifier.registry import ModelRegistry
from intake_api.accounts.keys import utc_now
from intake_api.accounts.passwords import Passwords
from intake_api.settings import Settings
from tests.conftest import run_apart
from tests.crash.server import CATEGORIES, ROOT, train_small_model
from tests.intake_api.conftest import PASSWORD
from tests.retraining.conftest import ADMIN, registry_at

DISPATCHER = "王派单"
_SEEN = 45  # rows of a category that the weak model was trained on
T = TypeVar("T")


def prepare_town(data_dir: Path) -> str:
    """Everything a server finds when it starts; returns the id of the serving model."""
    train_small_model(data_dir, "--strength", "lexical")
    upgrade_schema(_settings(data_dir).database)

    async def fill(database: Database) -> None:
        hashed = await Passwords.cheap().hash(PASSWORD)
        async with database.transaction() as session:
            await load_town_files(session)
            others = Category.code.not_in(CATEGORIES)
            await session.execute(update(Category).where(others).values(active=False))
            session.add(
                User(
                    name=DISPATCHER,
                    role=Role.DISPATCHER.value,
                    password_hash=hashed,
                    active=True,
                    created_at=utc_now(),
                )
            )

    with_database(data_dir, fill)
    return registry(data_dir).served()[0]


def add_labels(data_dir: Path, each: int) -> None:
    """Labels for every category; one a minute, so that the newest are known."""
    begun = datetime(2026, 11, 1, tzinfo=UTC)

    async def fill(database: Database) -> None:
        number = 0
        async with database.transaction() as session:
            for category in CATEGORIES:
                for row in read_rows(category)[_SEEN : _SEEN + each]:
                    number += 1
                    text = f"来电人说，{row['text']}"
                    session.add(
                        LabelText(
                            key=text_key(text),
                            text=text,
                            source="desk",
                            at=begun + timedelta(minutes=number),
                            state="settled",
                            category=category,
                            request_type=row["request_type"],
                            urgency=row["urgency"],
                            how="single",
                            settled_by=DISPATCHER,
                            settled_at=begun,
                            created_at=begun,
                        )
                    )

    with_database(data_dir, fill)


def read_rows(category: str) -> list[dict[str, str]]:
    """The shipped rows of a category."""
    path = ROOT / "training_data" / "examples" / f"{category}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def begin(data_dir: Path) -> int:
    """As the button does."""

    async def press(database: Database) -> int:
        async with database.transaction() as session:
            job = await begin_job(session, actor=ADMIN, strength="lexical", now=utc_now())
            return job.id

    return with_database(data_dir, press)


def resume(data_dir: Path, job_id: int) -> None:
    """As “继续” does."""

    async def press(database: Database) -> None:
        async with database.transaction() as session:
            await resume_job(session, job_id, utc_now())

    with_database(data_dir, press)


def look(data_dir: Path, job_id: int) -> TrainingJob:
    """The job as it stands."""

    async def read(database: Database) -> TrainingJob:
        async with database.reading() as session:
            job = await session.get(TrainingJob, job_id)
        assert job is not None
        return job

    return with_database(data_dir, read)


async def wait_for(
    data_dir: Path,
    job_id: int,
    reached: Callable[[TrainingJob], bool],
    within: float = 240,
) -> TrainingJob:
    """Look until it is so. Raises ``AssertionError`` with what there was instead."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        job = await asyncio.to_thread(look, data_dir, job_id)
        if reached(job):
            return job
        if asyncio.get_running_loop().time() > deadline:
            log = data_dir / "training" / str(job_id) / "log.txt"
            said = log.read_text()[-3000:] if log.is_file() else ""
            raise AssertionError(f"{job.state}, {job.stage}, {job.trouble}\n{said}")
        await asyncio.sleep(0.1)


def registry(data_dir: Path) -> ModelRegistry:
    """Where its models are."""
    return registry_at(data_dir)


def with_database(data_dir: Path, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do something in the town's database beside its server."""

    async def run() -> T:
        database = Database(_settings(data_dir).database)
        try:
            return await work(database)
        finally:
            await database.close()

    coroutine: Any = run()
    return run_apart(coroutine)


def _settings(data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir)
