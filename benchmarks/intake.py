"""How fast is intake? One server, one run, ratios to the same server doing nothing.

    python -m benchmarks.intake [--rows 800] [--parallel 4] [--data-dir DIR]

Starts ``huying serve`` with the shipped model, then, in this order and on the same machine:

* an empty POST to ``/api/v1/transcripts`` (refused in one sentence): the bare server;
* real work orders, if ``../shared/data`` is there, else authored examples, as transcripts;
* messages in the browser chat, from the POST to the case number in the page.

Prints cases per second, its ratio to the bare server, and p50/p99 from message to case number
as a multiple of the bare server's p50. Absolute figures are this machine's; quote the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aiohttp

from tests.crash.server import ROOT, Server, huying

REAL = ROOT / ".." / "shared" / "data" / "haikou12345_workorders.csv"


def read_texts(rows: int) -> tuple[str, list[str]]:
    """Where the texts are from, and that many of them."""
    if REAL.exists():
        csv.field_size_limit(sys.maxsize)
        with REAL.open(encoding="utf-8", newline="") as file:
            texts = [r["text"] for r in csv.DictReader(file) if r["split"] == "test"]
        return "real work orders", texts[:rows]
    texts = []
    for path in sorted((ROOT / "training_data" / "examples").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            texts += [r["text"] for r in csv.DictReader(file)][:50]
    return "authored examples", texts[:rows]


async def time_all(
    work: Callable[[int, str], Awaitable[None]], texts: Sequence[str], parallel: int
) -> tuple[float, list[float]]:
    """(seconds for all, seconds of each) with ``parallel`` clients that never pause."""
    queue = list(enumerate(texts))[::-1]
    each: list[float] = []

    async def client() -> None:
        while queue:
            number, text = queue.pop()
            began = time.perf_counter()
            await work(number, text)
            each.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(parallel)))
    return time.perf_counter() - began, each


async def run(arguments: argparse.Namespace) -> None:
    """Start, measure, print, stop."""
    source, texts = read_texts(arguments.rows)
    with tempfile.TemporaryDirectory(prefix="huying-bench-") as folder:
        data_dir = arguments.data_dir or Path(folder) / "data"
        data_dir.mkdir(parents=True, exist_ok=True)
        server = Server(data_dir)
        server.start()
        try:
            await server.ready(within=600)
            printed = await asyncio.to_thread(
                huying, "tokens", "create", f"bench-{time.time_ns()}", "--role", "agent",
                "--data-dir", str(data_dir),
            )  # fmt: skip
            await measure(server, printed.split()[-1], source, texts, arguments.parallel)
        finally:
            server.stop()


async def measure(server: Server, token: str, source: str, texts: list[str], parallel: int) -> None:
    """The three loads, one after the other."""
    headers = {"Authorization": f"Bearer {token}"}
    run_name = f"bench-{time.time_ns()}"
    async with aiohttp.ClientSession(headers=headers) as client:
        url = f"{server.address}/api/v1/transcripts"

        async def empty(_number: int, _text: str) -> None:
            async with client.post(url, data=b"") as response:
                assert response.status in (400, 415, 422), response.status
                await response.read()

        async def transcript(number: int, text: str) -> None:
            body = {"text": text, "source_system": run_name, "source_id": str(number)}
            async with client.post(url, json=body) as response:
                assert response.status == 201, await response.text()
                await response.read()

        await time_all(transcript, ["朝晖路路灯不亮"] * 8, parallel)  # warm
        run_name += "-counted"
        bare, bare_each = await time_all(empty, texts, parallel)
        filed, filed_each = await time_all(transcript, texts, parallel)
    chat_texts = [f"{text[:120]}（{i}）" for i, text in enumerate(texts[:60])]

    async def chat(number: int, text: str) -> None:
        await chat_once(server.address, text)

    _, chat_each = await time_all(chat, chat_texts, 1)
    unit = statistics.median(bare_each)
    print(f"texts: {len(texts)} {source}; {parallel} clients")
    print(f"bare server     {len(texts) / bare:8.1f} requests/s   p50 1.0 (the unit)")
    print(
        f"transcripts     {len(texts) / filed:8.1f} cases/s      "
        f"{bare / filed:.3f} of the bare server's throughput"
    )
    for name, each in (("transcript → cases", filed_each), ("chat → case number", chat_each)):
        each.sort()
        p50, p99 = statistics.median(each), each[int(len(each) * 0.99) - 1]
        print(
            f"{name:<20} p50 {p50 / unit:7.1f} × ({p50 * 1000:.0f} ms)   "
            f"p99 {p99 / unit:7.1f} × ({p99 * 1000:.0f} ms)"
        )


async def chat_once(address: str, text: str) -> None:
    """A new citizen opens the chat, writes, and waits for a case number in the page."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(f"{address}/chat") as page:
            csrf = re.search(r'name="csrf" value="([^"]+)"', await page.text())
        assert csrf is not None
        async with browser.post(
            f"{address}/chat/messages",
            data={"csrf": csrf[1], "client_id": "bench-00000001", "text": text},
        ) as response:
            html = await response.text()
    # Messages that name nothing are asked back; a number or a question is an answer either way.
    assert re.search(r"\d{4}-\d{4}-\d{4}|？", html), html[-400:]


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=800)
    parser.add_argument("--parallel", type=int, default=4)
    parser.add_argument("--data-dir", type=Path)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
