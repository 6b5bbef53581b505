"""人工: a chat waits for a person, a person takes it, answers and hands it back.

list_chats(session) -> ChatList                            what waits, who is served, who is lost
ask_for_chat(session, contact, now)                        the citizen wants a person
note_said(session, contact, text, now)                     their words, for whoever takes the chat
take_chat / answer_chat / hand_back(session, contact_id, …)      raise ``CaseError``s in words
set_blocked(session, contact_id, blocked)

While somebody has the chat the bot keeps silent (``bot.engine``); what the person writes goes out
through the outbox like everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import outbox
from cases.errors import CaseNotFound, InvalidData, RuleBroken
from cases.lifecycle import OPEN_STATES
from cases.models import Case, Contact, DeskMessage
from cases.notifications import render_notice
from cases.town import Town
from cases.use_cases.chat_files import send_chat_files
from cases.use_cases.file_case import AttachmentDraft

LONGEST_ANSWER = 4000
_MOST_CHATS = 100
_SHOWN = 200


@dataclass(frozen=True)
class ChatRow:
    """One chat of the list; ``number`` is its newest case."""

    contact: Contact
    number: str | None
    last: DeskMessage | None


@dataclass
class ChatList:
    """``lost``: citizens with an open case whom no message reaches."""

    waiting: list[ChatRow] = field(default_factory=list)
    served: list[ChatRow] = field(default_factory=list)
    lost: list[ChatRow] = field(default_factory=list)
    blocked: list[ChatRow] = field(default_factory=list)


async def ask_for_chat(session: AsyncSession, contact: Contact, now: datetime) -> None:
    """The chat waits from now on; asking again does not lose the place in the queue."""
    if contact.served_by is None and contact.waits_since is None:
        contact.waits_since = now
        await session.flush()


async def count_ahead(session: AsyncSession, contact: Contact) -> int:
    """How many chats waited before this one."""
    query = select(func.count()).select_from(Contact).where(Contact.waits_since.is_not(None))
    if contact.waits_since is not None:
        query = query.where(Contact.waits_since < contact.waits_since)
    return int(await session.scalar(query.where(Contact.id != contact.id)) or 0)


def is_served(contact: Contact, town: Town, now: datetime) -> bool:
    """Whether a person has the chat; one who wrote nothing for a while has left it."""
    if contact.served_by is None or contact.served_at is None:
        return False
    idle = town.policy["citizen"].get("handover_idle_minutes", 60)
    return now - contact.served_at <= timedelta(minutes=idle)


async def note_said(session: AsyncSession, contact: Contact, text: str, now: datetime) -> None:
    """What the citizen said, kept for the person."""
    session.add(DeskMessage(contact_id=contact.id, direction="in", text=text, at=now))
    await session.flush()


async def take_chat(
    session: AsyncSession, contact_id: int, *, person: str, now: datetime
) -> Contact:
    """``person`` has the chat from now on. Raises ``RuleBroken`` when somebody else has it."""
    contact = await _lock(session, contact_id)
    if contact.served_by == person:
        contact.served_at = now
        return contact
    if contact.served_by is not None:
        raise RuleBroken(f"{contact.served_by}正在接待，请先请对方交回。")
    contact.served_by, contact.served_at, contact.waits_since = person, now, None
    await _tell(session, contact, "chat_taken", now, author=person, person=person)
    return contact


async def answer_chat(
    session: AsyncSession,
    contact_id: int,
    text: str,
    *,
    person: str,
    now: datetime,
    files: tuple[AttachmentDraft, ...] = (),
) -> Contact:
    """Send the person's words, then the stored ``files``, which stay with the citizen's newest
    open case too. Raises ``InvalidData`` for nothing to send, ``RuleBroken`` without the chat."""
    text = text.strip()
    if not (text or files) or len(text) > LONGEST_ANSWER:
        raise InvalidData(f"请写回复内容，最多 {LONGEST_ANSWER} 字。", field="text")
    contact = await _lock(session, contact_id)
    if contact.served_by != person:
        raise RuleBroken("请先接入这个对话再回复。")
    if not contact.reachable:
        raise RuleBroken("对方收不到消息（已屏蔽或离开），请改用电话联系。")
    contact.served_at = now
    if text:
        await _tell(session, contact, "chat_message", now, author=person, person=person, text=text)
    if files:
        await send_chat_files(session, contact, files, now, person=person)
    return contact


async def hand_back(
    session: AsyncSession, contact_id: int, *, person: str | None, now: datetime
) -> Contact:
    """The bot speaks again. ``person=None``: the citizen ended it. A chat that nobody took is
    taken off the list without a word. Raises ``RuleBroken`` for somebody else's chat."""
    contact = await _lock(session, contact_id)
    if contact.served_by is None:
        contact.waits_since = None
        return contact
    if person is not None and contact.served_by != person:
        raise RuleBroken(f"{contact.served_by}正在接待，只有本人能交回。")
    contact.served_by = contact.served_at = contact.waits_since = None
    await _tell(session, contact, "chat_returned", now, author=person)
    return contact


