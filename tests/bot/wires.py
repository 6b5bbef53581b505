"""One citizen on the far end of each channel: real HTTP, the real bot, the same few verbs.

``TelegramWire`` speaks raw Bot API updates through a server: our own misbehaving one, or a
simulator nobody here wrote. ``BrowserWire`` posts the forms of the chat page.
"""

from __future__ import annotations

import asyncio
import html
import itertools
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from aiohttp import FormData
from aiohttp.test_utils import TestClient
from sqlalchemy import func, select

from bot import cards
from bot.service import BotService
from cases.models import Case, Contact, InboxMessage, OutboxMessage
from cases.storage.database import Database
from cases.town import Town
from tests.bot.desk import newest_case, settle_case
from tests.bot.screens import Screen, until_true

_IDS = itertools.count(int(time.time()) % 100_000 * 1000)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
_BUTTON = re.compile(r'name="tap"[^>]*>([^<]*)</button>')
Deliver = Callable[[dict[str, Any]], Awaitable[None]]


class MovableClock:
    """Goes on by itself from a Monday morning in the town, and further when told to."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._start = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def advance(self, **delta: float) -> None:
        self._start += timedelta(**delta)


class Wire:
    """What every channel can do. ``restart`` stops the bot and starts it again."""

    def __init__(
        self, service: BotService, database: Database, town: Town, clock: MovableClock
    ) -> None:
        self.service = service
        self.database = database
        self.town = town
        self.clock = clock
        self.restart: Callable[[], Awaitable[None]]
        self.screen: Screen
        self.seen: set[int] = set()
        self.rows: list[OutboxMessage] = []

    channel = ""

    async def chat_key(self) -> str:
        raise NotImplementedError

    async def say(self, text: str = "", **fields: Any) -> list[str]:
        raise NotImplementedError

    async def press(self, data: str, label: str = "") -> list[str]:
        raise NotImplementedError

    async def start(self, payload: str) -> list[str]:
        """Open a link into the chat."""
        raise NotImplementedError

    async def another(self) -> Wire:
        """Somebody else on the same channel."""
        raise NotImplementedError

    @property
    def last(self) -> str:
        return str(self.rows[-1].payload["text"])

    @property
    def labels(self) -> list[str]:
        return list(self.buttons())

    def buttons(self) -> dict[str, str]:
        """The newest prompt's buttons: label -> data."""
        prompt = next(row for row in reversed(self.rows) if row.payload.get("buttons"))
        return {b["label"]: b["data"] for row in prompt.payload["buttons"] for b in row}

    async def tap(self, label: str) -> list[str]:
        return await self.press(self.buttons()[label], label)

    def card(self, label: str) -> OutboxMessage:
        """The newest message that was sent with a button of this label."""
        return next(row for row in reversed(self.rows) if label in str(row.payload["buttons"]))

    async def data_on(self, card: OutboxMessage, label: str) -> str:
        """The data behind a button that an edit put on a card."""
        async with self.database.reading() as session:
            edits = select(OutboxMessage).where(OutboxMessage.kind == cards.KIND)
            rows = [
                row
                for row in await session.scalars(edits.order_by(OutboxMessage.id))
                if row.payload["edits"] == card.external_id
            ]
        pressed = {b["label"]: b["data"] for row in rows[-1].payload["buttons"] for b in row}
        return str(pressed[label])

    async def check_card(self, row: OutboxMessage, says: str, labels: list[str]) -> None:
        """See ``tests.bot.screens.Screen``."""
        await self.screen.check_card(row, says, labels)

    async def check_files(self, files: list[tuple[str, bytes]]) -> None:
        """See ``tests.bot.screens.Screen``."""
        await self.screen.check_files(files)

    async def check_typing(self) -> None:
        """Show typing and see that it arrives."""
        # A busy machine may have made the bot show it of its own accord.
        before = await self.screen.typing_shown()
        await self.service._channels[self.channel].show_typing(await self.chat_key())
        assert await self.screen.typing_shown() == before + 1

    async def case(self) -> Case:
        return await newest_case(self.database)

    async def close_case(self, case: Case | None = None) -> list[str]:
        """The unit replies, the desk closes."""
        wanted = case or await self.case()
        await settle_case(self.database, self.town, wanted, self.clock())
        return await self.hear()

    async def hear(self) -> list[str]:
        """What came since we last listened, once the bot has nothing left to do."""
        self.service.wake()
        await self._idle()
        key = await self.chat_key()
        async with self.database.reading() as session:
            rows = await session.scalars(
                select(OutboxMessage)
                .where(
                    OutboxMessage.channel == self.channel,
                    OutboxMessage.chat_key == key,
                    OutboxMessage.state.in_(("sent", "uncertain")),
                    # An edit is no message: nothing new appears.
                    OutboxMessage.kind != cards.KIND,
                )
                .order_by(OutboxMessage.id)
            )
            new = [row for row in rows if row.id not in self.seen]
        self.rows += new
        self.seen |= {row.id for row in new}
        return [str(row.payload["text"]) for row in new]

    async def inbox_count(self) -> int:
        key = await self.chat_key()
        async with self.database.reading() as session:
            count = await session.scalar(
                select(func.count())
                .select_from(InboxMessage)
                .where(InboxMessage.channel == self.channel, InboxMessage.chat_key == key)
            )
        return int(count or 0)

    async def until(self, met: Callable[[], Awaitable[bool]], what: str) -> None:
        deadline = time.monotonic() + 20
        while not await met():
            assert time.monotonic() < deadline, f"{what} did not happen"
            await asyncio.sleep(0.02)

    async def _idle(self) -> None:
        async def nothing_left() -> bool:
            async with self.database.reading() as session:
                new = select(InboxMessage.id).where(InboxMessage.state == "new").limit(1)
                due = (
                    select(OutboxMessage.id)
                    .where(
                        OutboxMessage.state.in_(("queued", "leased")),
                        OutboxMessage.not_before <= self.clock(),
                    )
                    .limit(1)
                )
                return await session.scalar(new) is None and await session.scalar(due) is None

        await self.until(nothing_left, "coming to rest")


