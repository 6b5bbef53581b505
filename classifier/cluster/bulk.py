"""Tags a whole file on a cluster.

    classify_on_cluster(source, target, model_dir, *, text_column="text", scheduler=None,
                        workers=2, resume=False, progress=None) -> BulkReport
    BulkReport(rows, taken_over, workers: tuple[Worked, ...])    Worked(worker, texts, seconds)

Rows go out in shards, a few for each worker at a time, so that neither scheduler nor workers hold
more than a few thousand texts. A finished shard is a file of the job's folder
(:mod:`classifier.cluster.job`) at once: a worker that dies costs its shard's seconds, a client
that dies nothing but the shards under way. The target is the one that one machine would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.bulk import Progress, join_cells, kept_columns, write_tagged
from classifier.cluster.connection import Cluster, connect
from classifier.cluster.job import BulkJob, open_job
from classifier.cluster.remote import ShardDone, pack_model, tag_shard
from classifier.errors import ClusterUnavailable
from classifier.shards import SHARD, Row, Source, open_source

_AHEAD = 3  # shards under way for each worker: one tagged, one waiting, one travelling
_ROUND = 5.0  # seconds between two looks at who is there
_DESERTED = 120.0  # seconds in which nobody works, after which the job stops


@dataclass(frozen=True, slots=True)
class Worked:
    """What one worker process did of a job."""

    worker: str
    texts: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Texts a second, while it was tagging."""
        return self.texts / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class BulkReport:
    """``taken_over``: rows that an earlier run of the job had tagged."""

    rows: int
    taken_over: int
    workers: tuple[Worked, ...]


def classify_on_cluster(
    source: str | Path,
    target: str | Path,
    model_dir: str | Path,
    *,
    text_column: str = "text",
    scheduler: str | None = None,
    workers: int = 2,
    resume: bool = False,
    shard: int = SHARD,
    progress: Progress | None = None,
) -> BulkReport:
    """:param resume: go on with a job begun with another model, with that model
    :raises BadExamples: the file or its column cannot be read
    :raises ModelError: the model cannot be used
    :raises ClusterUnavailable: no Dask, no scheduler, no worker left
    :raises UnfinishedJob: another job for this target is unfinished
    """
    table = open_source(source, text_column)
    job = open_job(Path(target), table, Path(model_dir), text_column, resume=resume, shard=shard)
    missing = job.missing()
    taken_over = table.rows - sum(job.rows_of(number) for number in missing)
    done = _Tally(table.rows, taken_over, progress or _silent)
    if missing:
        with connect(scheduler, workers) as cluster:
            _tag_missing(job, table, missing, cluster, done)
    kept = kept_columns(table.header)

    def lines() -> Iterator[list[str]]:
        for number, shard in enumerate(table.shards(job.shard)):
            yield from join_cells(shard, kept, job.read(number))

    rows = write_tagged(target, kept, lines())
    job.remove()
    return BulkReport(rows, taken_over, done.workers())


def _tag_missing(
    job: BulkJob, table: Source, missing: list[int], cluster: Cluster, done: _Tally
) -> None:
    files = cluster.put(pack_model(job.model))
    wanted = set(missing)
    shards = (
        (number, shard) for number, shard in enumerate(table.shards(job.shard)) if number in wanted
    )
    under_way: dict[Any, int] = {}
    deserted = 0.0
    while True:
        room = _AHEAD * max(1, len(cluster.workers())) - len(under_way)
        for number, shard in islice(shards, max(0, room)):
            under_way[_ask(cluster, files, job, shard)] = number
        if not under_way:
            return
        anyone = cluster.wait_any(under_way, _ROUND) or cluster.is_working()
        deserted = 0.0 if anyone else deserted + _ROUND
        if deserted >= _DESERTED:
            raise ClusterUnavailable(
                "No worker is left that works; start one and give the same command again, it goes "
                "on where it stopped."
            )
        for future in [future for future in under_way if future.done()]:
            result = _result(future)
            job.write(under_way.pop(future), result.cells)
            done.add(result)


def _ask(cluster: Cluster, files: Any, job: BulkJob, shard: list[Row]) -> Any:
    texts = [row[job.text_column] for row in shard]
    return cluster.submit(tag_shard, files, job.model_id, texts)


def _result(future: Any) -> ShardDone:
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        result: ShardDone = future.result()
        return result
    except KilledWorker as error:
        raise ClusterUnavailable(
            "The same texts ended several workers, perhaps for want of memory; give the workers "
            "more and give the same command again, it goes on where it stopped."
        ) from error
    except (CancelledError, OSError) as error:
        raise ClusterUnavailable(
            "The scheduler is gone; start it and give the same command again, it goes on where "
            "it stopped."
        ) from error


class _Tally:
    """Who did how much."""

    def __init__(self, rows: int, taken_over: int, progress: Progress) -> None:
        self._rows, self._done, self._progress = rows, taken_over, progress
        self._texts: dict[str, int] = {}
        self._seconds: dict[str, float] = {}

    def add(self, shard: ShardDone) -> None:
        self._texts[shard.worker] = self._texts.get(shard.worker, 0) + len(shard.cells)
        self._seconds[shard.worker] = self._seconds.get(shard.worker, 0.0) + shard.seconds
        self._done += len(shard.cells)
        self._progress("tagging", self._done / self._rows)

    def workers(self) -> tuple[Worked, ...]:
        return tuple(
            Worked(name, self._texts[name], self._seconds[name]) for name in sorted(self._texts)
        )


def _silent(stage: str, fraction: float) -> None:
    """Progress nobody watches."""
