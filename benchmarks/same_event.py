"""Are reports of one event told from others, and how fast are they found among a million cases?

    python -m benchmarks.same_event [--only judging|speed] [--cases 1000000] [--data FOLDER]
                                    [--postgres]

Judging, on three sets of pairs:

* the authored ones of ``tests/same_event/pairs.csv``;
* planted in the work orders of ``haikou12345_workorders.csv``: two of one near-copy group are the
  same; the first with every place exchanged for another order's, and another order's matter with
  every place exchanged for the first one's, are not;
* planted in the letters of ``taidi2020c_messages.csv``: title and body of one letter are the same,
  and the same two exchanges are not. Only letters whose title names a place that the body says too.

The figures of ``rules.toml`` were chosen on ``TUNED`` (authored) and on the even groups (planted);
the odd ones and ``BLIND`` are for reading off. The real texts do not travel with the project;
without them only the authored pairs are judged.

Speed: keys of invented cases in bulk, then candidates looked for by the use case itself, beside a
look-up by primary key in the same run. Times are of this machine; quote the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import random
import re
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from cases.models import Case
from cases.place import find_place, iter_place_spans
from cases.same_event import Report
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.town import load_town
from cases.town_files import load_town_files
from cases.use_cases.same_event import find_similar, write_first_keys
from tests.same_event.pairs import BLIND, TUNED, Pair, Tally, read_pairs, tally_up

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_SHORTEST = 20
_PIECE = 3
#: What is put in its place has to be a place where something could be: no office, no company.
_PROPER = re.compile("[路街巷弄村苑]|小区|花园|广场|新城|大道|公寓")
INVENTED = 4000
#: A copy's own keys lie beyond those of the others.
OWN = 1 << 40
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def say(name: str, part: str, tally: Tally) -> None:
    """One line of quality."""
    print(
        f"{name:<9} {part:<7} {tally.total} pairs, {tally.same} the same: precision "
        f"{tally.precision:.3f}, recall {tally.recall:.3f}; {len(tally.wrong)} called the same "
        f"that are not, {len(tally.torn)} torn apart, {tally.unsure} unsure"
    )


def with_place(text: str, place: str) -> str:
    """Every place in the text exchanged for another."""
    for start, end in sorted(iter_place_spans(text), reverse=True):
        text = text[:start] + place + text[end:]
    return text


def plant(name: str, twos: Sequence[tuple[str, str]]) -> list[Pair]:
    """The same twice, the same matter elsewhere, another matter there; even and odd in turn."""
    pairs = []
    for number, (a, b) in enumerate(twos):
        part = "odd" if number % 2 else "even"
        mine = find_place(a) or ""
        other, matter = twos[(number + 7) % len(twos)]
        theirs = find_place(other) or ""
        pairs.append(Pair(part, name, "same", Report(a), Report(b)))
        elsewhere = with_place(b, theirs)
        # A place that is named once more, in a way that is not recognised, would be left behind.
        named = {piece for start, end in iter_place_spans(a) for piece in _pieces(a[start:end])}
        if _PROPER.search(theirs) and not named & _pieces(elsewhere):
            pairs.append(Pair(part, name, "different", Report(a), Report(elsewhere)))
        moved = with_place(matter, mine)
        if mine in moved:
            pairs.append(Pair(part, name, "different", Report(a), Report(moved)))
    return pairs


def read_orders(folder: Path) -> list[tuple[str, str]]:
    """Two orders of each near-copy group that differ and say where."""
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    with (folder / "haikou12345_workorders.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["text_stripped"]
            if row["group"] and len(text) >= _SHORTEST and find_place(text):
                groups[row["group"]][text] = None
    return [
        (first, second) for first, second, *_ in (g for g in map(list, groups.values()) if g[1:])
    ]


def read_letters(folder: Path) -> list[tuple[str, str]]:
    """Title and body of each letter of which both name a place."""
    with (folder / "taidi2020c_messages.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["title"], row["body"].strip()) for row in csv.DictReader(file)]
    return [(title, body) for title, body in rows if _share_place(title, body)]


def _share_place(title: str, body: str) -> bool:
    """A piece of the title's place stands in the body: a reader sees that it is one place."""
    place, body = find_place(title), body[:600]
    if place is None or find_place(body) is None:
        return False
    return bool(_pieces(place.lstrip("ABCDEFGHIJKLM0123456789市区县"), 4) & _pieces(body, 4))


def _pieces(text: str, length: int = _PIECE) -> set[str]:
    return {text[i : i + length] for i in range(len(text) - length + 1)}


def judge_all(folder: Path) -> None:
    """Every set, each half by itself."""
    for part in (*TUNED, *BLIND):
        say("authored", part, tally_up(read_pairs(part)))
    if not folder.exists():
        print(f"planted   {folder} is not there: no real texts to plant pairs in (--data FOLDER)")
        return
    csv.field_size_limit(sys.maxsize)
    for name, read in (("orders", read_orders), ("letters", read_letters)):
        pairs = plant(name, read(folder))
        for part in ("even", "odd"):
            say(name, part, tally_up(pair for pair in pairs if pair.part == part))


# --- speed -------------------------------------------------------------------------------------

