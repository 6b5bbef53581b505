"""Work on a cluster: the same results, whoever is killed."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.bulk import classify_file
from classifier.cluster import likeness
from classifier.cluster.bulk import classify_on_cluster
from classifier.cluster.connection import connect
from classifier.cluster.likeness import check_program, describe_program
from classifier.cluster.pool import ClusterPool, open_pool, weigh
from classifier.cluster.remote import join_pieces
from classifier.errors import ClassifierError, ClusterUnavailable
from classifier.registry import ModelRegistry
from classifier.training import train_files

ROWS = 640
SHARD = 64
ROOT = Path(__file__).parents[2]


def test_a_missing_dask_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterUnavailable, match=r"huying\[cluster\]"), connect():
        pass


def test_an_unknown_engine_is_one_sentence():
    with pytest.raises(ClassifierError, match="use local or dask"), open_pool(1, "spark"):
        pass


def test_the_local_engine_needs_no_dask(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with open_pool(1) as pool:
        assert pool.ask(sum, [1, 2]).result() == 3


def test_a_worker_with_another_version_says_which(monkeypatch: pytest.MonkeyPatch):
    theirs = describe_program()
    check_program(theirs)
    monkeypatch.setattr(likeness, "describe_program", lambda: (("scikit-learn", "0.1"),))
    with pytest.raises(ClusterUnavailable, match=r"install the same Huying"):
        check_program(theirs)


def test_large_arguments_are_known_by_their_size():
    from scipy.sparse import csr_matrix

    assert weigh(np.zeros(10, dtype=np.int8)) == 10
    assert weigh(csr_matrix(np.eye(10, dtype=np.float32))) > 10 * 4
    assert weigh("路灯") == weigh(None) == 0


def test_what_was_cut_for_the_way_is_put_together_again():
    import pickle

    packed = pickle.dumps({"a": "路灯" * 1000})
    pieces = [packed[i : i + 100] for i in range(0, len(packed), 100)]
    assert join_pieces(pieces) == {"a": "路灯" * 1000}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes, each with a nanny that puts another in the place of a dead one."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def many_texts(tmp_path_factory: pytest.TempPathFactory, small_files: tuple[Path, Path]) -> Path:
    path = tmp_path_factory.mktemp("many") / "many.csv"
    with small_files[1].open(encoding="utf-8") as source:
        texts = [row["text"] for row in csv.DictReader(source)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["n", "text"])
        writer.writerows((i, f"{texts[i % len(texts)]}（{i}）") for i in range(ROWS))
    return path


@pytest.fixture
def serving(small_registry: ModelRegistry) -> Path:
    folder = small_registry.current()
    assert folder is not None
    return folder


def kill_a_worker(cluster: Any) -> int:
    pid: int = next(worker.pid for worker in cluster.workers.values() if worker.pid)
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_a_file_changes_nothing(
    cluster: Any, many_texts: Path, serving: Path, tmp_path: Path
):
    killed: list[int] = []

    def kill_once(stage: str, done: float) -> None:
        if not killed:
            killed.append(kill_a_worker(cluster))

    classify_file(many_texts, tmp_path / "local.csv", serving)
    done = classify_on_cluster(
        many_texts,
        tmp_path / "far.csv",
        serving,
        scheduler=cluster.scheduler_address,
        shard=SHARD,
        progress=kill_once,
    )
    assert killed
    assert (tmp_path / "far.csv").read_bytes() == (tmp_path / "local.csv").read_bytes()
    assert (done.rows, done.taken_over) == (ROWS, 0)
    assert sum(own.texts for own in done.workers) == ROWS
    assert all(own.per_second > 0 for own in done.workers)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far.csv", "local.csv"]


CLIENT = """
import sys
from classifier.cluster.bulk import classify_on_cluster
source, target, model, scheduler, shard = sys.argv[1:]
def tell(stage, done):
    print(done, flush=True)
    sys.stdin.readline()
classify_on_cluster(
    source, target, model, scheduler=scheduler, shard=int(shard), progress=tell
)
"""


@pytest.mark.slow
def test_a_killed_client_goes_on_where_it_was(
    cluster: Any, many_texts: Path, serving: Path, tmp_path: Path
):
    target, scheduler = tmp_path / "far.csv", cluster.scheduler_address
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT, many_texts, target, serving, scheduler, str(SHARD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline()
        client.kill()
    assert not target.exists()
    done = classify_on_cluster(many_texts, target, serving, scheduler=scheduler, shard=SHARD)
    assert SHARD <= done.taken_over < ROWS
    classify_file(many_texts, tmp_path / "local.csv", serving)
    assert target.read_bytes() == (tmp_path / "local.csv").read_bytes()


@pytest.mark.slow
def test_a_worker_killed_in_a_training_changes_nothing(
    cluster: Any, small_files: tuple[Path, Path], tmp_path: Path
):
    taxonomy, rows = small_files

    def train(name: str, **more: Any) -> dict[str, Any]:
        folder = tmp_path / name
        train_files([rows], taxonomy=taxonomy, out=folder, strength="lexical", **more)
        with np.load(folder / "arrays.npz") as arrays:
            return {key: arrays[key] for key in arrays.files}

    stop, killed = threading.Event(), []

    def kill_soon() -> None:
        # As soon as a worker holds a result: that one is lost with it and must be made again.
        while not stop.wait(0.02):
            if any(state.nbytes for state in cluster.scheduler.workers.values()):
                killed.append(kill_a_worker(cluster))
                return

    killer = threading.Thread(target=kill_soon, daemon=True)
    killer.start()
    far = train("far", engine="dask", scheduler=cluster.scheduler_address)
    stop.set()
    killer.join()
    here = train("here")
    assert killed
    assert far.keys() == here.keys()
    for name, values in here.items():
        assert np.array_equal(values, far[name], equal_nan=values.dtype.kind == "f"), name


def sum_slowly(numbers: Any, seconds: float) -> float:
    time.sleep(seconds)
    return float(numbers.sum())


@pytest.mark.slow
def test_the_cluster_itself_makes_good_what_a_killed_worker_held(cluster: Any):
    numbers = np.arange(1_000_000, dtype=np.float64)
    with open_pool(1, "dask", cluster.scheduler_address) as pool:
        tasks = [pool.ask(sum_slowly, numbers, seconds) for seconds in (0.0, 0.0, 3.0, 3.0)]
        assert tasks[0].result() == numbers.sum()
        kill_a_worker(cluster)
        assert [task.result() for task in tasks] == [numbers.sum()] * 4
        assert isinstance(pool, ClusterPool)
        assert (pool.asked, pool.done_here) == (4, 0)


@pytest.mark.slow
def test_an_error_of_the_work_is_the_callers(cluster: Any):
    with (
        open_pool(1, "dask", cluster.scheduler_address) as pool,
        pytest.raises(ZeroDivisionError),
    ):
        pool.ask(divmod, 1, 0).result()


@pytest.mark.slow
def test_tasks_are_done_here_when_every_worker_is_gone(monkeypatch: pytest.MonkeyPatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr("classifier.cluster.pool._DESERTED", 1.0)
    monkeypatch.setattr("classifier.cluster.pool._LOOK", 0.5)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as cluster,
        open_pool(1, "dask", cluster.scheduler_address) as pool,
    ):
        cluster.scale(0)
        while cluster.scheduler.workers:
            time.sleep(0.1)
        assert pool.ask(sum, [1, 2]).result() == 3
        assert isinstance(pool, ClusterPool)
        assert pool.done_here == 1
