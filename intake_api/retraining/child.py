"""The training process: inputs, training, comparison; progress as JSON lines on stdout.

    python -m intake_api.retraining.child JOB PARENT-PID

The database and the data folder come in the environment: an address may hold a password, and
arguments are for everybody to read. Says ``{"stage", "fraction"}`` while it works, once
``{"counts"}``, and at the end ``{"model", "passed", "reasons"}`` or ``{"error"}``.

Its life is tied to the server's: progress and end are told to the server, and a training that
outlived it would run beside the one that the next server begins. Little is lost: inputs, readings
and every finished stage are on disk, the next run goes on from there. The served model is never
touched here; a finished model is registered, not promoted.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classifier.child_process import begin_child
from classifier.registry import ModelRegistry
from intake_api.accounts.keys import utc_now
from intake_api.retraining.folders import inputs_of, job_folder, registry_of, report_of
from intake_api.settings import Settings
from intake_api.texts import load_texts

#: Whatever the town's people wait for goes first; the training takes what is left.
NICENESS = 19
_PREPARED = 0.05  # share of the whole when the inputs are there
Tell = Callable[..., None]


def run_job(job_id: int, settings: Settings, tell: Tell) -> None:
    """One job from wherever it is to its end.

    :raises ClassifierError: the inputs are not what was written down, or cannot be trained on
    """
    from classifier.retraining.inputs import read_inputs
    from classifier.retraining.run import retrain

    folder, registry = job_folder(settings.data_dir, job_id), registry_of(settings)
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        if not inputs_of(folder).is_dir():
            tell(stage="collecting", fraction=0.0)
            asyncio.run(_collect(job_id, folder, registry, settings, tell))
        read_inputs(inputs_of(folder))
        outcome = retrain(
            inputs_of(folder),
            registry,
            report_of(folder),
            progress=lambda stage, done: tell(
                stage=stage, fraction=_PREPARED + (1 - _PREPARED) * done
            ),
        )
        asyncio.run(_keep_suspects(report_of(folder), outcome.model_id, settings))
    tell(model=outcome.model_id, passed=outcome.passed, reasons=list(outcome.reasons))


async def _collect(
    job_id: int, folder: Path, registry: ModelRegistry, settings: Settings, tell: Tell
) -> None:
    from cases.models import TrainingJob
    from cases.storage.database import Database
    from intake_api.retraining.inputs import Wish, write_job_inputs

    database = Database(settings.database)
    try:
        async with database.reading() as session:
            job = await session.get(TrainingJob, job_id)
        wish = Wish(job.strength if job else "", settings.strength)
        tell(counts=await write_job_inputs(database, folder, registry, wish, utc_now()))
    finally:
        await database.close()


async def _keep_suspects(report: Path, model_id: str, settings: Settings) -> None:
    from cases.storage.database import Database
    from intake_api.retraining.inputs import store_suspects

    database = Database(settings.database)
    try:
        await store_suspects(database, report, model_id, utc_now())
    finally:
        await database.close()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process works in this folder: one that was told to end may still be at
    it. The lock goes with its process, however that ends."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (folder / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))  # for whoever wonders which process it is
        file.flush()
        yield


def be_modest() -> None:
    """Behind everything that somebody waits for."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def sentence_for(error: BaseException) -> str:
    """One Chinese sentence for a person; the error's own words go to the log."""
    words: dict[str, str] = load_texts("retraining")["errors"]
    for kind in type(error).__mro__:
        if kind.__name__ in words:
            return words[kind.__name__]
    return words["other"]


def main(job_id: int, parent: int) -> int:
    """The process; its exit code is for nobody."""
    begin_child(parent)
    be_modest()
    # What libraries print must not be taken for progress.
    lines, sys.stdout = sys.stdout, sys.stderr

    def tell(**message: Any) -> None:
        print(json.dumps(message, ensure_ascii=False), file=lines, flush=True)

    try:
        run_job(job_id, Settings.from_env(os.environ), tell)
    except Exception as error:
        traceback.print_exc()
        tell(error=sentence_for(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
