"""One-time links with which a person sets their password.

await create_link(session, user_id, now) -> token          for /setup?token=…
await find_link(session, token, now) -> (PasswordLink, User) | None
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import PasswordLink, User
from intake_api.accounts.auth import MAX_TOKEN_LENGTH, hash_token

LIFETIME = timedelta(days=3)


async def create_link(session: AsyncSession, user_id: int, now: datetime) -> str:
    """A fresh token; only its hash is kept."""
    token = secrets.token_urlsafe(24)
    session.add(
        PasswordLink(token_hash=hash_token(token), user_id=user_id, expires_at=now + LIFETIME)
    )
    await session.flush()
    return token


async def find_link(
    session: AsyncSession, token: str, now: datetime
) -> tuple[PasswordLink, User] | None:
    """The link and its person, while it is unused, in time, and they are still active."""
    if not token or len(token) > MAX_TOKEN_LENGTH:
        return None
    link = await session.get(PasswordLink, hash_token(token))
    if link is None or link.used_at is not None or link.expires_at <= now:
        return None
    user = await session.get(User, link.user_id)
    return (link, user) if user is not None and user.active else None
