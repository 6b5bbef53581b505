"""Renders the chat page."""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.texts import load_texts
from bot.web_channel.chat_log import LogLine
from bot.web_channel.session import ChatSession
from bot.web_channel.submission import LONGEST_TEXT

FOLDER = Path(__file__).parent
#: Buttons of older prompts are left away: they would only be answered as used.
_PROMPTS_SHOWN = 3
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_page(
    *,
    session: ChatSession,
    town_name: str,
    language: str,
    lines: list[LogLine],
    error: str = "",
    text: str = "",
    status: int = 200,
    start: str = "",
    place: str = "",
) -> web.Response:
    """The whole page; ``error`` is one sentence above the form, ``text`` what was written,
    ``start`` the payload of the link that led here and ``place`` the name it stands for."""
    with_buttons = [line.id for line in lines if line.buttons][-_PROMPTS_SHOWN:]
    body = render_template(
        "chat.html",
        say=load_texts(language).say,
        language=language,
        town=town_name,
        lines=lines,
        pressable=frozenset(with_buttons),
        last_id=lines[-1].id if lines else 0,
        csrf=session.csrf,
        nonce=secrets.token_hex(8),
        error=error,
        text=text,
        longest=LONGEST_TEXT,
        start=start,
        place=place,
    )
    return page_response(body, status)


def render_template(name: str, **context: Any) -> str:
    """One of our pages."""
    return _environment().get_template(name).render(**context)


def page_response(body: str, status: int) -> web.Response:
    """A page with the headers that keep it ours."""
    response = web.Response(text=body, content_type="text/html", charset="utf-8", status=status)
    response.headers.update(
        {
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
    )
    return response
