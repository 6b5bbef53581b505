"""Does retraining on a hundred thousand cases slow the chat? One server, one run, a ratio.

    python -m benchmarks.retraining_beside_traffic [--cases 100000] [--minutes 20] [--models DIR]

A town is filled with cases that people have settled (the ledger's final labels). The server starts
on it, the button for retraining is pressed, and citizens write in the browser chat, one after the
other. The training process and its helpers are stopped and let go on in turn (SIGSTOP, SIGCONT),
some seconds each, so that messages with and without training alternate over the whole training and
a machine that is busy otherwise is so for both. Prints the median and p95 answer of each kind and
the ratio of the medians, and which stages were measured. The ratio is to stay below 1.3.

Texts: a shipped row and, where ``HUYING_BENCH_DATA`` names a folder with them, a sentence of a real
message, so that the words are as many as they would be. ``--models`` takes a registry that is
there, else the shipped model is trained first.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import random
import re
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import insert

from benchmarks.desk import read_rows
from cases.case_number import new_number
from cases.lifecycle import State
from cases.models import Case, PredictionEntry
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.town_files import load_service_files, load_town_files
from cases.use_cases.training_jobs import OPEN
from intake_api.retraining.folders import job_folder
from tests.crash.server import Server
from tests.retraining.small_town import begin, look

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
BLOCK_SECONDS = 10.0
PAUSE_SECONDS = 0.1  # between a citizen and the next
_CHUNK = 2_000
_REAL = {"haikou12345_workorders.csv": "text", "taidi2020c_messages.csv": "text"}


def read_sentences(limit: int = 40_000) -> list[str]:
    """Sentences of real messages; none where there is no such folder."""
    folder = os.environ.get("HUYING_BENCH_DATA")
    csv.field_size_limit(sys.maxsize)
    found: list[str] = []
    for name, column in _REAL.items():
        path = Path(folder or "-") / name
        if not path.is_file():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found += [s for s in re.split(r"[。！？\n]", row.get(column) or "") if len(s) > 8][
                    :2
                ]
                if len(found) >= limit:
                    break
    return found


async def fill_town(data_dir: Path, cases: int) -> None:
    """A database with the town and its cases."""
    url = f"sqlite:///{data_dir / 'huying.db'}"
    await asyncio.to_thread(upgrade_schema, url)
    database, began = Database(url), time.perf_counter()
    await fill(database, cases)
    await database.close()
    print(f"{cases} cases in {time.perf_counter() - began:.0f} s", flush=True)


async def fill(database: Database, count: int) -> None:
    """Cases that people have settled: what training gathers its labels from."""
    draw, rows, sentences = random.Random(3), read_rows(), read_sentences()
    print(f"texts: {len(rows)} shipped rows, {len(sentences)} sentences of real messages")
    async with database.transaction() as session:
        await load_town_files(session)
        await load_service_files(session, NOW)
    for first in range(1, count + 1, _CHUNK):
        cases, predictions = [], []
        for i in range(first, min(first + _CHUNK, count + 1)):
            text, category = draw.choice(rows)
            more = draw.choice(sentences) if sentences else draw.choice(rows)[0][:20]
            at = NOW - timedelta(minutes=5 * (count - i) + 10)
            cases.append(_case(i, f"{text}{more}。", category, at))
            predictions.append(_settled(i, category, at))
        async with database.transaction() as session:
            await session.execute(insert(Case), cases)
            await session.execute(insert(PredictionEntry), predictions)


def _case(i: int, text: str, category: str, at: datetime) -> dict[str, Any]:
    return {
        "id": i, "number": f"{new_number(at.date())}-{i}"[-20:], "tracking_code": "ABCD2345",
        "channel": "phone", "text": text, "summary": text[:40], "category": category,
        "platform": category.split(".")[0], "request_type": "complaint", "urgency": "normal",
        "state": State.ARCHIVED.value, "flags": [], "returned_by": [], "submitted_at": at,
        "updated_at": at,
    }  # fmt: skip


def _settled(i: int, category: str, at: datetime) -> dict[str, Any]:
    return {
        "case_id": i, "at": at, "model": "m", "category": category, "confidence": 0.9,
        "decision": "suggest", "tag": {}, "final_category": category,
        "final_request_type": "complaint", "final_urgency": "normal", "final_by": "王派单",
        "final_at": at + timedelta(minutes=5), "how": "confirmed",
    }  # fmt: skip


def family(pid: int) -> Iterator[int]:
    """A process and everything it started, as far as this system tells."""
    yield pid
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(") ", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == pid:
            yield from family(int(path.parent.name))


def tell_all(data_dir: Path, job_id: int, number: signal.Signals) -> bool:
    """Stop the training or let it go on; ``False``: there is no process."""
    try:
        pid = int((job_folder(data_dir, job_id) / "lock").read_text())
        for member in list(family(pid)):
            os.kill(member, number)
    except (OSError, ValueError):
        return False
    return True


class Citizens:
    """One after the other, each with something to say; how long the town took to answer."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._texts = [text for text, _ in read_rows()]
        random.Random(5).shuffle(self._texts)
        self._said = 0

    async def write(self) -> float:
        """Seconds from the message to the answer."""
        self._said += 1
        text = f"{self._texts[self._said % len(self._texts)]}（{self._said}）"
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            async with browser.get(f"{self._address}/chat") as page:
                csrf = re.search(r'name="csrf" value="([^"]+)"', await page.text())
            assert csrf is not None
            form = {"csrf": csrf[1], "client_id": f"bench-{self._said:08d}", "text": text}
            began = time.perf_counter()
            async with browser.post(f"{self._address}/chat/messages", data=form) as answer:
                html = await answer.text()
            took = time.perf_counter() - began
        assert re.search(r"\d{4}-\d{4}-\d{4}|？", html), html[-400:]
        return took

    async def block(self, seconds: float) -> list[float]:
        """Messages for some seconds; at least one."""
        took, until = [], time.monotonic() + seconds
        while not took or time.monotonic() < until:
            took.append(await self.write())
            await asyncio.sleep(PAUSE_SECONDS)
        return took


