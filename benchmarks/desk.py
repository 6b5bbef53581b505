"""How fast are the desk's pages with a hundred thousand cases in the database?

    python -m benchmarks.desk [--cases 100000] [--rounds 15] [--postgres]

Each page in turn, round after round, through the real application over loopback: median and p95,
and the median as a multiple of the smallest page's (``/healthz``). Nine cases in ten are closed,
as in a town that has used this for some years. The texts are drawn from the shipped rows.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from cases.case_number import new_number
from cases.lifecycle import Role, State
from cases.models import Case, HistoryEntry, PredictionEntry
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.town import Town, load_town
from cases.town_files import load_service_files, load_town_files
from classifier.taxonomy import shipped_folder
from tests.intake_api.conftest import House, build_house
from tests.postgres import start_postgres

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
_CHUNK = 2000
_OPEN_SHARE = 0.1
_CALL = "坐席：您好，请讲。\n市民：我姓王，昨天晚上朝晖路三盏路灯全灭了，请尽快修。"


def read_rows() -> list[tuple[str, str]]:
    """(text, category) of the shipped rows."""
    rows = []
    for path in sorted((shipped_folder() / "examples").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            rows += [(row["text"], row["category"]) for row in csv.DictReader(file)]
    return rows


async def fill(database: Database, town: Town, cases: int) -> str:
    """Cases of three years with their history; returns the number of one that is open."""
    draw, rows = random.Random(1), read_rows()
    openings = [State.SUBMITTED, State.ACCEPTED, State.DISPATCHED, State.IN_PROGRESS, State.REPLIED]
    number, taken = "", set[str]()
    for first in range(1, cases + 1, _CHUNK):
        of_chunk, lines, words = [], [], []
        for i in range(first, min(first + _CHUNK, cases + 1)):
            text, category = draw.choice(rows)
            at = NOW - timedelta(days=1000 * (1 - i / cases))
            still_open = draw.random() < _OPEN_SHARE
            state = draw.choice(openings) if still_open else State.ARCHIVED
            of_chunk.append(
                _case(i, _draw_number(at, taken), text, category, state, at, town, draw)
            )
            lines += [_line(i, seq, at) for seq in range(1, 4)]
            words.append(_prediction(i, category, at))
            number = of_chunk[-1]["number"] if still_open else number
        async with database.transaction() as session:
            await session.execute(insert(Case), of_chunk)
            await session.execute(insert(HistoryEntry), lines)
            await session.execute(insert(PredictionEntry), words)
    return number


def _draw_number(at: datetime, taken: set[str]) -> str:
    while (number := new_number(at.date())) in taken:
        pass
    taken.add(number)
    return number


def _case(
    i: int,
    number: str,
    text: str,
    category: str,
    state: State,
    at: datetime,
    town: Town,
    draw: random.Random,
) -> dict[str, Any]:
    listed = town.responsibilities.get(category)
    return {
        "id": i, "number": number, "tracking_code": "ABCD2345",
        "channel": "phone", "caller_name": "王女士",
        "caller_phone": f"138{draw.randrange(10**8):08d}",
        "text": text, "summary": text[:40], "place_text": f"风荷路{draw.randrange(400)}号",
        "category": category, "platform": category.split(".")[0], "request_type": "complaint",
        "urgency": "urgent" if draw.random() < 0.02 else "normal", "state": state.value,
        "lead_unit": listed.lead_unit if listed else None, "flags": [], "returned_by": [],
        "submitted_at": at, "updated_at": at, "step_due_at": _due(state, at, draw),
        "wants_person": draw.random() < 0.001,
    }  # fmt: skip


def _due(state: State, at: datetime, draw: random.Random) -> datetime:
    """An open case in five is late."""
    if state is State.ARCHIVED:
        return at + timedelta(days=3)
    return NOW + timedelta(hours=draw.uniform(-12, 48))


def _line(case: int, seq: int, at: datetime) -> dict[str, Any]:
    return {
        "case_id": case, "seq": seq, "at": at, "action": "note", "to_state": "dispatched",
        "actor_role": "bot", "actor_name": "bot", "data": {"text": "。"}, "previous_hash": "0" * 64,
        "hash": "0" * 64,
    }  # fmt: skip


def _prediction(case: int, category: str, at: datetime) -> dict[str, Any]:
    return {
        "case_id": case, "at": at, "model": "m", "category": category, "confidence": 0.9,
        "decision": "auto", "tag": {},
    }  # fmt: skip


@asynccontextmanager
async def filled_house(
    folder: Path, cases: int, postgres: bool
) -> AsyncIterator[tuple[House, str]]:
    """The application over a full database."""
    with start_postgres() if postgres else nullcontext() as server:
        url = server.url(server.template) if server else f"sqlite:///{folder / 'desk.db'}"
        await asyncio.to_thread(upgrade_schema, url)
        database = Database(url)
        async with database.transaction() as session:
            await load_town_files(session)
            await load_service_files(session, NOW)
        async with database.reading() as session:
            town = await load_town(session)
        number = await fill(database, town, cases)
        house = await build_house(database, town, NOW, folder)
        yield house, number
        await house.client.close()
        await database.close()


def list_pages(house: House, number: str, csrf: str) -> dict[str, Callable[[], Awaitable[Any]]]:
    """What a person at the desk opens."""
    client = house.client
    paths = {
        "healthz": "/healthz",
        "desk": "/desk",
        "desk, all": "/desk?queue=all",
        "desk, overdue": "/desk?queue=overdue",
        "desk, review": "/desk?queue=review",
        "counts": "/desk/counts",
        "search, a word": "/desk?q=路灯不亮",
        "search, nothing": "/desk?q=望江楼底下",
        "search, a number": f"/desk?q={number}",
        "case": f"/desk/cases/{number}",
        "chats": "/desk/chats",
        "answer cards": "/desk/answers",
        "macros": "/desk/macros",
        "errands": "/desk/errands",
        "places": "/desk/places",
    }
    pages: dict[str, Callable[[], Awaitable[Any]]] = {
        name: lambda path=path: client.get(path) for name, path in paths.items()
    }
    pages["read a call"] = lambda: client.post("/desk/read", data={"csrf": csrf, "text": _CALL})
    return pages


async def measure(folder: Path, cases: int, rounds: int, postgres: bool) -> None:
    """Print the table."""
    started = time.perf_counter()
    async with filled_house(folder, cases, postgres) as (house, number):
        print(f"{cases} cases filled in {time.perf_counter() - started:.0f} s", flush=True)
        csrf = await house.login(Role.AGENT)
        pages = list_pages(house, number, csrf)
        took: dict[str, list[float]] = {name: [] for name in pages}
        for turn in range(rounds + 1):
            for name, ask in pages.items():
                begun = time.perf_counter()
                answer = await ask()
                await answer.read()
                if answer.status != 200:
                    raise SystemExit(f"{name} answered {answer.status}")
                if turn:  # the first round warms up
                    took[name].append((time.perf_counter() - begun) * 1000)
    base = statistics.median(took["healthz"])
    print(f"{'page':<20}{'median ms':>10}{'p95 ms':>9}{'x healthz':>11}")
    for name, times in took.items():
        median = statistics.median(times)
        worst = statistics.quantiles(times, n=20)[-1]
        print(f"{name:<20}{median:>10.1f}{worst:>9.1f}{median / base:>11.1f}")


def main() -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desk")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, not SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), options.cases, options.rounds, options.postgres))


if __name__ == "__main__":
    main()
