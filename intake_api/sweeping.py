"""What has served its time goes: old replies, ended sessions, spent links, calls given up.

await sweep(database, now) -> int        rows deleted
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete

from cases.models import (
    CasePresence,
    IdempotentReply,
    KeptCall,
    LabelClaim,
    PasswordLink,
    StaffSession,
)
from cases.storage.database import Database
from cases.use_cases.kept_calls import KEPT_FOR
from cases.use_cases.presence import AWAY_AFTER

KEEP_REPLIES = timedelta(days=7)


async def sweep(database: Database, now: datetime) -> int:
    """A reply is replayed for a week; sessions and links go when they have ended."""
    wanted = (
        delete(IdempotentReply).where(IdempotentReply.created_at < now - KEEP_REPLIES),
        delete(StaffSession).where(StaffSession.expires_at < now),
        delete(PasswordLink).where(PasswordLink.expires_at < now),
        delete(KeptCall).where(KeptCall.kept_at < now - KEPT_FOR),
        delete(CasePresence).where(CasePresence.seen_at < now - AWAY_AFTER),
        delete(LabelClaim).where(LabelClaim.until < now),
    )
    deleted = 0
    async with database.transaction() as session:
        for statement in wanted:
            result = await session.execute(statement)
            assert isinstance(result, CursorResult)
            deleted += result.rowcount
    return deleted
