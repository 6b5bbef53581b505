"""随手拍 at ``/tip``: a report that leaves no trace of who made it.

No cookie, no chat, no account; a photo is cleaned of what the camera wrote into it. What the
citizen keeps is a number and a tracking code. A form sent twice is one case: the page's own
random name for it is the source id.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

from bot.flood import FloodGate
from bot.texts import load_texts
from bot.web_channel.page import page_response, render_template
from bot.web_channel.session import page_language
from bot.web_channel.submission import RefusedSubmission, Submission, read_submission
from cases.actors import Actor
from cases.models import Case
from cases.photo_privacy import strip_metadata
from cases.storage.database import Database
from cases.use_cases.file_case import CaseDraft, file_case, find_by_source

if TYPE_CHECKING:
    from bot.service import BotService

SOURCE = "tip"
_PER_MINUTE = 60


class TipPages:
    """The handlers, with the service they file through."""

    def __init__(self, service: BotService) -> None:
        self._service = service
        self._gate = FloodGate(_PER_MINUTE)
        #: Callers are told apart for the pace only, in memory, under a name that dies with us.
        self._salt = secrets.token_bytes(16)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The form."""
        return self._page(request)

    async def post(self, request: web.Request) -> web.StreamResponse:
        """File it and show number and code."""
        submission: Submission | None = None
        try:
            submission = await read_submission(request)
            self._check(request, submission)
            submission = replace(submission, photo=_clean(submission.photo, submission.text))
        except RefusedSubmission as refused:
            text = submission.text if submission else refused.text
            return self._page(request, error=refused.key, text=text, status=refused.status)
        case = await self._file(submission)
        return self._page(request, case=case)

    def _check(self, request: web.Request, submission: Submission) -> None:
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        foreign = origin is not None and urlsplit(origin).netloc != request.host
        if foreign or site not in ("same-origin", "none"):
            raise RefusedSubmission("chat.expired", 403, submission.text)
        if not submission.text:
            raise RefusedSubmission("tip.empty", 400)
        caller = hashlib.sha256(self._salt + str(request.remote).encode()).hexdigest()
        if not self._gate.admit(caller, time.monotonic()):
            raise RefusedSubmission("chat.too_fast", 429, submission.text)

    async def _file(self, submission: Submission) -> Case:
        service = self._service
        tag = await service.engine.tag(submission.text)
        files = await submission.store_files(service.web.data_dir)
        draft = CaseDraft(
            text=submission.text,
            channel=SOURCE,
            tag=tag,
            anonymous=True,
            latitude=submission.latitude,
            longitude=submission.longitude,
            source_system=SOURCE,
            source_id=submission.key,
            attachments=tuple(file.to_draft() for file in files),
        )
        return await _file_once(service.web.database, draft, service)

    def _page(
        self,
        request: web.Request,
        *,
        case: Case | None = None,
        error: str = "",
        text: str = "",
        status: int = 200,
    ) -> web.Response:
        language = page_language(request)
        texts = load_texts(language)
        body = render_template(
            "tip.html",
            say=texts.say,
            language=language,
            town=self._service.town().name,
            nonce=secrets.token_hex(16),
            case=case,
            error=texts.say(error) if error else "",
            text=text,
        )
        return page_response(body, status)


async def _file_once(database: Database, draft: CaseDraft, service: BotService) -> Case:
    async with database.transaction() as session:
        known = await find_by_source(session, SOURCE, draft.source_id or "")
        if known:
            return known[0]
        now = service.web.clock()
        return await file_case(session, draft, actor=Actor.bot(), town=service.town(), now=now)


def _clean(photo: bytes, text: str) -> bytes:
    if not photo:
        return photo
    cleaned = strip_metadata(photo)
    if cleaned is None:
        raise RefusedSubmission("tip.not_clean", 415, text)
    return cleaned


def add_tip_routes(app: web.Application, service: BotService) -> None:
    """``/tip``, form and answer."""
    pages = TipPages(service)
    app.router.add_get("/tip", pages.show)
    app.router.add_post("/tip", pages.post)
