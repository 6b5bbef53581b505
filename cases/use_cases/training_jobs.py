"""Retraining as a job (重新训练): begun by a person, worked on by one process.

    await begin_job(session, actor=…, strength=…, now=…) -> TrainingJob    InvalidData: one runs
    await resume_job(session, job_id, now) -> None                          after it stopped
    await cancel_job(session, job_id, now) -> bool
    await running_job(session) -> TrainingJob | None
    await list_jobs(session, limit) -> [TrainingJob]                        newest first
    await count_sources(session) -> {"case": 120, …}                        what it would train on

For whoever works on it:

    await claim_job(session, owner, now) -> TrainingJob | None
    await note_progress(session, job_id, owner, Progress, now) -> bool      False: let it be
    await finish_job(session, job_id, owner, Outcome, now) -> bool
    await stop_job(session, job_id, owner, sentence, now) -> bool
    await release_job(session, job_id, owner, now, died=…)                  for the next run

A job waits, runs, and is done, cancelled or stopped. ``slot`` is unique, so that of two people who
press the button at once one begins and the other is told. A run that was silent for ``LEASE`` is
taken for dead: its job is claimed by the next process that looks, and goes on from the inputs that
were written down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.errors import CaseNotFound, InvalidData
from cases.models import LabelText, TrainingJob
from cases.use_cases.labels import SETTLED

WAITING, RUNNING, DONE, CANCELLED, STOPPED = "waiting", "running", "done", "cancelled", "stopped"
OPEN = (WAITING, RUNNING)
STRENGTHS = ("", "lexical", "semantic")
#: Whoever works on a job says so every two seconds.
LEASE = timedelta(seconds=15)
#: A run that dies again and again would die once more: no memory, no disk.
MOST_ATTEMPTS = 4
_ONE_AT_A_TIME = "已经有一次训练在进行，请等它结束或先取消。"
_DIED_OFTEN = "训练进程连续几次被系统中断，可能是内存或磁盘不足；腾出空间后点“继续”。"


@dataclass(frozen=True)
class Progress:
    """How far a run is; ``counts`` once it is known what it trains on."""

    stage: str
    fraction: float
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of it; ``reasons``: sentences, why the model may not serve."""

    model_id: str
    passed: bool
    reasons: Sequence[str] = field(default=())


async def begin_job(
    session: AsyncSession, *, actor: Actor, strength: str, now: datetime
) -> TrainingJob:
    """A job that waits for a process to take it up."""
    if strength not in STRENGTHS:
        raise InvalidData("没有这种训练方式，请刷新页面后再选。", field="strength")
    job = TrainingJob(
        state=WAITING,
        slot=1,
        strength=strength,
        actor_id=actor.user_id,
        actor_name=actor.name,
        attempts=0,
        stage="",
        fraction=0.0,
        counts={},
        reasons=[],
        trouble="",
        created_at=now,
        updated_at=now,
    )
    await _take_slot(session, job)
    return job


async def resume_job(session: AsyncSession, job_id: int, now: datetime) -> None:
    """Let a stopped job go on from where it was; does nothing to one that has ended otherwise."""
    job = await session.get(TrainingJob, job_id, with_for_update=True)
    if job is None:
        raise CaseNotFound("没有这次训练，请回到训练列表。")
    if job.state != STOPPED:
        return
    job.state, job.slot, job.owner, job.seen_at = WAITING, 1, None, None
    job.attempts, job.trouble, job.ended_at, job.updated_at = 0, "", None, now
    await _take_slot(session, job)


async def _take_slot(session: AsyncSession, job: TrainingJob) -> None:
    try:
        async with session.begin_nested():
            session.add(job)
            await session.flush()
    except IntegrityError as error:
        raise InvalidData(_ONE_AT_A_TIME, field="slot") from error


async def cancel_job(session: AsyncSession, job_id: int, now: datetime) -> bool:
    """Whoever works on it finds out within seconds. ``False``: it had ended already."""
    job = await session.get(TrainingJob, job_id, with_for_update=True)
    if job is None or job.state not in (*OPEN, STOPPED):
        return False
    _end(job, CANCELLED, now)
    return True