async def measure(server: Server, data_dir: Path, minutes: float) -> float:
    """Press the button, alternate, print; the ratio."""
    citizens = Citizens(server.address)
    await citizens.block(BLOCK_SECONDS)  # warm
    job_id = await asyncio.to_thread(begin, data_dir)
    with_it: list[float] = []
    without: list[float] = []
    stages: defaultdict[str, list[float]] = defaultdict(list)
    began = time.monotonic()
    while True:
        job = await asyncio.to_thread(look, data_dir, job_id)
        if job.state not in OPEN or time.monotonic() - began > minutes * 60:
            break
        if not await asyncio.to_thread(tell_all, data_dir, job_id, signal.SIGCONT):
            await asyncio.sleep(0.5)
            continue
        block = await citizens.block(BLOCK_SECONDS)
        stages[job.stage] += block
        # Not while it writes to the database: it would keep the writers' lock while it stands.
        if job.stage != "collecting" and await asyncio.to_thread(
            tell_all, data_dir, job_id, signal.SIGSTOP
        ):
            with_it += block  # only what has its like without: the machine is busy otherwise, too
            without += await citizens.block(BLOCK_SECONDS)
            await asyncio.to_thread(tell_all, data_dir, job_id, signal.SIGCONT)
    print(f"training: {job.state} after {time.monotonic() - began:.0f} s at {job.fraction:.0%}")
    print(f"labels: {job.counts}")
    if not with_it or not without:
        raise SystemExit("The training was over before anything could be measured; more cases.")
    for name, times in (("without training", without), ("with training", with_it)):
        p95 = sorted(times)[int(len(times) * 0.95)]
        middle = statistics.median(times)
        print(f"{name:<18}{len(times):>6} messages   median {middle * 1000:7.1f} ms"
              f"   p95 {p95 * 1000:7.1f} ms")  # fmt: skip
    base = statistics.median(without)
    for stage, times in stages.items():
        print(f"  at “{stage}”: {len(times)} messages, {statistics.median(times) / base:.2f} ×")
    ratio = statistics.median(with_it) / base
    print(f"median answer with training: {ratio:.2f} × without (at most 1.3)")
    return ratio


async def run(options: argparse.Namespace, data_dir: Path) -> None:
    """Fill, start, measure, stop."""
    if options.models and not (data_dir / "models").exists():
        shutil.copytree(options.models, data_dir / "models")
    if not (data_dir / "huying.db").exists():
        await fill_town(data_dir, options.cases)
    server = Server(data_dir, HUYING_STRENGTH="lexical")
    server.start()
    try:
        await server.ready(within=900)
        await measure(server, data_dir, options.minutes)
    finally:
        server.kill()


def main() -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retraining_beside_traffic")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=20.0, help="of training and pauses")
    parser.add_argument("--models", type=Path, help="a registry to copy, e.g. huying-data/models")
    parser.add_argument("--data-dir", type=Path, help="keep the town here; filled if it is new")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="huying-bench-") as folder:
        asyncio.run(run(options, options.data_dir or Path(folder)))


if __name__ == "__main__":
    main()