async def set_blocked(session: AsyncSession, contact_id: int, blocked: bool) -> Contact:
    """屏蔽: nothing of this chat is answered any more, except danger; or it is again."""
    contact = await _lock(session, contact_id)
    contact.blocked = blocked
    if blocked:
        contact.served_by = contact.served_at = contact.waits_since = None
    await session.flush()
    return contact


async def list_chats(session: AsyncSession) -> ChatList:
    """Everything the page of chats shows, the longest wait first."""
    admitted, served = Contact.blocked.is_(False), Contact.served_by.is_not(None)
    with_open_case = (
        exists()
        .where(Case.contact_id == Contact.id)
        .where(Case.state.in_([s.value for s in OPEN_STATES]))
    )
    # Each with a limit of its own: who is blocked takes no place from who waits.
    waiting = (
        select(Contact)
        .where(admitted, ~served, Contact.waits_since.is_not(None))
        .order_by(Contact.waits_since, Contact.id)
    )
    newest = select(Contact).order_by(Contact.id.desc())
    return ChatList(
        waiting=await _rows(session, waiting),
        served=await _rows(session, select(Contact).where(admitted, served).order_by(Contact.id)),
        lost=await _rows(session, newest.where(Contact.reachable.is_(False), with_open_case)),
        blocked=await _rows(session, newest.where(~admitted)),
    )


async def read_chat(
    session: AsyncSession, contact_id: int
) -> tuple[Contact, list[DeskMessage], list[Case]]:
    """(contact, what was said, oldest first, the contact's newest cases)."""
    contact = await session.get(Contact, contact_id)
    if contact is None:
        raise CaseNotFound()
    said = await session.scalars(
        select(DeskMessage)
        .where(DeskMessage.contact_id == contact_id)
        .order_by(DeskMessage.id.desc())
        .limit(_SHOWN)
    )
    cases = await session.scalars(
        select(Case).where(Case.contact_id == contact_id).order_by(Case.id.desc()).limit(5)
    )
    return contact, list(said)[::-1], list(cases)


async def _rows(session: AsyncSession, query: Select[Contact]) -> list[ChatRow]:
    """The first chats of ``query``, each with its newest case and what was said last."""
    contacts = list(await session.scalars(query.limit(_MOST_CHATS)))
    ids = [contact.id for contact in contacts]
    newest = select(func.max(Case.id)).where(Case.contact_id.in_(ids)).group_by(Case.contact_id)
    cases = await session.execute(select(Case.contact_id, Case.number).where(Case.id.in_(newest)))
    numbers = {row.contact_id: row.number for row in cases}
    last = (
        select(func.max(DeskMessage.id))
        .where(DeskMessage.contact_id.in_(ids))
        .group_by(DeskMessage.contact_id)
    )
    said = await session.scalars(select(DeskMessage).where(DeskMessage.id.in_(last)))
    lines = {line.contact_id: line for line in said}
    return [ChatRow(c, numbers.get(c.id), lines.get(c.id)) for c in contacts]


async def _lock(session: AsyncSession, contact_id: int) -> Contact:
    """Held against others at the desk; a step of the citizen's case may still queue its notice."""
    contact = await session.scalar(
        select(Contact)
        .where(Contact.id == contact_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if contact is None:
        raise CaseNotFound()
    return contact


async def _tell(
    session: AsyncSession, contact: Contact, key: str, now: datetime, *, author: str | None,
    **values: str,
) -> None:  # fmt: skip
    text = render_notice(contact.language, key, **values)
    line = DeskMessage(
        contact_id=contact.id, direction="out", author=author, text=values.get("text", text), at=now
    )
    session.add(line)
    await session.flush()
    await outbox.enqueue(
        session,
        channel=contact.channel,
        chat_key=contact.chat_key,
        contact_id=contact.id,
        kind="person",
        payload={"text": text, "buttons": []},
        dedupe_key=f"desk:{line.id}",
        now=now,
    )