async def running_job(session: AsyncSession) -> TrainingJob | None:
    """The job that waits or runs."""
    return cast(
        TrainingJob | None,
        await session.scalar(select(TrainingJob).where(TrainingJob.slot == 1)),
    )


async def list_jobs(session: AsyncSession, limit: int = 20) -> list[TrainingJob]:
    """What was trained, newest first."""
    return list(
        await session.scalars(select(TrainingJob).order_by(TrainingJob.id.desc()).limit(limit))
    )


async def count_sources(session: AsyncSession) -> dict[str, int]:
    """Settled labels by where they are from."""
    rows = await session.execute(
        select(LabelText.source, func.count())
        .where(LabelText.state == SETTLED)
        .group_by(LabelText.source)
        .order_by(LabelText.source)
    )
    return {str(row[0]): int(row[1]) for row in rows}


async def claim_job(session: AsyncSession, owner: str, now: datetime) -> TrainingJob | None:
    """The job that nobody works on, as this run's own; one that kept dying is stopped instead."""
    job = await session.scalar(
        select(TrainingJob)
        .where(
            TrainingJob.slot == 1,
            or_(
                TrainingJob.owner.is_(None),
                TrainingJob.seen_at.is_(None),
                TrainingJob.seen_at < now - LEASE,
            ),
        )
        .with_for_update(skip_locked=True)
    )
    if job is None:
        return None
    if job.attempts >= MOST_ATTEMPTS:
        _end(job, STOPPED, now, _DIED_OFTEN)
        return None
    job.state, job.owner, job.seen_at, job.updated_at = RUNNING, owner, now, now
    job.stage, job.fraction = "", 0.0  # what is finished is passed quickly
    job.attempts += 1
    return job


async def note_progress(
    session: AsyncSession, job_id: int, owner: str, progress: Progress | None, now: datetime
) -> bool:
    """Still alive, and how far. ``False``: cancelled, or another run has it; let it be."""
    job = await _own(session, job_id, owner)
    if job is None:
        return False
    job.seen_at = now
    if progress is not None:
        job.stage, job.fraction = progress.stage[:60], min(max(progress.fraction, 0.0), 1.0)
        job.updated_at = now
        if progress.counts is not None:
            job.counts = dict(progress.counts)
    return True


async def finish_job(
    session: AsyncSession, job_id: int, owner: str, outcome: Outcome, now: datetime
) -> bool:
    """The model is in the registry; it serves only once a person says so."""
    job = await _own(session, job_id, owner)
    if job is None:
        return False
    _end(job, DONE, now)
    job.fraction, job.model_id, job.passed = 1.0, outcome.model_id, outcome.passed
    job.reasons = [str(reason) for reason in outcome.reasons]
    return True


async def stop_job(
    session: AsyncSession, job_id: int, owner: str, sentence: str, now: datetime
) -> bool:
    """It cannot go on; the sentence says why and what to do."""
    job = await _own(session, job_id, owner)
    if job is None:
        return False
    _end(job, STOPPED, now, sentence)
    return True


async def release_job(
    session: AsyncSession, job_id: int, owner: str, now: datetime, *, died: bool = False
) -> None:
    """Let the next run take it up without waiting; one that went down in good order (not
    ``died``) is not counted."""
    job = await _own(session, job_id, owner)
    if job is not None:
        job.owner, job.seen_at, job.updated_at = None, None, now
        job.attempts = job.attempts if died else max(job.attempts - 1, 0)


async def _own(session: AsyncSession, job_id: int, owner: str) -> TrainingJob | None:
    mine = (TrainingJob.owner == owner) & (TrainingJob.state == RUNNING)
    query = select(TrainingJob).where(TrainingJob.id == job_id, mine)
    return cast(TrainingJob | None, await session.scalar(query.with_for_update()))


def _end(job: TrainingJob, state: str, now: datetime, trouble: str = "") -> None:
    job.state, job.trouble, job.slot, job.owner = state, trouble[:300], None, None
    job.ended_at = job.updated_at = now
