"""How fast are the training room's own pages with a hundred thousand predictions?

    python -m benchmarks.ledger [--cases 100000] [--rounds 15] [--postgres]

The desk benchmark's town, three years of it, with labels in the ledger: half of the cases decided,
one in twelve of those wrong, one in fifty returned. Each page in turn, round after round, over
loopback: median and p95, the median as a multiple of the smallest page's (``/healthz``), and the
median of the processor's time, which a busy machine stretches less. PostgreSQL's own is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy import case, text, update

from benchmarks.desk import filled_house
from cases.lifecycle import Role
from cases.models import PredictionEntry as Word
from cases.storage.database import Database
from intake_api.labelling.words import WORDS, WordKeeper
from tests.intake_api.conftest import House


async def decide(database: Database) -> None:
    """Give the predictions an end: who goes by the row's number is the same on both databases."""
    other = "zf.noise"
    alternatives = [
        {"platform": "zf", "category": other, "confidence": 0.05},
        {"platform": "zf", "category": "zf.road", "confidence": 0.02},
    ]
    reasons = [{"term": "路灯", "weight": 0.4}] * 12
    async with database.transaction() as session:
        await session.execute(
            update(Word)
            .values(
                tag={"alternatives": alternatives, "reasons": reasons},
                confidence=0.4 + (Word.id % 60) / 100.0,
                automatic=Word.id % 10 < 6,
                model=case((Word.id % 3 == 0, "20260101T000000-lexical-aaaaaa"), else_="m"),
            )
            .execution_options(synchronize_session=False)
        )
        await session.execute(
            update(Word)
            .where(Word.id % 2 == 0)
            .values(
                final_category=case((Word.id % 24 == 0, other), else_=Word.category),
                final_by="王派单",
                final_at=Word.at,
                how="confirmed",
            )
            .execution_options(synchronize_session=False)
        )
        await session.execute(
            update(Word)
            .where(Word.id % 50 == 1)
            .values(
                returns=[{"unit": "works_office", "reason": "不归我们管", "basis": "清单",
                          "proposed_unit": None, "by": "赵所长", "at": "", "accepted": True}],
                return_count=1,
                misrouted=True,
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    async with database.transaction() as session:
        await session.execute(text("ANALYZE"))


def list_pages(number: str) -> dict[str, str]:
    """What a person in the training room opens."""
    return {
        "healthz": "/healthz",
        "overview": "/training",
        "overview, all": "/training?days=0",
        "ledger": "/training/ledger",
        "ledger, all": "/training/ledger?days=0",
        "ledger, wrong": "/training/ledger?days=0&outcome=wrong",
        "ledger, rare": "/training/ledger?days=0&outcome=misrouted&category=sj.food",
        "ledger, nothing": "/training/ledger?days=0&model=nobody",
        "ledger, a number": f"/training/ledger?number={number}",
        "export, 3 months": "/training/ledger/export.csv?days=91",
    }


async def measure(folder: Path, cases: int, rounds: int, postgres: bool) -> None:
    """Print the table."""
    async with filled_house(folder, cases, postgres) as (house, number):
        await decide(house.database)
        await house.login(Role.DISPATCHER)
        pages = list_pages(number)
        took: dict[str, list[float]] = {name: [] for name in (*pages, "new words")}
        work: dict[str, list[float]] = {name: [] for name in took}
        for turn in range(rounds + 1):
            for name, path in pages.items():
                begun, spent = time.perf_counter(), time.process_time()
                answer = await house.client.get(path)
                await answer.read()
                if answer.status != 200:
                    raise SystemExit(f"{name} answered {answer.status}")
                if turn:  # the first round warms up
                    took[name].append((time.perf_counter() - begun) * 1000)
                    work[name].append((time.process_time() - spent) * 1000)
            if turn:
                spent = time.process_time()
                took["new words"].append(await _count_words(house))
                work["new words"].append((time.process_time() - spent) * 1000)
    base = statistics.median(took["healthz"])
    print(f"{'page':<20}{'median ms':>10}{'p95 ms':>9}{'x healthz':>11}{'cpu ms':>8}")
    for name, times in took.items():
        median = statistics.median(times)
        worst = statistics.quantiles(times, n=20)[-1]
        cpu = statistics.median(work[name])
        print(f"{name:<20}{median:>10.1f}{worst:>9.1f}{median / base:>11.1f}{cpu:>8.1f}")


async def _count_words(house: House) -> float:
    """What the first reader of an hour waits for."""
    app = house.client.app
    assert app is not None and WORDS in app
    keeper = WordKeeper(app)
    begun = time.perf_counter()
    await keeper.words()
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, not SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options.cases, options.rounds, options.postgres))


if __name__ == "__main__":
    main()
