"""Bulk tagging on two worker processes of one machine, one of them killed on the way.

    python -m benchmarks.cluster [--texts 1000000] [--model FOLDER] [--workers 2] [--keep-alive]

Texts are drawn from the real orders and complaints, each with a number of its own, and written to
the folder for temporary files; they never enter the project. A third of the way through, one worker
is killed outright. Printed: texts a second of each worker and of the whole, against one process
without a cluster on the first rows, and whether both gave the same answers for them.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.tagging.corpora import NoData, find_data
from classifier.bulk import classify_file
from classifier.cluster.bulk import BulkReport, classify_on_cluster
from classifier.registry import ModelRegistry
from classifier.training import LEXICAL, train_shipped

FILES = (
    ("haikou12345_workorders.csv", "text"),
    ("dongguan2016_complaints.csv", "body"),
    ("taidi2020c_messages.csv", "body"),
)
SAMPLE = 2_048
KILL_AT = 1 / 3


def write_texts(folder: Path, target: Path, count: int) -> None:
    """``count`` texts drawn from the real ones with replacement."""
    found: list[str] = []
    for name, column in FILES:
        with (folder / name).open(encoding="utf-8-sig", newline="") as lines:
            found += [row[column].strip() for row in csv.DictReader(lines) if row[column].strip()]
    draw = random.Random(count)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["n", "text"])
        writer.writerows((n, f"{draw.choice(found)}（{n}）") for n in range(count))


def head(source: Path, target: Path, rows: int) -> None:
    """The header and the first rows."""
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        reader, writer = csv.reader(lines), csv.writer(out)
        writer.writerows(islice(reader, rows + 1))


def run(source: Path, target: Path, model: Path, workers: int, kill: bool) -> BulkReport:
    """The job on a cluster of this machine."""
    import distributed

    killed: list[int] = []
    last = 0.0
    with distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:

        def follow(stage: str, done: float) -> None:
            nonlocal last
            if kill and not killed and done >= KILL_AT:
                killed.append(kill_worker(cluster))
                print(f"  at {done:.0%}: worker process {killed[0]} killed", flush=True)
            if done - last >= 0.05:
                last = done
                print(f"  {done:.0%}", flush=True)

        return classify_on_cluster(
            source, target, model, scheduler=cluster.scheduler_address, progress=follow
        )


def kill_worker(cluster: Any) -> int:
    """Kill one outright; its nanny starts another."""
    pid: int = next(worker.pid for worker in cluster.workers.values() if worker.pid)
    os.kill(pid, signal.SIGKILL)
    return pid


def compare(local: Path, far: Path) -> bool:
    """Whether the first lines of ``far`` are those of ``local``."""
    with local.open("rb") as here, far.open("rb") as there:
        return all(line == there.readline() for line in here)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, help="folder of the real texts")
    parser.add_argument("--model", type=Path, help="default: a lexical one is trained")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep-alive", action="store_true", help="kill nobody")
    options = parser.parse_args(arguments)
    try:
        data = find_data(options.data)
    except NoData as error:
        print(error)
        return
    with tempfile.TemporaryDirectory(prefix="huying-cluster-") as name:
        folder = Path(name)
        source, target = folder / "texts.csv", folder / "tagged.csv"
        model = options.model or _train(folder)
        write_texts(data, source, options.texts)
        head(source, folder / "head.csv", SAMPLE)
        started = time.perf_counter()
        classify_file(folder / "head.csv", folder / "head_tagged.csv", model)
        alone = min(SAMPLE, options.texts) / (time.perf_counter() - started)
        print(f"one process, no cluster: {alone:.0f} texts a second (with loading the model)")
        started = time.perf_counter()
        report = run(source, target, model, options.workers, not options.keep_alive)
        seconds = time.perf_counter() - started
        print(f"{report.rows} texts in {seconds:.0f} s: {report.rows / seconds:.0f} a second")
        for own in report.workers:
            print(f"  {own.worker}: {own.texts} texts, {own.per_second:.0f} a second")
        same = compare(folder / "head_tagged.csv", target)
        print(f"the first {SAMPLE} rows are those of one process: {same}")


def _train(folder: Path) -> Path:
    registry = ModelRegistry(folder / "models")
    return registry.path(train_shipped(registry, strength=LEXICAL))


if __name__ == "__main__":
    main()
