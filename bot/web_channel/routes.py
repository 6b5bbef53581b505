"""The routes of the browser chat, on whatever aiohttp application serves them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from bot.texts import load_texts
from bot.web_channel.channel import WebChannel
from bot.web_channel.chat_log import find_contact, read_log
from bot.web_channel.events import stream_events, wait_for_answer
from bot.web_channel.flood import FloodGate
from bot.web_channel.intake import take_submission
from bot.web_channel.page import FOLDER, render_page
from bot.web_channel.session import ChatSession, keep_session, page_language, read_session
from bot.web_channel.submission import RefusedSubmission, Submission, read_submission
from cases.town import Town

ANSWER_WITHIN = 3.0


class ChatService(Protocol):
    """What the routes need of ``bot.service.BotService``."""

    web: WebChannel

    @property
    def town(self) -> Callable[[], Town]:
        """The town's present snapshot."""
        ...


def add_routes(app: web.Application, service: ChatService) -> None:
    """``/chat`` and what belongs to it. Streams end when the application shuts down."""
    handlers = ChatPages(service.web, service.town)
    app.router.add_get("/chat", handlers.show)
    app.router.add_post("/chat/messages", handlers.post)
    app.router.add_get("/chat/events", handlers.stream)
    app.router.add_static("/chat/static", FOLDER / "static")

    async def end_streams(_app: web.Application) -> None:
        await service.web.listeners.close()

    app.on_shutdown.append(end_streams)


class ChatPages:
    """The handlers, with the channel they serve."""

    def __init__(self, channel: WebChannel, town: Callable[[], Town]) -> None:
        self._channel = channel
        self._town = town
        self._gate = FloodGate()

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page with the conversation so far."""
        return await self._page(request, read_session(request))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The conversation as it goes on."""
        return await stream_events(request, self._channel)

    async def post(self, request: web.Request) -> web.StreamResponse:
        """A message or a tap: 202 for the script, back to the page for a plain form."""
        session = read_session(request)
        try:
            submission = await read_submission(request)
            self._check(session, submission)
        except RefusedSubmission as refused:
            return await self._refuse(request, session, refused)
        language = page_language(request)
        new, line = await take_submission(self._channel, session.chat_key, submission, language)
        if _wants_json(request):
            return web.json_response({"id": line, "new": new}, status=202)
        await wait_for_answer(self._channel, session.chat_key, line, ANSWER_WITHIN)
        raise web.HTTPSeeOther("/chat#end")

    def _check(self, session: ChatSession, submission: Submission) -> None:
        if not session.accepts(submission.csrf):
            raise RefusedSubmission("chat.expired", 403, submission.text)
        if submission.is_empty:
            raise RefusedSubmission("chat.empty", 400)
        if not self._gate.admit(session.chat_key, time.monotonic()):
            raise RefusedSubmission("chat.too_fast", 429, submission.text)

    async def _refuse(
        self, request: web.Request, session: ChatSession, refused: RefusedSubmission
    ) -> web.StreamResponse:
        sentence = load_texts(page_language(request)).say(refused.key)
        if _wants_json(request):
            response: web.StreamResponse = web.json_response(
                {"error": sentence}, status=refused.status, dumps=_dump
            )
            keep_session(request, response, session)
            return response
        return await self._page(
            request, session, error=sentence, text=refused.text, status=refused.status
        )

    async def _page(
        self,
        request: web.Request,
        session: ChatSession,
        *,
        error: str = "",
        text: str = "",
        status: int = 200,
    ) -> web.StreamResponse:
        lines = []
        if not session.fresh:
            async with self._channel.database.reading() as database_session:
                contact = await find_contact(database_session, session.chat_key)
                if contact is not None:
                    lines = await read_log(database_session, contact.id)
        response = render_page(
            session=session,
            town_name=self._town().name,
            language=page_language(request),
            lines=lines,
            error=error,
            text=text,
            status=status,
        )
        keep_session(request, response, session)
        return response


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")
