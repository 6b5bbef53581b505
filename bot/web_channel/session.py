"""Who a browser is to us: a random cookie and nothing else.

The database keeps only a hash of the cookie (as the chat's key), so that whoever reads the
database cannot step into a conversation. The CSRF token is derived from the cookie: another
site can make a browser send the cookie, but cannot read it to derive the token.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from aiohttp import web

COOKIE = "huying_chat"
PATH = "/chat"
_MAX_AGE = 180 * 24 * 3600
_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class ChatSession:
    """``secret`` is the cookie; ``fresh`` means that the browser does not have it yet."""

    secret: str
    fresh: bool = False

    @property
    def chat_key(self) -> str:
        """The chat as the database knows it."""
        return hashlib.sha256(f"chat:{self.secret}".encode()).hexdigest()[:40]

    @property
    def csrf(self) -> str:
        """What a form of ours carries."""
        return hmac.new(self.secret.encode(), b"csrf", hashlib.sha256).hexdigest()[:32]

    def accepts(self, csrf: str) -> bool:
        """Whether a form came from a page of ours; compared in constant time."""
        return not self.fresh and hmac.compare_digest(self.csrf.encode(), csrf.encode())


def read_session(request: web.Request) -> ChatSession:
    """The browser's session, or a fresh one of 256 random bits."""
    secret = request.cookies.get(COOKIE, "")
    if _SHAPE.fullmatch(secret):
        return ChatSession(secret)
    return ChatSession(secrets.token_urlsafe(32), fresh=True)


def keep_session(request: web.Request, response: web.StreamResponse, session: ChatSession) -> None:
    """Give a fresh browser its cookie."""
    if not session.fresh:
        return
    forwarded = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip()
    response.set_cookie(
        COOKIE,
        session.secret,
        max_age=_MAX_AGE,
        path=PATH,
        httponly=True,
        samesite="Lax",
        secure=request.secure or forwarded == "https",
    )


def page_language(request: web.Request) -> str:
    """English only for a browser that asks for English before Chinese."""
    wanted = request.headers.get("Accept-Language", "").lower()
    for part in wanted.split(","):
        code = part.split(";")[0].strip()
        if code.startswith("zh"):
            return "zh"
        if code.startswith("en"):
            return "en"
    return "zh"
