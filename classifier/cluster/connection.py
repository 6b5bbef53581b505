"""A Dask cluster to work on.

    with connect(scheduler=None, workers=2) as cluster: …
        a scheduler's address, or None: worker processes of this machine, ended with the block
    cluster.put(thing) -> Stored           data that many tasks need, sent once
    cluster.submit(work, *arguments) -> future
    cluster.wait_any(futures, seconds) -> bool      whether one of them is done
    cluster.workers() -> list[str]; cluster.is_working() -> bool

Whatever is sent is part of a task's description, which the scheduler keeps: when the worker that
holds a result dies, the result is made again elsewhere. (Scattered data has no description; it is
lost with its worker, and whoever waits for it waits for ever.) Code is not sent: Huying is
installed on the workers, and every task compares what its worker runs with what runs here.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from uuid import uuid4

from classifier.cluster.likeness import describe_program
from classifier.cluster.remote import join_pieces, keep_piece, run_alone
from classifier.errors import ClusterUnavailable

RETRIES = 3  # of a task that raised; that of a worker which died is begun again anyway
_PIECE = 4_000_000  # bytes; the scheduler passes on small messages more willingly than large ones
_PATIENCE = 30.0  # seconds for a scheduler to answer, and for the first worker to join it
_LOCAL_WORKERS = 2


class Cluster:
    """Made by :func:`connect`."""

    def __init__(self, client: Any, wait: Callable[..., Any]) -> None:
        self._client, self._wait = client, wait
        self._program = describe_program()

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """A future of ``work(*arguments)``; what :meth:`put` returned stands for its thing."""
        return self._client.submit(
            run_alone,
            self._program,
            work,
            *arguments,
            key=f"{getattr(work, '__name__', 'work')}-{uuid4().hex}",
            retries=RETRIES,
            pure=False,
        )

    def put(self, thing: Any) -> Any:
        """Send something once, to be named in many tasks; kept until the future is dropped."""
        packed = pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)
        name = uuid4().hex
        pieces = [
            self._client.submit(
                keep_piece,
                packed[start : start + _PIECE],
                key=f"piece-{name}-{number}",
                retries=RETRIES,
                pure=False,
            )
            for number, start in enumerate(range(0, len(packed), _PIECE))
        ]
        return self._client.submit(
            join_pieces, pieces, key=f"whole-{name}", retries=RETRIES, pure=False
        )

    def wait_any(self, futures: Collection[Any], seconds: float) -> bool:
        """Wait until one of the futures is done, for at most so long."""
        try:
            self._wait(list(futures), timeout=seconds, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return False
        return True

    def workers(self) -> list[str]:
        """Addresses of those who are there now."""
        try:
            return sorted(self._client.scheduler_info(n_workers=-1)["workers"])
        except (OSError, KeyError, TimeoutError):
            return []

    def is_working(self) -> bool:
        """Whether any worker has something to do; only then is it worth waiting."""
        try:
            return any(self._client.processing().values())
        except (OSError, KeyError, TimeoutError):
            return False


@contextmanager
def connect(scheduler: str | None = None, workers: int = _LOCAL_WORKERS) -> Iterator[Cluster]:
    """:raises ClusterUnavailable: Dask is not installed, or nobody answers"""
    try:
        dask: Any = import_module("distributed")
    except ImportError as error:
        raise ClusterUnavailable(
            "Dask is not installed; install Huying with its extra: pip install 'huying[cluster]'."
        ) from error
    # A worker that dies is news for the job, which says so, not for a page of log lines.
    for name in ("distributed", "distributed.nanny", "distributed.scheduler", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    local = None
    try:
        if scheduler is None:
            local = dask.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
        try:
            client = dask.Client(local or scheduler, timeout=_PATIENCE)
        except (OSError, ValueError) as error:
            raise ClusterUnavailable(
                f"No Dask scheduler answers at {scheduler}; start one with `dask scheduler`, or "
                "leave --scheduler out to work with processes of this machine."
            ) from error
        try:
            _await_worker(client, scheduler)
            yield Cluster(client, dask.wait)
        finally:
            client.close(timeout=5)
    finally:
        if local is not None:
            local.close(timeout=10)


def _await_worker(client: Any, scheduler: str | None) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise ClusterUnavailable(
            f"No worker has joined the scheduler at {scheduler}; start one on each machine with "
            f"`dask worker {scheduler} --nthreads 1`."
        ) from error
