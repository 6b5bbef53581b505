"""The classifier beside the event loop: a warm pool of processes.

    pool = ClassifierPool(model_dir, workers=1)   a model folder, e.g. registry.current()
    await pool.start()                            loads the model in each worker; or ModelError
    await pool.classify(text) -> Tag
    await pool.classify_many(texts) -> list[Tag]
    await pool.replace_model(model_dir)           another model without dropping a request
    await pool.close()

A worker that dies (out of memory, killed) is replaced and the request asked once more; a second
death raises :class:`classifier.errors.ClassifierUnavailable`, and the caller files the case
untagged. Workers are spawned, not forked: the parent has threads and database connections.

Light: scikit-learn and jieba are imported in the workers only. ``warm`` and ``predict`` are plain
functions of this module because that is what a process pool can send.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.child_process import begin_child, start_processes
from classifier.errors import ClassifierUnavailable
from classifier.normalization import shorten
from classifier.tag import Tag

if TYPE_CHECKING:
    from classifier.model import Model

_CHUNK = 64  # texts per call: a long batch lets single requests in between

_model: Model | None = None  # the worker's own, set by warm()


def warm(model_dir: str) -> None:
    """Load the model, once per worker process; also tie the worker's life to its parent's."""
    global _model
    begin_child()
    from classifier.model import load_model

    try:
        _model = load_model(model_dir)
        _model.tag("路灯不亮，请处理")
    except Exception as error:  # an exception in an initializer would only say "broken pool"
        _failures.append(error)


_failures: list[Exception] = []


def predict(texts: Sequence[str]) -> list[Tag]:
    """Tag in a warmed worker; re-raises what kept it from warming."""
    if _failures:
        raise _failures[0]
    assert _model is not None
    return _model.tag_many(texts)


class ClassifierPool:
    """``workers`` processes, each with the whole model (some 250 MB)."""

    def __init__(self, model_dir: str | Path, workers: int = 1) -> None:
        self.model_dir = Path(model_dir)
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._replacing = asyncio.Lock()

    async def start(self) -> None:
        """Return when every worker answers.

        :raises ModelError: the model cannot be loaded
        """
        self._pool = await self._open(self.model_dir)

    async def classify(self, text: str) -> Tag:
        """Tag one text."""
        return (await self._ask([shorten(text)]))[0]

    async def classify_many(self, texts: Sequence[str]) -> list[Tag]:
        """Tag texts in order, in slices, so that single requests get in between."""
        tags: list[Tag] = []
        for start in range(0, len(texts), _CHUNK):
            tags += await self._ask([shorten(text) for text in texts[start : start + _CHUNK]])
        return tags

    async def replace_model(self, model_dir: str | Path) -> None:
        """Warm the new model first, then switch; requests under way finish on the old one."""
        async with self._replacing:
            fresh = await self._open(Path(model_dir))
            old, self._pool, self.model_dir = self._pool, fresh, Path(model_dir)
        if old:
            await asyncio.to_thread(old.shutdown, wait=True)

    async def close(self) -> None:
        """Stop the workers; requests not begun are cancelled."""
        pool, self._pool = self._pool, None
        if pool:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def _ask(self, texts: list[str]) -> list[Tag]:
        for attempt in (1, 2):
            pool = self._pool
            if pool is None:
                raise ClassifierUnavailable("The classifier is not running; start it first.")
            try:
                return await asyncio.get_running_loop().run_in_executor(pool, predict, texts)
            except BrokenProcessPool as error:
                if attempt == 2:
                    raise ClassifierUnavailable(
                        "The classifier process died twice over one text; it stays untagged."
                    ) from error
                await self._replace_broken(pool)
        raise AssertionError("unreachable")

    async def _replace_broken(self, broken: ProcessPoolExecutor) -> None:
        """Only the first of several requests that met the same dead worker opens a new pool."""
        async with self._replacing:
            if self._pool is broken:
                broken.shutdown(wait=False)
                self._pool = await self._open(self.model_dir)

    async def _open(self, model_dir: Path) -> ProcessPoolExecutor:
        pool = start_processes(self._workers, warm, str(model_dir))
        loop = asyncio.get_running_loop()
        try:
            # One call per worker: the executor starts a process for each waiting call.
            await asyncio.gather(
                *(loop.run_in_executor(pool, predict, []) for _ in range(self._workers))
            )
        except BrokenProcessPool as error:
            raise ClassifierUnavailable(
                "The classifier process cannot be started; see whether memory is short."
            ) from error
        except Exception:
            pool.shutdown(wait=False)
            raise
        return pool
