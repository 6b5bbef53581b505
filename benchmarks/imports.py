"""How fast is a file of orders read in, and what does masking cover?

    python -m benchmarks.imports [--rows N] [--data FOLDER] [--model DIR]

Three figures of one run, on the real work orders (or, where they are absent, on authored ones):
rows a second as a share of bare tagging of the same texts with the same classifier process; the
second pass of the same file as a share of the first; and, for each set of real messages, the share
of characters that masking covers, by kind. Nothing of a text is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import OrderImport
from cases.personal_data import KINDS, find_personal_data
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.use_cases.import_orders import ImportedFile, begin_import
from classifier.worker_pool import ClassifierPool
from intake_api.accounts.keys import utc_now
from intake_api.first_model import ensure_model
from intake_api.imports.order_import import digest_of, look_at, run_import, tagging_with
from intake_api.town_keeper import TownKeeper

DATA = Path(__file__).parents[2] / "shared" / "data"
ORDERS = "haikou12345_workorders.csv"
MESSAGES = {
    ORDERS: "text",
    "dongguan2016_complaints.csv": "body",
    "taidi2020c_messages.csv": "body",
}
_AUTHORED = (
    "朝晖路桥头三盏路灯不亮，晚上漆黑一片，请尽快修。",
    "风荷苑楼下烧烤摊油烟很大，夜里吵到十二点，要求管一管。",
    "小区南门的垃圾一个星期没有人清运，气味很重，请处理。",
)
csv.field_size_limit(sys.maxsize)


def read_column(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def load_orders(folder: Path, count: int) -> list[str]:
    path = folder / ORDERS
    if not path.exists():
        print(f"{path} is not there: authored orders instead (--data says where to look)")
        return [f"{_AUTHORED[n % len(_AUTHORED)]}第{n}次。" for n in range(count)]
    texts = read_column(path, "text")
    return [texts[n % len(texts)] for n in range(count)]


def write_orders(path: Path, texts: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "诉求内容"])
        writer.writerows([f"N{n:06}", text] for n, text in enumerate(texts))


async def measure(texts: Sequence[str], model: Path, folder: Path) -> None:
    path = folder / "orders.csv"
    write_orders(path, texts)
    url = f"sqlite:///{folder / 'huying.db'}"
    await asyncio.to_thread(upgrade_schema, url)
    database, pool = Database(url), ClassifierPool(model)
    town = TownKeeper(database)
    await town.load()
    await pool.start()
    try:
        started = time.perf_counter()
        await pool.classify_many(texts)
        bare = time.perf_counter() - started
        passes = []
        for _ in range(2):
            started = time.perf_counter()
            job = await import_once(database, pool, town, path)
            passes.append((time.perf_counter() - started, job))
    finally:
        await pool.close()
        await database.close()
    (first, one), (second, two) = passes
    print(f"rows {len(texts)}, cases {one.cases}, refused {one.refused}")
    print(f"bare tagging       {len(texts) / bare:8.0f} texts a second   1.00")
    print(f"first pass         {len(texts) / first:8.0f} rows a second    {bare / first:.2f}")
    print(f"second pass        {len(texts) / second:8.0f} rows a second    {second / first:.3f}"
          f" of the first's time; new {two.taken}, known {two.known}")  # fmt: skip


async def import_once(
    database: Database, pool: ClassifierPool, town: TownKeeper, path: Path
) -> OrderImport:
    preview = look_at(path, town(), utc_now())
    what = ImportedFile("benchmark", path.name, digest_of(path), preview.header)
    actor = Actor(Role.DISPATCHER, "benchmark")
    async with database.transaction() as session:
        job = await begin_import(session, what, actor=actor, owner="benchmark", now=utc_now())
    ended = await run_import(
        path,
        job,
        database=database,
        tag=tagging_with(pool),
        town=town,
        clock=utc_now,
        owner="benchmark",
    )
    assert ended is not None and ended.state == "done", ended and ended.trouble
    return ended


def measure_masking(folder: Path) -> None:
    for name, column in MESSAGES.items():
        if not (folder / name).exists():
            print(f"{folder / name} is not there: masking was not measured on it")
            continue
        texts = read_column(folder / name, column)[::5]
        covered: Counter[str] = Counter()
        started = time.perf_counter()
        for text in texts:
            for start, end, kind in find_personal_data(text):
                covered[kind] += end - start
        seconds = time.perf_counter() - started
        characters = sum(map(len, texts))
        kinds = ", ".join(f"{k} {covered[k] / characters:.3%}" for k in KINDS if covered[k])
        share = sum(covered.values()) / characters
        print(f"{name}: {share:.3%} of {characters} characters masked ({kinds}); "
              f"{characters / seconds / 1e6:.2f} million characters a second")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--model", type=Path, help="a model folder; default: the shipped one")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = given.model or asyncio.run(ensure_model(folder / "models", lambda *_: None))
        asyncio.run(measure(load_orders(given.data, given.rows), model, folder))
    measure_masking(given.data)


if __name__ == "__main__":
    main()
