"""Files in a talk between a citizen and a person at the desk.

open_case_of(session, contact_id)               the case such files are about, if any
send_chat_files(session, contact, drafts, …)    from the person to the citizen
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.lifecycle import OPEN_STATES
from cases.models import Attachment, Case, Contact, DeskMessage
from cases.notifications import render_notice
from cases.outgoing_files import enqueue_files
from cases.use_cases.file_case import AttachmentDraft


async def open_case_of(session: AsyncSession, contact_id: int) -> int | None:
    """The newest case of a contact that is still open: what files in a talk are about."""
    found: int | None = await session.scalar(
        select(Case.id)
        .where(Case.contact_id == contact_id, Case.state.in_([s.value for s in OPEN_STATES]))
        .order_by(Case.id.desc())
        .limit(1)
    )
    return found


async def send_chat_files(
    session: AsyncSession,
    contact: Contact,
    drafts: tuple[AttachmentDraft, ...],
    now: datetime,
    *,
    person: str,
) -> None:
    """Keep the stored files of the person who has the chat and queue one message for each."""
    case_id = await open_case_of(session, contact.id)
    rows = [
        Attachment(**asdict(draft), case_id=case_id, contact_id=contact.id, at=now)
        for draft in drafts
    ]
    captions = [
        render_notice(contact.language, "chat_file", person=person, name=draft.name)
        for draft in drafts
    ]
    listed = "、".join(draft.name or draft.kind for draft in drafts)
    line = DeskMessage(
        contact_id=contact.id, direction="out", author=person, text=f"（附件：{listed}）", at=now
    )
    session.add_all([*rows, line])
    await session.flush()
    await enqueue_files(session, contact, rows, captions, dedupe_key=f"desk:{line.id}", now=now)
