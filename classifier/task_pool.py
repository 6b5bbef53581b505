"""Two processes for the long work of a training, none for a short one.

    with TaskPool.for_rows(n) as pool:
        task = pool.ask(work, *arguments)    work: a plain function of a module
        task.result()
    prepare_for(n)                           some seconds before, where that is known

Processes rather than threads: reading texts holds the interpreter's lock, and liblinear draws its
random numbers from one place per process, so that two fits beside each other never gave the same
model twice. Without processes a task is done when its result is wanted; likewise where a process
dies (no memory, or a script that cannot be imported anew): slower, never lost.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from classifier.child_process import begin_child, prepare_template, start_processes

MANY_ROWS = 3_000  # from here on the processes save more than they cost to start
PROCESSES = 2  # a town's machine has two cores
_IMPORTED = ("classifier.refitting", "sklearn.linear_model", "sklearn.svm", "threadpoolctl")
T = TypeVar("T")


class Task(Generic[T]):
    """Something asked for."""

    def __init__(
        self, work: Callable[..., T], arguments: tuple[Any, ...], under_way: Future[T] | None
    ) -> None:
        self._work, self._arguments, self._under_way = work, arguments, under_way
        self._results: list[T] = []  # none or one: a result may be None

    def result(self) -> T:
        """What ``work`` returned; raises what it raised."""
        if not self._results:
            self._results.append(self._wait())
            self._arguments, self._under_way = (), None
        return self._results[0]

    def _wait(self) -> T:
        if self._under_way:
            try:
                return self._under_way.result()
            except BrokenProcessPool:
                pass
        return self._work(*self._arguments)


class TaskPool(AbstractContextManager["TaskPool"]):
    """``processes`` None: everything is done here."""

    def __init__(self, processes: ProcessPoolExecutor | None = None) -> None:
        self._processes = processes

    @classmethod
    def for_rows(cls, rows: int) -> TaskPool:
        """A pool fit for a training of so many rows."""
        if rows < MANY_ROWS:
            return cls()
        prepare_for(rows)
        return cls(start_processes(PROCESSES, _begin, from_template=True))

    def __exit__(self, *error: object) -> None:
        if self._processes:
            self._processes.shutdown(wait=True, cancel_futures=True)

    def ask(self, work: Callable[..., T], *arguments: Any) -> Task[T]:
        """Tasks are begun in the order they were asked for."""
        under_way = None
        if self._processes:
            try:
                under_way = self._processes.submit(work, *arguments)
            except BrokenProcessPool:
                self._processes = None
        return Task(work, arguments, under_way)


def prepare_for(rows: int) -> None:
    """Import scikit-learn, which takes seconds, once for all processes of a pool to come, while
    this one opens its files."""
    if rows >= MANY_ROWS:
        prepare_template(_IMPORTED)


def _begin() -> None:
    begin_child()
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # each process has a core; more threads would wait for one another
