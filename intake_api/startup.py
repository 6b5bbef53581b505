"""Starting in the order in which a person waits least.

    async with started(settings, report=…) as server: …

First the port (who finds it taken should not wait for a training to hear it), then the
classifier's process, and while that warms up everything else: importing the web, the bot and the
storage costs as long again. So this module imports none of them at its top.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import structlog

from classifier.errors import ModelError
from classifier.registry import ModelRegistry
from classifier.worker_pool import ClassifierPool
from intake_api.first_model import Report, models_folder, train_shipped_model
from intake_api.ports import take_port
from intake_api.settings import Settings

#: Models tried at a start, the serving one first; each costs seconds.
_TRIED = 3
T = TypeVar("T")
log = structlog.get_logger("huying.serve")


@asynccontextmanager
async def started(settings: Settings, *, report: Report) -> AsyncIterator[Any]:
    """``composition.RunningServer``, up and answering inside the block.

    ``report`` hears how far the training of a first model is. Raises ``PortTaken``.
    """
    async with AsyncExitStack() as stack:
        door = take_port(settings.host, settings.port) if settings.runs("api") else None
        if door is not None:
            stack.callback(door.close)
        async with _beside(_start_pool(settings, stack, report)) as starting_pool:
            # In a thread: a signal must still be heard, and the pool goes on meanwhile.
            composition = await asyncio.to_thread(import_module, "intake_api.composition")
            server = await stack.enter_async_context(
                composition.running(settings, door=door, starting_pool=starting_pool)
            )
        yield server


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """The model loads while the rest is made ready; if that fails, it is called off."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _start_pool(
    settings: Settings, stack: AsyncExitStack, report: Report
) -> ClassifierPool | None:
    if not (settings.runs("api") or settings.runs("bot")):
        return None
    registry = ModelRegistry(models_folder(settings.data_dir))
    for model_id in registry.served()[:_TRIED]:
        try:
            return await _open_pool(registry.path(model_id), settings, stack)
        except ModelError as error:
            # Its folder may be damaged, or of an older program. It stays in the registry, and
            # the pointer stays on it: the page of models says that it was not taken.
            log.warning("serving model refused", model=model_id, reason=str(error))
    # A town that cannot take complaints until somebody has trained would be worse off.
    folder = await train_shipped_model(registry.root, report)
    return await _open_pool(folder, settings, stack)


async def _open_pool(folder: Path, settings: Settings, stack: AsyncExitStack) -> ClassifierPool:
    pool = ClassifierPool(folder, workers=settings.classifier_workers)
    await pool.start()
    stack.push_async_callback(pool.close)
    return pool
