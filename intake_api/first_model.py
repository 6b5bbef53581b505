"""The first model of an installation, trained in a process of its own.

    await ensure_model(models_dir, report) -> Path      the serving model's folder
    await train_shipped_model(models_dir, report)       whether or not there is one
    python -m intake_api.first_model FOLDER             the process: progress as JSON lines

Training needs scikit-learn and some hundred megabytes; a process that ends gives both back, the
server never loads either.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from classifier.errors import ClassifierError, ModelError
from classifier.registry import ModelRegistry
from intake_api.settings import Settings

Report = Callable[[str, float], None]


def models_folder(data_dir: Path) -> Path:
    """Where the registry of an installation lives."""
    return data_dir / "models"


async def ensure_model(models_dir: Path, report: Report) -> Path:
    """The folder of the serving model, trained now if there is none.

    :raises ModelError: in one sentence, when training failed
    """
    return ModelRegistry(models_dir).current() or await train_shipped_model(models_dir, report)


async def train_shipped_model(models_dir: Path, report: Report) -> Path:
    """Train on the shipped rows in a process of its own and let the result serve.

    :raises ModelError: in one sentence, when training failed
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "intake_api.first_model",
        str(models_dir),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        sentence = await _follow(process, report)
    except BaseException:
        if process.returncode is None:
            process.kill()
        raise
    serving = ModelRegistry(models_dir).current()
    if process.returncode != 0 or serving is None:
        raise ModelError(sentence or "Training the shipped model failed; run `huying train`.")
    return serving


async def _follow(process: asyncio.subprocess.Process, report: Report) -> str:
    assert process.stdout is not None and process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    sentence = ""
    async for line in process.stdout:
        message = json.loads(line)
        if "error" in message:
            sentence = message["error"]
        else:
            report(message["stage"], message["fraction"])
    await process.wait()
    tail = (await errors).decode("utf-8", "replace").strip().splitlines()
    return sentence or (tail[-1] if tail and process.returncode else "")


def train_here(models_dir: Path) -> int:
    """Train in this process, telling progress on stdout."""
    from classifier.training import train_shipped

    def tell(**message: object) -> None:
        print(json.dumps(message), flush=True)

    try:
        train_shipped(
            ModelRegistry(models_dir),
            strength=Settings.from_env(os.environ).strength,
            progress=lambda stage, fraction: tell(stage=stage, fraction=fraction),
        )
    except ClassifierError as error:
        tell(error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(train_here(Path(sys.argv[1])))