class TelegramWire(Wire):
    """``deliver`` hands a raw update to whoever plays Telegram."""

    channel = "telegram"

    def __init__(self, *args: Any, deliver: Deliver, chat: int = 4711) -> None:
        super().__init__(*args)
        self.deliver = deliver
        self.chat = chat
        self.message_id = 0

    async def chat_key(self) -> str:
        return str(self.chat)

    async def say(self, text: str = "", *, kept: bool = True, **fields: Any) -> list[str]:
        """A message; ``fields`` as the Bot API has them. ``kept=False``: not meant for us."""
        message = self.message(**({"text": text} if text else {}), **fields)
        return await self.send({"message": message}, kept=kept)

    async def send(self, update: dict[str, Any], *, kept: bool = True) -> list[str]:
        before = await self.inbox_count()
        await self.deliver({"update_id": next(_IDS), **update})
        if kept:

            async def arrived() -> bool:
                return await self.inbox_count() > before

            await self.until(arrived, "arriving")
        else:
            await asyncio.sleep(0.5)
        return await self.hear()

    async def press(self, data: str, label: str = "") -> list[str]:
        tap = {
            "id": str(next(_IDS)),
            "from": self.citizen(),
            "chat_instance": "1",
            "data": data,
            "message": self.message(text="…"),
        }
        return await self.send({"callback_query": tap})

    async def start(self, payload: str) -> list[str]:
        return await self.say(f"/start {payload}")

    async def another(self) -> Wire:
        other = TelegramWire(
            self.service, self.database, self.town, self.clock,
            deliver=self.deliver, chat=self.chat + 1,
        )  # fmt: skip
        other.restart, other.screen = self.restart, self.screen
        return other

    def message(self, **fields: Any) -> dict[str, Any]:
        self.message_id = next(_IDS)
        return {
            "message_id": self.message_id,
            "date": int(time.time()),
            "chat": {"id": self.chat, "type": "private", "first_name": "王"},
            "from": self.citizen(),
            **fields,
        }

    def citizen(self) -> dict[str, Any]:
        return {"id": abs(self.chat), "is_bot": False, "first_name": "王", "language_code": "zh"}


