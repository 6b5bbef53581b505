"""``kill -9`` in the middle of an import: the next one goes on behind the last batch."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.crash.server import ROOT, huying, train_small_model
from tests.imports.conftest import order_rows, write_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROWS = 700


def look(data_dir: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(data_dir / "huying.db", timeout=30) as connection:
        return connection.execute(query).fetchall()


def kill_in_the_middle(path: Path, data_dir: Path, at_least: int) -> int:
    """Start an import, kill it once so many rows are stored; how many were."""
    process = subprocess.Popen(
        [sys.executable, "-m", "intake_api", "import", str(path), "--data-dir", str(data_dir)],
        cwd=ROOT,
        env={**os.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and process.poll() is None:
        found = look(data_dir, "SELECT rows FROM order_imports ORDER BY id DESC LIMIT 1")
        if found and int(str(found[0][0])) >= at_least:
            break
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL, "it was through before it could be killed"
    return int(str(look(data_dir, "SELECT rows FROM order_imports ORDER BY id DESC")[0][0]))


async def test_killed_twice_and_complete(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    await asyncio.to_thread(train_small_model, data_dir)
    huying("db", "upgrade", "--data-dir", str(data_dir))
    path = write_file(tmp_path, "xlsx", order_rows(ROWS))
    first = kill_in_the_middle(path, data_dir, 80)
    second = kill_in_the_middle(path, data_dir, first + 80)
    assert 80 <= first < second < ROWS
    before = look(data_dir, "SELECT number, version FROM cases ORDER BY id")
    said = huying("import", str(path), "--data-dir", str(data_dir))
    assert f"{ROWS} 行：收下 {ROWS} 行" in said
    jobs = look(data_dir, "SELECT state, rows, taken, known, refused FROM order_imports")
    assert jobs == [("done", ROWS, ROWS, 0, 0)]
    after = look(data_dir, "SELECT number, version FROM cases ORDER BY id")
    assert after[: len(before)] == before
    ids = look(data_dir, "SELECT source_id, source_index FROM cases")
    assert len(ids) == len(set(ids)) and len({row[0] for row in ids}) == ROWS
    assert huying("audit", "verify", "--data-dir", str(data_dir))
    again = huying("import", str(path), "--data-dir", str(data_dir))
    assert f"没有新工单，{ROWS} 行原已有" in again and "什么都没有改动" in again
    assert look(data_dir, "SELECT number, version FROM cases ORDER BY id") == after
