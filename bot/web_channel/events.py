"""The stream of the log as server-sent events: resumable, one for each open page."""

from __future__ import annotations

import asyncio
import contextlib
import json

from aiohttp import web
from sqlalchemy import select

from bot import cards
from bot.web_channel.channel import WebChannel
from bot.web_channel.chat_log import LogLine, find_contact, read_log
from bot.web_channel.session import read_session
from cases.models import OutboxMessage

PING_EVERY = 15.0
_LOOK_EVERY = 0.05
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
#: Without an id: nothing to resume from, the next message takes it off the page.
_TYPING = b"event: typing\ndata: {}\n\n"


async def stream_events(request: web.Request, channel: WebChannel) -> web.StreamResponse:
    """Everything after ``Last-Event-ID`` (or ``?after=``), then whatever comes.

    204 tells a browser without a session not to come back.
    """
    session = read_session(request)
    if session.fresh:
        return web.Response(status=204)
    after = _resume_after(request)
    response = web.StreamResponse(headers=_HEADERS)
    await response.prepare(request)
    await response.write(b"retry: 2000\n\n")
    listeners = channel.listeners
    with contextlib.suppress(ConnectionResetError):
        async with listeners.listening(session.chat_key) as grown:
            while not listeners.closed:
                typing, grown.typing = grown.typing, False
                grown.clear()
                for line in await _read_new(channel, session.chat_key, after):
                    await response.write(format_event(line))
                    typing = typing and not line.is_answer
                    after = line.id
                if typing:
                    await response.write(_TYPING)
                try:
                    await asyncio.wait_for(grown.wait(), PING_EVERY)
                except TimeoutError:
                    await response.write(b": ping\n\n")
    return response


async def wait_for_answer(channel: WebChannel, chat_key: str, line: int, within: float) -> bool:
    """Whether an answer after log line ``line`` came within so many seconds."""
    try:
        async with asyncio.timeout(within), channel.listeners.listening(chat_key) as grown:
            while not channel.listeners.closed:
                grown.clear()
                if any(new.is_answer for new in await _read_new(channel, chat_key, line)):
                    return True
                await grown.wait()
    except TimeoutError:
        return False
    return False


async def wait_for_edits(channel: WebChannel, chat_key: str, within: float) -> None:
    """Until the cards of this chat look as its last answer made them, or for so many seconds:
    a page that is loaded once does not hear of an edit."""
    waiting = (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.channel == channel.name,
            OutboxMessage.chat_key == chat_key,
            OutboxMessage.kind == cards.KIND,
            OutboxMessage.state.in_(("queued", "leased")),
        )
        .limit(1)
    )
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while True:
                async with channel.database.reading() as session:
                    if await session.scalar(waiting) is None:
                        return
                await asyncio.sleep(_LOOK_EVERY)


def format_event(line: LogLine) -> bytes:
    """One event; its id is where a reconnecting browser goes on."""
    data = json.dumps(line.to_json(), ensure_ascii=False, separators=(",", ":"))
    name = "message" if line.card is None else "edit"
    return f"id: {line.id}\nevent: {name}\ndata: {data}\n\n".encode()


def _resume_after(request: web.Request) -> int:
    given = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0


async def _read_new(channel: WebChannel, chat_key: str, after: int) -> list[LogLine]:
    async with channel.database.reading() as session:
        contact = await find_contact(session, chat_key)
        return await read_log(session, contact.id, after=after, edits=True) if contact else []
