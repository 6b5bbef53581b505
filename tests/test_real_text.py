"""Every real work order of the test split goes through the API: no error, nothing lost.

The texts are public research data that does not travel with the project; without them the
test says so and is skipped.
"""

from __future__ import annotations

import asyncio
import csv
import sqlite3
import sys

import aiohttp
import pytest

from tests.crash.server import ROOT, Server, huying, train_small_model

REAL = ROOT / ".." / "shared" / "data" / "haikou12345_workorders.csv"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not there: no real texts")
async def test_every_real_order_becomes_a_case(tmp_path):
    """3,804 orders, four at a time, then all of them again: the same cases."""
    csv.field_size_limit(sys.maxsize)
    with REAL.open(encoding="utf-8", newline="") as file:
        orders = [row for row in csv.DictReader(file) if row["split"] == "test"]
    assert len(orders) == 3804
    data_dir = tmp_path / "data"
    await asyncio.to_thread(train_small_model, data_dir)
    server = Server(data_dir)
    server.start()
    try:
        await server.ready()
        printed = await asyncio.to_thread(
            huying, "tokens", "create", "热线", "--role", "agent", "--data-dir", str(data_dir)
        )
        first = await _post_all(server, printed.split()[-1], orders)
        again = await _post_all(server, printed.split()[-1], orders[:200])
        assert {status for status, _ in first.values()} == {201}
        assert {status for status, _ in again.values()} == {200}
        assert all(first[key][1] == numbers for key, (_, numbers) in again.items())
        assert all(numbers for _, numbers in first.values())
    finally:
        server.stop()
    with sqlite3.connect(data_dir / "huying.db") as rows:
        filed = {key for (key,) in rows.execute("SELECT DISTINCT source_id FROM cases")}
        texts = dict(rows.execute("SELECT source_id, group_concat(text, '') FROM cases GROUP BY 1"))
    assert filed == {row["id"] for row in orders}
    # Greetings and fillers may be set aside; the matter may not.
    assert all(len(texts[row["id"]]) >= min(6, len(row["text"])) for row in orders)


async def _post_all(server, token, orders):
    answers: dict[str, tuple[int, list[str]]] = {}
    queue = list(orders)

    async def client(session):
        while queue:
            row = queue.pop()
            body = {"text": row["text"], "source_system": "haikou", "source_id": row["id"]}
            async with session.post(f"{server.address}/api/v1/transcripts", json=body) as response:
                data = await response.json()
                answers[row["id"]] = (response.status, [c["number"] for c in data.get("cases", [])])

    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        await asyncio.gather(*(client(session) for _ in range(4)))
    return answers
