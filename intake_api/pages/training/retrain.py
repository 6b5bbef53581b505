"""``/training/retrain``: what would be trained on, begin, watch, cancel, go on; what was trained.

The training itself is the worker's (``intake_api.retraining``); here stand the button and the
numbers. Without JavaScript the page is loaded again by hand.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.errors import CaseError
from cases.models import TrainingJob
from cases.use_cases.training_jobs import (
    DONE,
    OPEN,
    STOPPED,
    begin_job,
    cancel_job,
    count_sources,
    list_jobs,
    resume_job,
)
from intake_api.accounts.csrf import checked_form
from intake_api.accounts.keys import DATABASE, now_of
from intake_api.pages.training import require_trainer
from intake_api.problem_json import Problem
from intake_api.rendering import render
from intake_api.texts import load_texts

_ID = r"{job:\d{1,15}}"


async def show_retrain(request: web.Request) -> web.Response:
    """What there is to train on, the job that runs, and those before."""
    await require_trainer(request)
    return await _page(request)


async def _page(request: web.Request, message: str = "") -> web.Response:
    async with request.app[DATABASE].reading() as session:
        counts = await count_sources(session)
        jobs = await list_jobs(session)
    context = {
        "jobs": jobs,
        "running": next((job for job in jobs if job.state in OPEN), None),
        "counts": counts,
        "total": sum(counts.values()),
        "fresh": _fresh(jobs, sum(counts.values())),
        "texts": load_texts("retraining"),
        "stage": stage_words,
        "message": message,
    }
    return render(request, "training_retrain.html", context, status=422 if message else 200)


def _fresh(jobs: list[TrainingJob], total: int) -> int:
    """Labels that no finished training has seen."""
    seen = next((_trained_on(job) for job in jobs if job.state == DONE), 0)
    return max(total - seen, 0)


def _trained_on(job: TrainingJob) -> int:
    return sum(n for name, n in job.counts.items() if name != "held_out")


async def begin(request: web.Request) -> web.Response:
    """Begin; a second one is told that one runs."""
    staff = await require_trainer(request)
    form = await checked_form(request)
    try:
        async with request.app[DATABASE].transaction() as session:
            job = await begin_job(
                session,
                actor=staff.actor,
                strength=form.get("strength", ""),
                now=now_of(request),
            )
    except CaseError as error:
        return await _page(request, error.sentence)
    raise web.HTTPSeeOther(f"/training/retrain/{job.id}")


async def show_job(request: web.Request) -> web.Response:
    """How far it is, or what became of it."""
    await require_trainer(request)
    async with request.app[DATABASE].reading() as session:
        job = await _job(request, session)
    return _job_page(request, job)


def _job_page(request: web.Request, job: TrainingJob, message: str = "") -> web.Response:
    context = {
        "job": job,
        "running": job.state in OPEN,
        "stopped": job.state == STOPPED,
        "texts": load_texts("retraining"),
        "stage": stage_words,
        "message": message,
    }
    return render(request, "training_job.html", context, status=422 if message else 200)


async def cancel(request: web.Request) -> web.Response:
    """The worker ends its process within seconds."""
    await require_trainer(request)
    await checked_form(request)
    async with request.app[DATABASE].transaction() as session:
        job = await _job(request, session)
        await cancel_job(session, job.id, now_of(request))
    raise web.HTTPSeeOther(f"/training/retrain/{job.id}")


async def resume(request: web.Request) -> web.Response:
    """Go on with one that stopped."""
    await require_trainer(request)
    await checked_form(request)
    async with request.app[DATABASE].reading() as session:
        job = await _job(request, session)
    try:
        async with request.app[DATABASE].transaction() as session:
            await resume_job(session, job.id, now_of(request))
    except CaseError as error:
        return _job_page(request, job, error.sentence)
    raise web.HTTPSeeOther(f"/training/retrain/{job.id}")


async def show_progress(request: web.Request) -> web.Response:
    """The numbers for the small question of retrain.js."""
    await require_trainer(request)
    async with request.app[DATABASE].reading() as session:
        job = await _job(request, session)
    answer: dict[str, Any] = {
        "state": "running" if job.state in OPEN else job.state,
        "stage": stage_words(job),
        "percent": int(job.fraction * 100),
    }
    return web.json_response(answer)


def stage_words(job: TrainingJob) -> str:
    """What it is doing, in Chinese."""
    texts = load_texts("retraining")
    if not job.stage:
        return str(texts["states"][job.state])
    from classifier.retraining.texts import stage_name

    return str(texts["stages"].get(job.stage) or stage_name(job.stage))


async def _job(request: web.Request, session: AsyncSession) -> TrainingJob:
    job = await session.get(TrainingJob, int(request.match_info["job"]))
    if job is None:
        raise Problem("not_found")
    return job


def add_routes(app: web.Application) -> None:
    """Register the pages."""
    app.router.add_get("/training/retrain", show_retrain)
    app.router.add_post("/training/retrain", begin)
    app.router.add_get(f"/training/retrain/{_ID}", show_job)
    app.router.add_get(f"/training/retrain/{_ID}/progress", show_progress)
    app.router.add_post(f"/training/retrain/{_ID}/cancel", cancel)
    app.router.add_post(f"/training/retrain/{_ID}/resume", resume)