class BrowserWire(Wire):
    """A browser that keeps its cookie."""

    channel = "web"

    def __init__(self, *args: Any, client: Callable[[], Awaitable[TestClient[Any, Any]]]) -> None:
        super().__init__(*args)
        self._make_client = client
        self._client: TestClient[Any, Any] | None = None
        self._csrf = ""
        self._key = ""

    async def chat_key(self) -> str:
        if self._key:
            return self._key
        async with self.database.reading() as session:
            newest = await session.scalar(
                select(Contact.chat_key).where(Contact.channel == "web").order_by(Contact.id.desc())
            )
        return str(newest or "")

    async def client(self) -> TestClient[Any, Any]:
        if self._client is None:
            self._client = await self._make_client()
        return self._client

    async def forget_client(self) -> None:
        """The server is another one now; the cookie stays the browser's."""
        cookies = self._client.session.cookie_jar if self._client else None
        self._client = await self._make_client()
        if cookies is not None:
            self._client.session.cookie_jar._cookies = cookies._cookies  # type: ignore[attr-defined]

    async def page(self, path: str = "/chat") -> str:
        return await (await (await self.client()).get(path)).text()

    async def say(self, text: str = "", **fields: Any) -> list[str]:
        return await self._post(**({"text": text} if text else {}), **fields)

    async def press(self, data: str, label: str = "") -> list[str]:
        return await self._post(tap=data, label=label)

    async def start(self, payload: str) -> list[str]:
        return await self._post(start=payload)

    async def another(self) -> Wire:
        other = BrowserWire(
            self.service, self.database, self.town, self.clock, client=self._make_client
        )
        other.restart = self.restart
        return other

    async def check_card(self, row: OutboxMessage, says: str, labels: list[str]) -> None:
        """On the page as it comes without a script."""

        async def seen() -> bool:
            (article,) = re.findall(
                rf'<article[^>]*data-id="{row.external_id}">(.*?)</article>',
                await self.page(),
                re.S,
            )
            shown = [html.unescape(label) for label in _BUTTON.findall(article)]
            return says in html.unescape(article) and shown == labels

        await until_true(seen, f"the card never said {says!r}")

    async def check_files(self, files: list[tuple[str, bytes]]) -> None:
        """What the links of the page lead to, and that they lead nobody else there."""
        links = re.findall(r'href="(/chat/files/\d+)"', await self.page())
        client = await self.client()
        got = []
        for link in links:
            answer = await client.get(link)
            named = answer.headers["Content-Disposition"].split("filename*=UTF-8''")[1]
            got.append((unquote(named), await answer.read()))
        assert got == files
        stranger = await self._make_client()
        assert {(await stranger.get(link)).status for link in links} <= {404}

    async def check_typing(self) -> None:
        """The event on the stream, and that the next message comes after it."""
        client = await self.client()
        async with client.get("/chat/events", params={"after": self.newest_line()}) as stream:
            await stream.content.readuntil(b"\n\n")  # the retry line: it listens
            channel, key = self.service.web, await self.chat_key()

            async def listens() -> bool:
                return bool(channel.listeners._waiting.get(key))

            await until_true(listens, "nobody listened")
            await channel.show_typing(key)
            async with asyncio.timeout(10):
                assert await stream.content.readuntil(b"\n\n") == b"event: typing\ndata: {}\n\n"

    def newest_line(self) -> int:
        return max((int(row.external_id or 0) for row in self.rows), default=0)

    async def _post(self, **fields: Any) -> list[str]:
        if not self._csrf:
            found = re.search(r'name="csrf" value="([0-9a-f]+)"', await self.page())
            assert found
            self._csrf = found[1]
        form = FormData()
        form.add_field("csrf", self._csrf)
        form.add_field("client_id", fields.pop("client_id", f"client-{next(_IDS):08d}"))
        for name, value in fields.items():
            if isinstance(value, bytes):
                form.add_field(name, value, filename="a.png", content_type="image/png")
            else:
                form.add_field(name, str(value))
        client = await self.client()
        answer = await client.post(
            "/chat/messages", data=form, headers={"Accept": "application/json"}
        )
        assert answer.status in (202, 429), await answer.text()
        if answer.status == 429:
            return [(await answer.json())["error"]]
        if not self._key:
            self._key = await self.chat_key()
        return await self.hear()
