"""The whole of Huying as an operator starts it: a process one can really kill."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
#: A few easy categories: the model is small, the program around it is whole.
CATEGORIES = ("zf.light", "zf.noise", "zf.garbage", "bm.social_ins", "zz.neighbor", "na.unclear")


def huying(*arguments: str, **environ: str) -> str:
    """Run a command of ours to its end and give back what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "intake_api", *arguments],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def train_small_model(data_dir: Path, *options: str) -> None:
    """A model over a few categories in the data folder, so that a start trains nothing."""
    rows = []
    for category in CATEGORIES:
        path = ROOT / "training_data" / "examples" / f"{category}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))[:45]
    small = data_dir / "small.csv"
    data_dir.mkdir(parents=True, exist_ok=True)
    with small.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    taxonomy = data_dir / "small_taxonomy.csv"
    with (ROOT / "training_data" / "taxonomy.csv").open(encoding="utf-8", newline="") as file:
        labels = [r for r in csv.DictReader(file) if r["code"] in CATEGORIES]
    with taxonomy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, labels[0])
        writer.writeheader()
        writer.writerows(labels)
    arguments = ("--data", str(small), "--taxonomy", str(taxonomy), "--data-dir", str(data_dir))
    huying("train", *arguments, *options)


class Server:
    """``huying serve`` in a process group of its own."""

    def __init__(self, data_dir: Path, *, cwd: Path = ROOT, **environ: str) -> None:
        self.data_dir = data_dir
        self._cwd = cwd
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self.log = data_dir / "serve.log"

    def start(self) -> None:
        """Begin; does not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "intake_api", "serve", "--port", str(self.port),
                 "--data-dir", str(self.data_dir)],
                stdout=log, stderr=log, cwd=self._cwd, env={**os.environ, **self._environ},
                start_new_session=True,
            )  # fmt: skip

    async def ready(self, within: float = 90) -> None:
        """Wait until it answers. Raises ``TimeoutError`` with the end of its log."""
        deadline = asyncio.get_running_loop().time() + within
        async with aiohttp.ClientSession() as client:
            while asyncio.get_running_loop().time() < deadline:
                try:
                    async with client.get(f"{self.address}/readyz") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                if self._process is not None and self._process.poll() is not None:
                    break
                await asyncio.sleep(0.1)
        raise TimeoutError(self.log.read_text(encoding="utf-8", errors="replace")[-3000:])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """``kill -9``, children too, no goodbye."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        self._process.wait(30)
