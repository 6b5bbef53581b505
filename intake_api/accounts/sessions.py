"""Staff sessions: a random token in a cookie, its hash and the CSRF token in the database.

    await open_session(request, session, user) -> token         at login, always a new one
    set_cookie(response, request, token); clear_cookie(response)
    await load_staff(request) -> Staff | None                   once per request
    await close_session(request)                                logging out deletes the row
    await close_sessions_of(session, user_id)                   after a new password

Server-side, so that an administrator who deletes rows logs people out at once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import StaffSession, User
from intake_api.accounts.auth import MAX_TOKEN_LENGTH, hash_token
from intake_api.accounts.keys import ACTOR, DATABASE, SETTINGS, now_of

COOKIE = "huying_session"


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is logged in on this page."""

    actor: Actor
    csrf: str


STAFF: web.RequestKey[Staff | None] = web.RequestKey("staff")


async def open_session(request: web.Request, session: AsyncSession, user: User) -> str:
    """A new row for ``user``; returns the cookie's token. Stale rows are swept on the way."""
    now = now_of(request)
    await session.execute(delete(StaffSession).where(StaffSession.expires_at < now))
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=hash_token(token),
            user_id=user.id,
            csrf=secrets.token_urlsafe(24),
            data={},
            created_at=now,
            expires_at=now + timedelta(hours=request.app[SETTINGS].session_hours),
        )
    )
    await session.flush()
    return token


def set_cookie(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """HttpOnly, SameSite=Lax, Secure behind https."""
    settings = request.app[SETTINGS]
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="Lax",
        secure=settings.secure_cookies,
        max_age=settings.session_hours * 3600,
        path="/",
    )


def clear_cookie(response: web.StreamResponse) -> None:
    """Forget it in the browser."""
    response.del_cookie(COOKIE, path="/")


async def load_staff(request: web.Request) -> Staff | None:
    """The person behind the cookie, or None; a session of a person who left is none."""
    if STAFF in request:
        return request[STAFF]
    request[STAFF] = staff = await _find_staff(request)
    if staff is not None:
        request[ACTOR] = staff.actor
    return staff


async def _find_staff(request: web.Request) -> Staff | None:
    token = request.cookies.get(COOKIE, "")
    if not token or len(token) > MAX_TOKEN_LENGTH:
        return None
    async with request.app[DATABASE].reading() as session:
        row = await session.get(StaffSession, hash_token(token))
        if row is None or row.expires_at <= now_of(request):
            return None
        user = await session.get(User, row.user_id)
    if user is None or not user.active:
        return None
    actor = Actor(Role(user.role), user.name, user_id=user.id, unit_code=user.unit_code)
    return Staff(actor, row.csrf)


async def close_session(request: web.Request) -> None:
    """Delete the row behind the cookie."""
    token = request.cookies.get(COOKIE, "")
    async with request.app[DATABASE].transaction() as session:
        await session.execute(
            delete(StaffSession).where(StaffSession.token_hash == hash_token(token))
        )


async def close_sessions_of(session: AsyncSession, user_id: int) -> None:
    """Every login of one person ends: their password has changed."""
    await session.execute(delete(StaffSession).where(StaffSession.user_id == user_id))