ROADS = [
    f"{a}{b}{c}" for a in "朝春文锦柳银嘉学平滨" for b in "晖申澜绣浦杏禾林湖海" for c in "路街巷"
]
ESTATES = [
    f"{a}{b}{c}"
    for a in "枫望云丽金百香桃碧梅南映"
    for b in "林湖栖景桂合樟源水园苑月"
    for c in ("花园", "新村", "苑", "家园")
]
MATTERS = [
    ("zf.light", "路灯不亮，晚上漆黑一片，老人不敢走"),
    ("zf.garbage", "垃圾桶三天没人清运，臭气熏天"),
    ("zf.fume", "烧烤店油烟直接往外排，呛得开不了窗"),
    ("zf.parking", "乱停车，把消防通道堵住了"),
    ("sj.equipment", "电梯坏了四天没人修，老人下不了楼"),
    ("zf.construction", "工地半夜施工，打桩声音震得睡不着"),
    ("zf.road", "井盖丢失，露出一个洞，很危险"),
    ("bm.utility", "从早上停水到现在，没有通知"),
    ("zf.noise", "楼下音响太大，半夜还在唱歌"),
    ("zf.dog", "有人养狗，整夜叫，没法睡"),
]
FEELINGS = ["请尽快处理", "已经说过多次", "大家都很着急", "希望有人来看一下", "给我回个电话"]


def invent(rng: random.Random) -> tuple[str, str]:
    """(category, words) of one case."""
    category, matter = rng.choice(MATTERS)
    place = f"{rng.choice(ROADS)}{rng.choice(ESTATES)}{rng.randint(1, 40)}幢"
    return category, f"{place}{matter}，{rng.choice(FEELINGS)}"


def quantiles(seconds: Sequence[float]) -> tuple[float, float]:
    """(p50, p95) in ms."""
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1000, ordered[int(len(ordered) * 0.95) - 1] * 1000


async def fill(database: Database, count: int) -> None:
    """The invented cases, filed in the ordinary way as far as their keys, then copied by the
    database itself. Of a copy's keys half are the place and the thing, shared with the others; the
    wording is its own, so every second key is another."""
    rng = random.Random(7)
    async with database.transaction() as session:
        await load_town_files(session)
        for number in range(1, INVENTED + 1):
            category, text = invent(rng)
            case = Case(
                number=str(number),
                tracking_code="x",
                channel="phone",
                text=text,
                summary=text[:60],
                place_text=find_place(text),
                category=category,
                state="in_progress",
                submitted_at=NOW,
                updated_at=NOW,
            )
            session.add(case)
            await session.flush()
            await write_first_keys(session, case)
    names = [column.key for column in Case.__table__.columns]
    taken = {"id": f"id + i * {INVENTED}", "number": f"CAST(id + i * {INVENTED} AS VARCHAR(20))"}
    copies = {"copies": max(count // INVENTED - 1, 1)}
    series = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :copies) "
    async with database.transaction() as session:
        await session.execute(
            sql(
                f"INSERT INTO cases ({', '.join(names)}) {series}"
                f"SELECT {', '.join(taken.get(name, name) for name in names)} FROM cases, n"
            ),
            copies,
        )
        await session.execute(
            sql(
                f"INSERT INTO case_keys (key, case_id) {series}"
                f"SELECT CASE WHEN key % 2 = 0 THEN key ELSE key % {OWN} + i * {OWN} END AS k, "
                f"case_id + i * {INVENTED} AS c FROM case_keys, n ORDER BY k, c"
            ),
            copies,
        )
    if not database.is_sqlite:
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(sql("VACUUM ANALYZE"))


async def measure(database: Database, count: int, rounds: int) -> None:
    """Candidates for new words, beside one look-up by primary key."""
    rng = random.Random(11)
    async with database.reading() as session:
        town = await load_town(session)
    reports = []
    for _ in range(rounds):
        category, text = invent(rng)
        reports.append(Report(text.replace("，", "。", 1), category=category, at=NOW))

    async def look_for(report: Report) -> object:
        async with database.reading() as session:
            return await find_similar(session, report, town=town, now=NOW)

    async def look_up(report: Report) -> object:
        async with database.reading() as session:
            return await session.get(Case, rng.randint(1, count))

    await time_each(look_for, reports[:20])
    found = await time_each(look_for, reports)
    single = await time_each(look_up, reports)
    middle, last = quantiles(found)
    unit, _ = quantiles(single)
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    print(
        f"{kind:<10} {count} cases: candidates p50 {middle:.1f} ms, p95 {last:.1f} ms = "
        f"{middle / unit:.1f} × and {last / unit:.1f} × a look-up by primary key ({unit:.2f} ms)"
    )


async def time_each(
    work: Callable[[Report], Awaitable[object]], reports: Sequence[Report]
) -> list[float]:
    """Seconds of each call."""
    seconds = []
    for report in reports:
        began = time.perf_counter()
        await work(report)
        seconds.append(time.perf_counter() - began)
    return seconds


async def run_speed(url: str, count: int, rounds: int) -> None:
    """Fill and measure one database."""
    await asyncio.to_thread(upgrade_schema, url)
    database = Database(url)
    began = time.perf_counter()
    await fill(database, count)
    print(f"           filled in {time.perf_counter() - began:.0f} s")
    await measure(database, count, rounds)
    await database.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.same_event", description=__doc__)
    parser.add_argument("--only", choices=("judging", "speed"))
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--postgres", action="store_true", help="measure PostgreSQL as well")
    given = parser.parse_args(arguments)
    if given.only != "speed":
        judge_all(given.data)
    if given.only == "judging":
        return
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="huying-same-event-"))
        urls = [f"sqlite:///{folder}/huying.db"]
        if given.postgres:
            from tests.postgres import start_postgres

            server = stack.enter_context(start_postgres())
            url = make_url(server.url(server.template))
            urls.append(url.render_as_string(hide_password=False))
        for address in urls:
            asyncio.run(run_speed(address, given.cases, given.rounds))


if __name__ == "__main__":
    main()
