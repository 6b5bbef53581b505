"""``/desk/chats``: chats that wait for a person, the talk itself, and handing it back.

Works as plain forms. What is written here, and files with it, go out through the outbox; the bot
keeps silent in a chat while somebody has it.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from cases.errors import CaseError, CaseNotFound
from cases.use_cases.chats import (
    answer_chat,
    hand_back,
    list_chats,
    read_chat,
    set_blocked,
    take_chat,
)
from cases.use_cases.file_case import AttachmentDraft
from intake_api.accounts.csrf import Form
from intake_api.accounts.keys import DATABASE, TOWN, now_of
from intake_api.accounts.sessions import Staff
from intake_api.pages.staff import INTAKE_ROLES, require_staff
from intake_api.problem_json import Problem, translate
from intake_api.rendering import render
from intake_api.texts import load_texts
from intake_api.uploads import checked_upload, lost_files, store_uploads

ACTIONS = ("take", "answer", "back", "block", "unblock")


async def show_chats(request: web.Request) -> web.Response:
    """Who waits, who is being served, whom no message reaches, who is blocked."""
    await _require_intake(request)
    async with request.app[DATABASE].reading() as session:
        chats = await list_chats(session)
    return render(request, "chats.html", {"chats": chats, "town": request.app[TOWN]()})


async def show_chat(request: web.Request) -> web.Response:
    """One chat with its reply box."""
    staff = await _require_intake(request)
    return await _page(request, staff)


async def act_on_chat(request: web.Request) -> web.Response:
    """Take it, answer, hand it back, block or unblock: posted from the page of the chat."""
    staff = await _require_intake(request)
    form, uploads = await checked_upload(request)
    action = request.match_info["action"]
    if action not in ACTIONS:
        raise Problem("not_found")
    try:
        files = await store_uploads(request, uploads if action == "answer" else [])
        await _act(request, staff, action, form, files)
    except CaseNotFound:
        raise Problem("not_found") from None
    except CaseError as error:
        status = translate(error).status
        message = f"{error.sentence}{lost_files(uploads)}"
        return await _page(
            request, staff, message=message, status=status, text=form.get("text", "")
        )
    raise web.HTTPSeeOther(f"/desk/chats/{_chat_id(request)}?done={action}")


async def _act(
    request: web.Request,
    staff: Staff,
    action: str,
    form: Form,
    files: tuple[AttachmentDraft, ...],
) -> None:
    chat, person, now = _chat_id(request), staff.actor.name, now_of(request)
    async with request.app[DATABASE].transaction() as session:
        if action == "take":
            await take_chat(session, chat, person=person, now=now)
        elif action == "answer":
            text = form.get("text", "")
            await answer_chat(session, chat, text, person=person, now=now, files=files)
        elif action == "back":
            await hand_back(session, chat, person=person, now=now)
        else:
            await set_blocked(session, chat, action == "block")


async def _page(
    request: web.Request, staff: Staff, *, message: str = "", status: int = 200, text: str = ""
) -> web.Response:
    try:
        async with request.app[DATABASE].reading() as session:
            contact, said, cases = await read_chat(session, _chat_id(request))
    except CaseNotFound:
        raise Problem("not_found") from None
    done = load_texts("pages")["chats"].get(request.query.get("done", ""), "")
    context: dict[str, Any] = {
        "contact": contact,
        "said": said,
        "cases": cases,
        "mine": contact.served_by == staff.actor.name,
        "message": message or done,
        "bad": bool(message),
        "text": text,
    }
    return render(request, "chat_talk.html", context, status=status)


async def _require_intake(request: web.Request) -> Staff:
    staff = await require_staff(request)
    if staff.actor.role not in INTAKE_ROLES:
        raise Problem("permission_denied")
    return staff


def _chat_id(request: web.Request) -> int:
    return int(request.match_info["chat"])


def add_routes(app: web.Application) -> None:
    """Register list, chat and what can be done to it."""
    app.router.add_get("/desk/chats", show_chats)
    app.router.add_get(r"/desk/chats/{chat:\d{1,15}}", show_chat)
    app.router.add_post(r"/desk/chats/{chat:\d{1,15}}/{action}", act_on_chat)
