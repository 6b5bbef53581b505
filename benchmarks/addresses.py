"""How well and how fast are written places found among 230,000 addresses?

    python -m benchmarks.addresses [--rows 230000] [--seed 7] [--file F] [--make F] [--postgres URL]

Makes the invented county (``scripts/make_addresses.py``), loads it into a new SQLite database (or
the PostgreSQL one that is named), then, in the same process:

* how sure, how right: the authored places of ``tests/addresses/written_places.csv``;
* how fast: every one of them looked up many times over, beside the two ways not taken, a substring
  search through the table and SQLite's full-text index of trigrams, both over full names;
* how much memory the process holds before the load, after it and after the look-ups.

Times are of this machine; quote the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from cases.addresses.loading import load_registry
from cases.addresses.matching import PlaceMatches, resolve_place
from cases.addresses.names import load_names
from cases.addresses.narrowing import narrow_name
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from scripts.make_addresses import county_rows, unique, write_rows
from tests.addresses.written import Tally, read_written, tally_up

ROUNDS = 8


def memory() -> float:
    """The most this process has held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1024)


def quantiles(seconds: Sequence[float]) -> tuple[float, float]:
    """(p50, p99) in ms."""
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1000, ordered[int(len(ordered) * 0.99) - 1] * 1000


async def time_each(
    work: Callable[[str], Awaitable[object]], texts: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Seconds of each call, by the clock and of this process's own work."""
    walls, works = [], []
    for text in texts:
        wall, own = time.perf_counter(), time.process_time()
        await work(text)
        walls.append(time.perf_counter() - wall)
        works.append(time.process_time() - own)
    return walls, works


async def load(database: Database, file: Path) -> None:
    """Read the file in and say how long it took."""
    before, began, cpu = memory(), time.perf_counter(), time.process_time()
    loaded = await load_registry(database, file, now=datetime.now(UTC), refuse=print)
    wall, worked = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"load      {loaded.added} rows, {loaded.derived} places implied, {loaded.refused} "
        f"refused: {wall:.1f} s ({worked:.1f} s of one core); "
        f"memory {before:.0f} → {memory():.0f} MB"
    )


def report(part: str, tally: Tally, rows: int) -> None:
    """One line of quality, and what went wrong."""
    print(
        f"{part:<9} {rows} places: sure {len(tally.sure)}, right {tally.precision:.1%}; of those "
        f"that mean one place {tally.coverage:.1%} sure and right; "
        f"among the three {tally.recall:.1%}; no place left alone {tally.left_alone:.1%}"
    )
    for name in ("wrong", "missed", "invented"):
        if found := getattr(tally, name):
            print(f"          {name}: {' '.join(found)}")


async def measure(database: Database, session: AsyncSession) -> None:
    """Quality, then speed."""
    began = time.perf_counter()
    names = await load_names(session)
    print(
        f"names     {len(names.names)} places, {len(names.forms)} spellings in memory, read in "
        f"{time.perf_counter() - began:.2f} s; memory {memory():.0f} MB"
    )
    rows = read_written()

    def resolve(text: str) -> Awaitable[PlaceMatches]:
        return resolve_place(session, names, text)

    for part in ("seen", "fresh"):
        chosen = [row for row in rows if row.part == part]
        report(part, await tally_up(chosen, resolve), len(chosen))
    texts = [row.text for row in rows] * ROUNDS
    walls, works = await time_each(resolve, texts)
    middle, last = quantiles(walls)
    print(
        f"look-up   p50 {middle:.1f} ms (the unit), p99 {last:.1f} ms = {last / middle:.1f} ×; "
        "of the process's own time p50 {:.1f} ms, p99 {:.1f} ms".format(*quantiles(works))
    )
    print(f"memory    {memory():.0f} MB after {len(texts)} look-ups")
    if database.is_sqlite and database.engine.url.database:
        compare(Path(database.engine.url.database), [row.text for row in rows], middle)


def compare(path: Path, texts: Sequence[str], unit: float) -> None:
    """The ways not taken, which know no slips: each text's first six characters."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIRTUAL TABLE temp.names USING fts5(name, tokenize='trigram')")
    connection.execute("INSERT INTO temp.names SELECT full_name FROM address_units")
    ways = {
        "substring": "SELECT code FROM address_units WHERE full_name LIKE '%' || ? || '%' LIMIT 3",
        "trigrams": "SELECT name FROM temp.names WHERE name MATCH '\"' || ? || '\"' LIMIT 3",
    }
    for name, query in ways.items():
        each, found = [], 0
        for text in texts:
            piece = narrow_name(text).replace('"', "")[:6]
            began = time.perf_counter()
            found += bool(connection.execute(query, (piece,)).fetchall()) if piece else 0
            each.append(time.perf_counter() - began)
        middle, last = quantiles(each)
        print(
            f"{name:<9} p50 {middle / unit:.1f} ×, p99 {last / unit:.1f} ×; finds something for "
            f"{found / len(texts):.0%} of the places"
        )
    connection.close()


async def run(given: argparse.Namespace) -> None:
    """Make, load, measure."""
    with tempfile.TemporaryDirectory(prefix="huying-addresses-") as folder:
        file = given.file or Path(folder) / "addresses.csv"
        if given.file is None:
            write_rows(file, islice(unique(county_rows(given.seed)), given.rows))
        url = given.postgres or f"sqlite:///{Path(folder) / 'huying.db'}"
        await asyncio.to_thread(upgrade_schema, url)
        database = Database(url)
        try:
            await load(database, file)
            async with database.reading() as session:
                await measure(database, session)
        finally:
            await database.close()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=230_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--file", type=Path, help="a registry made before")
    parser.add_argument("--make", type=Path, help="write the registry and stop")
    parser.add_argument("--postgres", help="an empty PostgreSQL database to load into")
    given = parser.parse_args()
    if given.make:
        print(write_rows(given.make, islice(unique(county_rows(given.seed)), given.rows)))
        return
    asyncio.run(run(given))


if __name__ == "__main__":
    main()
