"""The tasks of a training, on a cluster.

    with open_pool(rows, engine="local", scheduler=None) as pool:      a TaskPool either way
        task = pool.ask(work, *arguments); task.result()

The same tasks as on one machine, each alone in a process on one core, so the model is the same.
Large arguments (the features, above all) are sent once and named afterwards. A task that the
cluster cannot do (every worker gone, the scheduler dead, a worker with another version) is done
here: slower, never lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from classifier.cluster.connection import Cluster, connect
from classifier.errors import ClassifierError, ClusterUnavailable
from classifier.task_pool import Task, TaskPool

ENGINES = ("local", "dask")
_LARGE = 500_000  # bytes; what is smaller travels with each task
_LOOK = 5.0  # seconds between two looks whether anybody is still at work
_DESERTED = 60.0  # seconds in which nobody works on anything, after which a task is done here
T = TypeVar("T")


@contextmanager
def open_pool(rows: int, engine: str = "local", scheduler: str | None = None) -> Iterator[TaskPool]:
    """:raises ClassifierError: an engine that is none, or no cluster to be had"""
    if engine not in ENGINES:
        raise ClassifierError(f"The engine “{engine}” is unknown; use local or dask.")
    if engine == "local":
        with TaskPool.for_rows(rows) as pool:
            yield pool
        return
    with connect(scheduler) as cluster:
        yield ClusterPool(cluster)


class ClusterPool(TaskPool):
    """``asked``, ``done_here``: how many tasks went out, how many of them came back undone."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster
        # By identity, together with the thing: one that was thrown away may pass its number on.
        self._sent: dict[int, tuple[Any, Any]] = {}
        self.asked = self.done_here = 0

    def ask(self, work: Callable[..., T], *arguments: Any) -> Task[T]:
        """Tasks are begun in the order they were asked for."""
        self.asked += 1
        sent = [self._send(argument) for argument in arguments]
        return _ClusterTask(self, work, arguments, self._cluster.submit(work, *sent))

    def _send(self, argument: Any) -> Any:
        if weigh(argument) < _LARGE:
            return argument
        known = self._sent.get(id(argument))
        if known is None:
            known = self._sent[id(argument)] = (argument, self._cluster.put(argument))
        return known[1]

    def wait(self, future: Any) -> Any:
        """The future's result.

        :raises ClusterUnavailable: when nobody will ever work it out
        """
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        last_busy = time.monotonic()
        while True:
            try:
                return future.result(timeout=_LOOK)
            except TimeoutError as error:
                if future.status == "error":
                    raise  # the work itself ran out of time
                if self._cluster.is_working():
                    last_busy = time.monotonic()
                elif time.monotonic() - last_busy > _DESERTED:
                    raise ClusterUnavailable("Nobody works on it.") from error
            except (CancelledError, KilledWorker) as error:
                raise ClusterUnavailable(f"The cluster gave up a task ({error}).") from error


class _ClusterTask(Task[T]):
    def __init__(
        self, pool: ClusterPool, work: Callable[..., T], arguments: tuple[Any, ...], future: Any
    ) -> None:
        super().__init__(work, arguments, None)
        self._pool, self._future = pool, future

    def _wait(self) -> T:
        try:
            result: T = self._pool.wait(self._future)
            return result
        except ClusterUnavailable:
            self._pool.done_here += 1
            return self._work(*self._arguments)
        finally:
            self._future = None


def weigh(thing: Any) -> int:
    """Bytes of an array or a sparse matrix; 0 for what is neither."""
    if isinstance(thing, np.ndarray):
        # An array of strings is shared by all folds, like the features.
        return int(thing.nbytes)
    parts = (getattr(thing, name, None) for name in ("data", "indices", "indptr"))
    return sum(int(part.nbytes) for part in parts if isinstance(part, np.ndarray))
