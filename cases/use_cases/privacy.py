"""What we hold about a citizen, and forgetting it.

list_holdings(session, contact) -> Holdings
forget_contact(session, contact, now) -> int       how many cases stay, without a name to them

A case stays: what was reported and what was done about it belongs to the town's record, and its
history is chained. What says who it was, goes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, delete, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.callers.forgetting import forget_caller
from cases.models import (
    Attachment,
    Case,
    ChatMessage,
    Contact,
    DeskMessage,
    Dialogue,
    InboxMessage,
    OutboxMessage,
)
from cases.use_cases.forget_services import forget_services
from cases.use_cases.reporters import forget_reporter

_LISTED = 20


@dataclass(frozen=True)
class Holdings:
    """``numbers`` are the newest cases', ``cases`` counts all of them."""

    since: datetime
    cases: int
    numbers: tuple[str, ...]
    files: int
    has_name: bool
    language: str
    muted: bool


async def list_holdings(session: AsyncSession, contact: Contact) -> Holdings:
    """Everything kept under this contact, counted."""
    own = select(func.count()).select_from(Case).where(Case.contact_id == contact.id)
    files = select(func.count()).select_from(Attachment).where(
        Attachment.contact_id == contact.id
    )  # fmt: skip
    numbers = await session.scalars(
        select(Case.number)
        .where(Case.contact_id == contact.id)
        .order_by(Case.id.desc())
        .limit(_LISTED)
    )
    return Holdings(
        since=contact.created_at,
        cases=int(await session.scalar(own) or 0),
        numbers=tuple(numbers),
        files=int(await session.scalar(files) or 0),
        has_name=contact.display_name is not None,
        language=contact.language,
        muted=contact.muted,
    )


async def forget_contact(session: AsyncSession, contact: Contact, now: datetime) -> int:
    """Cut every tie between the cases and the person. The contact's row stays as an empty
    shell under a random key, so that nothing that points at it breaks. What was sent after the
    request and is not read yet stays too: it begins a new contact."""
    channel, key = contact.channel, contact.chat_key
    shell = f"forgotten:{secrets.token_hex(12)}"
    kept = int(
        await session.scalar(
            select(func.count()).select_from(Case).where(Case.contact_id == contact.id)
        )
        or 0
    )
    await forget_caller(session, contact.id)
    await session.execute(
        update(Case)
        .where(Case.contact_id == contact.id)
        .values(
            contact_id=None,
            caller_name=None,
            caller_phone=None,
            caller_key=None,
            anonymous=True,
        )
    )
    await session.execute(
        update(Attachment)
        .where(Attachment.contact_id == contact.id)
        .values(contact_id=None, external_file_id=None, name=None)
    )
    await forget_reporter(session, contact.id)
    await forget_services(session, contact.id, now)
    for model in (ChatMessage, DeskMessage, Dialogue):
        await session.execute(delete(model).where(model.contact_id == contact.id))
    # A reminder of ours is nothing that was sent, and would bring the address back.
    await session.execute(
        delete(InboxMessage).where(
            InboxMessage.channel == channel,
            InboxMessage.chat_key == key,
            InboxMessage.state == "new",
            InboxMessage.external_id.startswith(f"timeout:{contact.id}:", autoescape=True),
        )
    )
    await session.execute(
        update(InboxMessage)
        .where(
            InboxMessage.channel == channel,
            InboxMessage.chat_key == key,
            # The request itself is new until this transaction ends, and leased to its reader.
            or_(InboxMessage.state != "new", InboxMessage.leased_until.is_not(None)),
        )
        .values(
            payload={},
            chat_key=shell,
            external_id=literal("forgotten:").concat(cast(InboxMessage.id, String)),
            error=None,
        )
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.channel == channel, OutboxMessage.chat_key == key)
        .values(payload={"text": ""}, chat_key=shell, external_id=None, contact_id=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.chat_key == shell, OutboxMessage.state == "queued")
        .values(state="suppressed")
        .execution_options(synchronize_session=False)
    )
    contact.chat_key = shell
    contact.user_key = contact.display_name = None
    contact.reachable = False
    contact.waits_since = contact.served_by = contact.served_at = None
    contact.seen_at = contact.created_at = now
    await session.flush()
    return kept
