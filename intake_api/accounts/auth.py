"""Bearer tokens: who calls the API.

    new_token() -> str                                   ``huying_`` and 43 random characters
    await create_token(session, name, role, unit, now) -> str
    await authenticate(request) -> None                  sets the actor; Problem 401
    hash_token(token) -> str

Trust ends at the header: a token is compared by the SHA-256 that the database holds. Tokens are
random and long, so a plain fast hash is enough and a database copy gives none of them away.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cases.actors import Actor
from cases.lifecycle import Role
from cases.models import ApiToken
from intake_api.accounts.keys import ACTOR, DATABASE, TOKEN_HASH
from intake_api.problem_json import Problem

PREFIX = "huying_"
MAX_TOKEN_LENGTH = 200


def new_token() -> str:
    """A fresh random token."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What the database keeps of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def create_token(
    session: AsyncSession, *, name: str, role: Role, unit_code: str | None, now: datetime
) -> str:
    """Add a token and return it; this is the only time that anybody sees it."""
    token = new_token()
    session.add(
        ApiToken(
            token_hash=hash_token(token),
            name=name,
            role=role.value,
            unit_code=unit_code,
            created_at=now,
        )
    )
    await session.flush()
    return token


async def authenticate(request: web.Request) -> None:
    """Find the actor behind ``Authorization: Bearer …`` and put it on the request."""
    token = _bearer(request)
    digest = hash_token(token)
    async with request.app[DATABASE].reading() as session:
        row = await session.get(ApiToken, digest)
    if row is None or row.revoked_at is not None:
        raise _unauthorized()
    request[ACTOR] = Actor(role=Role(row.role), name=row.name, unit_code=row.unit_code)
    request[TOKEN_HASH] = digest


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_LENGTH:
        raise _unauthorized()
    return token


def _unauthorized() -> Problem:
    problem = Problem("unauthorized")
    problem.headers["WWW-Authenticate"] = 'Bearer realm="huying"'
    return problem
