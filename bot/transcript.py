"""Ten whole conversations as a citizen sees them, from easy to hostile.

    python -m bot.transcript [FILE]        prints them, or writes them to FILE

The real engine, use cases and texts over a database in a temporary folder; only the tagging is a
small table, the clock stands still and case numbers are replaced by made-up ones, so that the same
texts give the same pages. ``docs/conversations.md`` is this output; a test compares.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.channel import Outgoing
from bot.testing import Conversation, talk
from cases.actors import Actor
from cases.classification import Alternative, Tag
from cases.lifecycle import Role
from cases.models import Case, Contact
from cases.storage.database import Database
from cases.storage.schema import upgrade_schema
from cases.testing import FrozenClock, make_tag
from cases.town import Town, load_town
from cases.town_files import load_town_files
from cases.use_cases.act import act
from cases.use_cases.chats import answer_chat, hand_back, take_chat

_NUMBER = re.compile(r"\b\d{4}-\d{4}-\d{4}\b")
_CODE = re.compile(r"(?:(?<=查询码 )|(?<=tracking code ))[0-9A-Z]{8}")
_TOKEN = re.compile(r"case_[A-Za-z0-9_-]{20,}")
_DESK = Actor(Role.DISPATCHER, "指挥室 周")


class TableTagger:
    """Tags by the first keyword of the scenes' table."""

    def __init__(self, table: list[dict[str, Any]]) -> None:
        self._table = table

    async def classify(self, text: str) -> Tag:
        """The row's tag; words without a keyword are unclear."""
        for row in self._table:
            if row["word"] in text:
                others = tuple(
                    Alternative(code.split(".")[0], code, 0.2) for code in row.get("others", ())
                )
                changes = {k: v for k, v in row.items() if k not in ("word", "others")}
                return replace(make_tag(**changes), alternatives=others)
        return make_tag(
            platform="na", category="na.unclear", decision="human", confidence=0.4, alternatives=()
        )


class Scene:
    """One conversation while it is played."""

    def __init__(self, chat: Conversation, clock: FrozenClock, town: Town, person: str) -> None:
        self.chat, self.clock, self.town, self.person = chat, clock, town, person
        self.lines: list[str] = []
        self._heard = 0

    async def play(self, steps: list[dict[str, Any]]) -> None:
        """Each step is a table with one verb."""
        for step in steps:
            verb, what = next((k, v) for k, v in step.items() if k != "note")
            await _VERBS[verb](self, what, step)
            self._hear()

    def aside(self, text: str) -> None:
        """What happens outside the chat."""
        self.lines += [f"*（{text}）*", ""]

    def citizen(self, text: str) -> None:
        """What the citizen says or does."""
        self.lines += [f"**市民**：{text}", ""]

    def _hear(self) -> None:
        for message in self.chat.replies[self._heard :]:
            self.lines += _quote(message)
        self._heard = len(self.chat.replies)

    async def newest(self) -> Case:
        """The case filed last."""
        async with self.chat.database.reading() as session:
            case = await session.scalar(select(Case).order_by(Case.id.desc()).limit(1))
        assert case is not None, "the scene has no case yet"
        return case

    async def contact(self) -> int:
        """The citizen's contact."""
        async with self.chat.database.reading() as session:
            found = await session.scalar(select(Contact.id).order_by(Contact.id.desc()).limit(1))
        assert found is not None
        return found


async def _say(scene: Scene, text: str, step: dict[str, Any]) -> None:
    scene.citizen(text.strip())
    await scene.chat.say(text.strip())


async def _send(scene: Scene, fields: dict[str, Any], step: dict[str, Any]) -> None:
    scene.citizen(f"〔{step['note']}〕" + (fields.get("text") or ""))
    await scene.chat.send(dict(fields))


async def _tap(scene: Scene, label: str, step: dict[str, Any]) -> None:
    scene.citizen(f"〔点〕{label}")
    await scene.chat.tap(label)


async def _wait(scene: Scene, hours: float, step: dict[str, Any]) -> None:
    scene.aside(step["note"])
    scene.clock.advance(hours=hours)
    await scene.chat.service.remind()
    await scene.chat.service.settle()


