"""The routes of the browser chat, on whatever aiohttp application serves them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiohttp import web

from bot.flood import FloodGate
from bot.texts import load_texts
from bot.web_channel.channel import WebChannel
from bot.web_channel.chat_log import find_contact, find_file, read_log
from bot.web_channel.events import stream_events, wait_for_answer, wait_for_edits
from bot.web_channel.intake import take_submission
from bot.web_channel.page import FOLDER, render_page
from bot.web_channel.session import ChatSession, keep_session, page_language, read_session
from bot.web_channel.submission import RefusedSubmission, Submission, read_start, read_submission
from bot.web_channel.tips import add_tip_routes
from cases.attachments import attachment_path
from cases.staff_files import file_headers
from cases.town import Town
from cases.use_cases.links import find_linked_place

if TYPE_CHECKING:
    from bot.service import BotService

ANSWER_WITHIN = 3.0
EDITED_WITHIN = 1.0


def add_routes(app: web.Application, service: BotService) -> None:
    """``/chat`` and what belongs to it. Streams end when the application shuts down."""
    handlers = ChatPages(service.web, service.town)
    app.router.add_get("/chat", handlers.show)
    app.router.add_post("/chat/messages", handlers.post)
    app.router.add_get("/chat/events", handlers.stream)
    app.router.add_get(r"/chat/files/{line:\d{1,18}}", handlers.send_file)
    app.router.add_get("/chat/embed.js", send_embed_script)
    app.router.add_static("/chat/static", FOLDER / "static")

    async def end_streams(_app: web.Application) -> None:
        await service.web.listeners.close()

    app.on_shutdown.append(end_streams)
    add_tip_routes(app, service)


async def send_embed_script(request: web.Request) -> web.StreamResponse:
    """The one script that another site includes; it may be loaded from anywhere."""
    response = web.FileResponse(FOLDER / "static" / "embed.js")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


class ChatPages:
    """The handlers, with the channel they serve."""

    def __init__(self, channel: WebChannel, town: Callable[[], Town]) -> None:
        self._channel = channel
        self._town = town
        self._gate = FloodGate()

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page with the conversation so far."""
        return await self._page(
            request, read_session(request), start=read_start(request.query.get("start", ""))
        )

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The conversation as it goes on."""
        return await stream_events(request, self._channel)

    async def send_file(self, request: web.Request) -> web.StreamResponse:
        """A file beside a message, for the browser whose chat it is and for nobody else."""
        key, line = read_session(request).chat_key, int(request.match_info["line"])
        async with self._channel.database.reading() as session:
            file = await find_file(session, key, line)
        if file is None or file.path is None:
            raise web.HTTPNotFound
        path = attachment_path(self._channel.data_dir, file.path)
        return web.FileResponse(path, headers=file_headers(file.name or path.name, file.mime))

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
        if submission.tap:
            await wait_for_edits(self._channel, session.chat_key, EDITED_WITHIN)
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
        start: str = "",
    ) -> web.StreamResponse:
        lines = []
        place = await self._place_name(start) if start.startswith("loc_") else ""
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
            start=start,
            place=place,
        )
        keep_session(request, response, session)
        return response

    async def _place_name(self, start: str) -> str:
        async with self._channel.database.reading() as session:
            place = await find_linked_place(session, start)
        return place.name if place is not None else ""


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")
