"""What the gateway says later about a message it had taken.

    await take_report(session, message_id, status, reason, now) -> bool

``status`` is delivered or failed; False: there is no such text message. A message that failed is
dead like one that was refused, and its case comes onto the call-back list. One that was uncertain
and arrived is certain now.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from cases import outbox
from cases.callers.lines import SMS
from cases.models import OutboxMessage, SmsReport
from cases.storage.insert import insert_or_ignore

DELIVERED, FAILED = "delivered", "failed"
STATUSES = (DELIVERED, FAILED)
_LONGEST_REASON = 200


async def take_report(
    session: AsyncSession, message_id: int, status: str, reason: str, now: datetime
) -> bool:
    """Keep the first report of each kind that ends a message; later ones change nothing."""
    message = await session.get(OutboxMessage, message_id, with_for_update=True)
    if message is None or message.channel != SMS:
        return False
    new = await insert_or_ignore(
        session,
        SmsReport,
        outbox_id=message_id,
        status=status,
        reason=reason[:_LONGEST_REASON],
        at=now,
    )
    if not new:
        return True
    if status == FAILED:
        await outbox.mark_dead(session, message_id, f"not delivered: {reason}")
    elif message.state != "sent":
        await outbox.mark_sent(session, message_id, now, message.external_id)
    return True
