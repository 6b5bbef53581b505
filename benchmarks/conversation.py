"""How fast is the conversation? Against an echo bot, and with ten thousand quiet chats beside it.

    python -m benchmarks.conversation [--citizens 100] [--at-once 20] [--idle 10000] [--rounds 30]

* The crowd of ``tests/bot/crowd.py`` talks to an echo bot (the same library, Bot API server and
  machine, no database) and then to Huying: p50, p95, p99 and messages per second, and the second
  as multiples of the first. Once without trouble, once with 429s, time-outs, 403s, rubbish and two
  restarts.
* One new message at a time, in turns over a database with 10 chats and one with 10,000: the ratio
  of the median answer times. Under 1.2 means that quiet chats cost a new message nothing.

Absolute figures are this machine's; quote the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from bot.channel import Limits
from bot.telegram_channel.channel import TelegramChannel
from bot.testing import talk
from cases.models import Case, Contact, Dialogue, InboxMessage, OutboxMessage
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.testing import FrozenClock
from cases.town import Town, load_town
from cases.town_files import load_town_files
from tests.bot.crowd import AnyTagger, Crowd, Run, TimingServer, play_echo, read_texts

FEW = 10
_CHUNK = 1000


async def open_database(folder: Path, name: str) -> tuple[Database, Town]:
    """A fresh database with the sample town."""
    url = f"sqlite:///{folder / name}.db"
    await asyncio.to_thread(upgrade_schema, url)
    database = Database(url)
    async with database.transaction() as session:
        await load_town_files(session)
    async with database.reading() as session:
        return database, await load_town(session)


async def compare_with_echo(folder: Path, citizens: int, at_once: int) -> None:
    """Three runs of the same crowd, one after the other."""
    source, texts = read_texts(citizens)
    print(f"{len(texts)} citizens with {source}, three messages each, {at_once} at once")
    async with TimingServer().running() as server:
        assert isinstance(server, TimingServer)
        echo = await play_echo(server, texts, at_once)
    print(f"echo bot            {echo.describe()}")
    for name, faults, restarts in (("huying", False, 0), ("huying, bad day", True, 2)):
        database, town = await open_database(folder, f"crowd{restarts}")
        async with TimingServer().running() as server:
            assert isinstance(server, TimingServer)
            crowd = Crowd(database, town, folder, server, restarts=restarts)
            run = await crowd.play(texts, faults=faults, at_once=at_once)
        await database.close()
        print(f"{name:<19} {run.describe()}")
        print(f"{'':<19} of echo: {_ratios(run, echo)}")


def _ratios(run: Run, echo: Run) -> str:
    shares = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
    parts = [f"{n} x{run.percentile(s) / echo.percentile(s):.1f}" for n, s in shares.items()]
    return ", ".join([*parts, f"messages/s x{run.per_second / echo.per_second:.2f}"])


async def fill(database: Database, chats: int) -> None:
    """Quiet chats: each with a contact, where it stands, a case, what it said and heard."""
    clock = FrozenClock()
    then = clock() - timedelta(days=3)
    for first in range(0, chats, _CHUNK):
        ids = range(first + 1, min(first + _CHUNK, chats) + 1)
        rows = {
            Contact: [_contact(i, then) for i in ids],
            Dialogue: [{"contact_id": i, "state": {"stamp": 1}, "updated_at": then} for i in ids],
            Case: [_case(i, then) for i in ids],
            InboxMessage: [_inbox(i, then) for i in ids],
            OutboxMessage: [_outbox(i, then) for i in ids],
        }
        async with database.transaction() as session:
            for model, values in rows.items():
                await session.execute(insert(model), values)


def _contact(number: int, at: object) -> dict[str, object]:
    return {
        "id": number, "channel": "memory", "chat_key": f"idle{number}", "language": "zh",
        "reachable": True, "muted": False, "language_chosen": False, "blocked": False,
        "dropped": 0, "created_at": at, "seen_at": at,
    }  # fmt: skip


def _case(number: int, at: object) -> dict[str, object]:
    return {
        "number": f"2611-{number // 10000:04d}-{number % 10000:04d}", "tracking_code": "ABCD2345",
        "channel": "memory", "contact_id": number, "text": "路灯不亮", "summary": "路灯不亮",
        "category": "zf.light", "platform": "zf", "state": "dispatched", "lead_unit": "lamp",
        "submitted_at": at, "updated_at": at, "flags": [], "returned_by": [],
    }  # fmt: skip


def _inbox(number: int, at: object) -> dict[str, object]:
    return {
        "channel": "memory", "external_id": f"idle{number}", "chat_key": f"idle{number}",
        "payload": {"text": "路灯不亮"}, "state": "done", "attempts": 1, "received_at": at,
    }  # fmt: skip


def _outbox(number: int, at: object) -> dict[str, object]:
    return {
        "channel": "memory", "chat_key": f"idle{number}", "contact_id": number, "kind": "reply",
        "dedupe_key": f"idle{number}", "payload": {"text": "已登记"}, "state": "sent",
        "attempts": 1, "not_before": at, "created_at": at, "sent_at": at,
    }  # fmt: skip


async def compare_idle(folder: Path, many: int, rounds: int) -> None:
    """In turns, so that a busy moment of the machine hits both."""
    _, texts = read_texts(rounds)
    small, town = await open_database(folder, "few")
    large, _ = await open_database(folder, "many")
    await fill(small, FEW)
    await fill(large, many)
    tagger = AnyTagger(town)
    seconds: dict[str, list[float]] = {"few": [], "many": []}
    for number, text in enumerate(texts):
        pair = [("few", small), ("many", large)]
        for name, database in pair if number % 2 else pair[::-1]:
            chat_key = f"new{number}"
            async with talk(database, town, classifier=tagger, chat_key=chat_key) as chat:
                began = time.perf_counter()
                (answer,) = await chat.say(text)
                seconds[name].append(time.perf_counter() - began)
                assert "已登记" in answer.text
    few, lots = statistics.median(seconds["few"]), statistics.median(seconds["many"])
    print(f"one new message: median {few * 1000:.0f} ms beside {FEW} quiet chats,")
    print(f"{lots * 1000:.0f} ms beside {many}: ratio {lots / few:.2f} (to be under 1.2)")
    await small.close()
    await large.close()


async def run(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    # The bad day is loud by design.
    logging.getLogger("bot").setLevel(logging.CRITICAL)
    # Telegram's own pace would be all that one measures.
    TelegramChannel.limits = Limits()
    with tempfile.TemporaryDirectory(prefix="huying-bench-") as name:
        folder = Path(name)
        await compare_idle(folder, arguments.idle, arguments.rounds)
        if arguments.citizens:
            await compare_with_echo(folder, arguments.citizens, arguments.at_once)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--citizens", type=int, default=100, help="0: only the quiet chats")
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
