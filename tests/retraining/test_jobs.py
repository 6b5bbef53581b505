"""A job: one at a time, claimed by one run, gone on with after a death, ended once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from cases.errors import InvalidData
from cases.models import TrainingJob
from cases.storage.database import Database
from cases.use_cases.training_jobs import (
    LEASE,
    MOST_ATTEMPTS,
    Outcome,
    Progress,
    begin_job,
    cancel_job,
    claim_job,
    finish_job,
    list_jobs,
    note_progress,
    release_job,
    resume_job,
    running_job,
    stop_job,
)
from tests.retraining.conftest import ADMIN

LATER = LEASE + timedelta(seconds=1)


async def begin(database: Database, now: datetime) -> int:
    async with database.transaction() as session:
        return (await begin_job(session, actor=ADMIN, strength="lexical", now=now)).id


async def claim(database: Database, owner: str, now: datetime) -> TrainingJob | None:
    async with database.transaction() as session:
        return await claim_job(session, owner, now)


async def look(database: Database, job_id: int) -> TrainingJob:
    async with database.reading() as session:
        job = await session.get(TrainingJob, job_id)
    assert job is not None
    return job


async def test_of_two_who_begin_at_once_one_begins(database: Database, now: datetime) -> None:
    results = await asyncio.gather(
        *(begin(database, now) for _ in range(4)), return_exceptions=True
    )
    refused = [error for error in results if isinstance(error, InvalidData)]
    assert len(refused) == 3 and "已经有一次训练在进行" in refused[0].sentence
    async with database.reading() as session:
        assert len(await list_jobs(session)) == 1


async def test_of_two_who_claim_at_once_one_gets_it(database: Database, now: datetime) -> None:
    job_id = await begin(database, now)
    claimed = await asyncio.gather(*(claim(database, f"run-{n}", now) for n in range(4)))
    assert [job.id for job in claimed if job] == [job_id]
    assert await claim(database, "late", now + LEASE / 2) is None


async def test_a_silent_run_is_taken_for_dead_and_may_store_nothing_more(
    database: Database, now: datetime
) -> None:
    job_id = await begin(database, now)
    await claim(database, "first", now)
    async with database.transaction() as session:
        going = Progress("reading", 0.3, {"case": 10, "held_out": 2})
        assert await note_progress(session, job_id, "first", going, now)
    assert await claim(database, "second", now + LEASE / 2) is None
    assert (await claim(database, "second", now + LATER)) is not None
    async with database.transaction() as session:
        assert not await note_progress(session, job_id, "first", None, now + LATER)
        assert not await finish_job(session, job_id, "first", Outcome("m", True), now)
    job = await look(database, job_id)
    assert (job.owner, job.attempts, job.counts) == ("second", 2, {"case": 10, "held_out": 2})


async def test_a_run_that_goes_down_in_good_order_hands_over_at_once(
    database: Database, now: datetime
) -> None:
    job_id = await begin(database, now)
    for _ in range(MOST_ATTEMPTS + 2):
        assert await claim(database, "run", now) is not None
        async with database.transaction() as session:
            await release_job(session, job_id, "run", now)
    assert (await look(database, job_id)).attempts == 0


async def test_one_that_keeps_dying_is_stopped_with_a_sentence_and_can_go_on(
    database: Database, now: datetime
) -> None:
    job_id = await begin(database, now)
    for _ in range(MOST_ATTEMPTS):
        assert await claim(database, "run", now) is not None
        async with database.transaction() as session:
            await release_job(session, job_id, "run", now, died=True)
    assert await claim(database, "run", now) is None
    job = await look(database, job_id)
    assert job.state == "stopped" and "内存或磁盘" in job.trouble and job.slot is None
    async with database.transaction() as session:
        await resume_job(session, job_id, now)
    assert await claim(database, "run", now) is not None


async def test_done_once(database: Database, now: datetime) -> None:
    job_id = await begin(database, now)
    await claim(database, "run", now)
    async with database.transaction() as session:
        assert await finish_job(session, job_id, "run", Outcome("m2", False, ["不够好。"]), now)
    job = await look(database, job_id)
    assert (job.state, job.model_id, job.passed, job.reasons) == ("done", "m2", False, ["不够好。"])
    async with database.transaction() as session:
        assert not await cancel_job(session, job_id, now)
        await resume_job(session, job_id, now)
        assert await running_job(session) is None
    assert (await look(database, job_id)).state == "done"


async def test_cancelled_the_run_hears_of_it(database: Database, now: datetime) -> None:
    job_id = await begin(database, now)
    await claim(database, "run", now)
    async with database.transaction() as session:
        assert await cancel_job(session, job_id, now)
        assert not await note_progress(session, job_id, "run", None, now)
        assert not await stop_job(session, job_id, "run", "x", now)
    assert await begin(database, now) != job_id


async def test_a_stopped_one_does_not_go_on_beside_another(
    database: Database, now: datetime
) -> None:
    first = await begin(database, now)
    await claim(database, "run", now)
    async with database.transaction() as session:
        await stop_job(session, first, "run", "磁盘满了。", now)
    second = await begin(database, now)
    with pytest.raises(InvalidData, match="已经有一次训练"):
        async with database.transaction() as session:
            await resume_job(session, first, now)
    assert (await look(database, first)).state == "stopped"
    assert (await look(database, second)).state == "waiting"


async def test_an_unknown_strength_is_refused(database: Database, now: datetime) -> None:
    with pytest.raises(InvalidData, match="没有这种训练方式"):
        async with database.transaction() as session:
            await begin_job(session, actor=ADMIN, strength="magic", now=now)
