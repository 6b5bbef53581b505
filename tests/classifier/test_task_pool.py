"""Tasks of a training: in processes or here, with the same results, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from classifier.task_pool import MANY_ROWS, TaskPool


def whoami() -> int:
    return os.getpid()


def die_elsewhere(home: int) -> str:
    if os.getpid() != home:
        os.kill(os.getpid(), signal.SIGKILL)
    return "done here"


def refuse() -> None:
    raise ValueError("these rows cannot be learnt")


def test_few_rows_need_no_process() -> None:
    with TaskPool.for_rows(MANY_ROWS - 1) as pool:
        assert pool.ask(whoami).result() == os.getpid()


@pytest.mark.slow
def test_many_rows_are_shared_and_a_dead_process_loses_nothing() -> None:
    with TaskPool.for_rows(MANY_ROWS) as pool:
        assert pool.ask(whoami).result() != os.getpid()
        with pytest.raises(ValueError, match="cannot be learnt"):
            pool.ask(refuse).result()
        tasks = [pool.ask(die_elsewhere, os.getpid()), pool.ask(whoami)]
        assert tasks[0].result() == "done here"
        assert tasks[1].result() > 0
        assert pool.ask(whoami).result() == os.getpid(), "nobody is left to do it elsewhere"


CHILD = """
import sys, time
from multiprocessing import forkserver
from classifier.task_pool import MANY_ROWS, TaskPool, prepare_for
if __name__ == "__main__":
    prepare_for(MANY_ROWS)
    pool = TaskPool.for_rows(MANY_ROWS)
    tasks = [pool.ask(time.sleep, 120) for _ in range(2)]
    pids = [process.pid for process in pool._processes._processes.values()]
    pids.append(forkserver._forkserver._forkserver_pid)  # what they were forked from
    print(*pids, flush=True)
    time.sleep(120)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(CHILD, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(children) == 3
        deadline = time.monotonic() + 60
        while not all(has_begun(pid) for pid in children) and time.monotonic() < deadline:
            time.sleep(0.2)
        parent.kill()
        parent.wait()
    while any(is_alive(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(is_alive(pid) for pid in children)


def has_begun(pid: int) -> bool:
    """Whether the process has imported what it fits with."""
    try:
        return "sklearn" in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    except OSError:
        return False


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