async def _desk(scene: Scene, action: str, step: dict[str, Any]) -> None:
    """The desk or the unit takes a step of the newest case."""
    scene.aside(step["note"])
    case = await scene.newest()
    data = dict(step.get("data", {}))
    unit = data.pop("by_unit", False)
    actor = Actor(Role.HANDLER, "承办 李", unit_code=case.lead_unit) if unit else _DESK
    async with scene.chat.database.transaction() as session:
        await act(
            session, case.number, action, data, actor=actor, town=scene.town, now=scene.clock()
        )
    if not step.get("hold", False):
        await scene.chat.service.settle()


async def _person(scene: Scene, deed: str, step: dict[str, Any]) -> None:
    """Somebody at the desk takes the chat, writes, hands it back."""
    contact = await scene.contact()
    async with scene.chat.database.transaction() as session:
        now = scene.clock()
        if deed == "take":
            await take_chat(session, contact, person=scene.person, now=now)
        elif deed == "back":
            await hand_back(session, contact, person=scene.person, now=now)
        else:
            await answer_chat(session, contact, deed, person=scene.person, now=now)
    await scene.chat.service.settle()


_Verb = Callable[[Scene, Any, dict[str, Any]], Awaitable[None]]
_VERBS: dict[str, _Verb] = {
    "say": _say,
    "send": _send,
    "tap": _tap,
    "wait": _wait,
    "desk": _desk,
    "person": _person,
}


def _quote(message: Outgoing) -> list[str]:
    lines = [f"> {line}" if line else ">" for line in message.text.splitlines()]
    lines[0] = f"> **呼应**：{lines[0][2:]}"
    # Two spaces at the end: a line stays a line on the page.
    lines = [line + "  " for line in lines[:-1]] + lines[-1:]
    labels = [button.label for row in message.buttons for button in row]
    if labels:
        lines += [">", "> " + " ".join(f"`{label}`" for label in labels)]
    return [*lines, ""]


def _made_up() -> Iterator[str]:
    return (f"2611-2300-{index:04d}" for index in count(18, 7))


def anonymise(text: str) -> str:
    """Numbers, codes and link tokens replaced by stable ones, in the order they appear."""
    numbers, known = _made_up(), {}
    for found in _NUMBER.findall(text):
        if found not in known:
            known[found] = next(numbers)
    text = _NUMBER.sub(lambda match: known[match[0]], text)
    return _TOKEN.sub("case_…", _CODE.sub("K7MP2RTX", text))


def read_scenes() -> dict[str, Any]:
    """The scenes and the tagging table."""
    raw = resources.files("bot").joinpath("texts/scenes.toml").read_text(encoding="utf-8")
    return tomllib.loads(raw)


@asynccontextmanager
async def _stage(folder: Path) -> AsyncIterator[tuple[Database, Town]]:
    url = f"sqlite:///{folder / 'scene.db'}"
    await asyncio.to_thread(upgrade_schema, url)
    database = Database(url)
    try:
        async with database.transaction() as session:
            await load_town_files(session)
        async with database.reading() as session:
            town = await load_town(session)
        yield database, town
    finally:
        await database.close()


async def write_conversations() -> str:
    """All of them as one page of Markdown."""
    book = read_scenes()
    pages = [book["title"].strip(), "", book["intro"].strip(), ""]
    for number, scene in enumerate(book["scenes"], start=1):
        with tempfile.TemporaryDirectory() as folder:
            async with _stage(Path(folder)) as (database, town):
                clock = FrozenClock()
                clock.advance(seconds=timedelta(hours=scene.get("later", 0)).total_seconds())
                tagger = TableTagger(book["tags"])
                async with talk(database, town, clock=clock, classifier=tagger) as chat:
                    played = Scene(chat, clock, town, book["person"])
                    await played.play(scene["steps"])
        pages += [f"## {number}. {scene['title']}", "", *played.lines]
    return anonymise("\n".join(pages).rstrip() + "\n")


def main() -> None:
    """Print, or write to the file named."""
    text = asyncio.run(write_conversations())
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
