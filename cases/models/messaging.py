"""What came in, what goes out, and where the conversation stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class Contact(Base):
    """A citizen as one channel knows them. Nothing else about them is kept here."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("channel", "chat_key", name="uq_contacts_chat"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(32))
    chat_key: Mapped[str] = mapped_column(String(128))
    user_key: Mapped[str | None] = mapped_column(String(128))
    display_name: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8), default="zh")
    reachable: Mapped[bool] = mapped_column(default=True)
    muted: Mapped[bool] = mapped_column(default=False)
    #: The citizen chose the language; what the phone says no longer counts.
    language_chosen: Mapped[bool] = mapped_column(default=False)
    #: 人工: since when the chat waits for a person, who has it, and when they last wrote.
    waits_since: Mapped[datetime | None] = mapped_column(index=True)
    served_by: Mapped[str | None] = mapped_column(String(64), index=True)
    served_at: Mapped[datetime | None]
    blocked: Mapped[bool] = mapped_column(default=False)
    #: Messages left unanswered because there were too many of them.
    dropped: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Dialogue(Base):
    """Where the conversation with a contact stands; ``state`` is the dialogue's own JSON."""

    __tablename__ = "dialogues"

    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    updated_at: Mapped[datetime]


class InboxMessage(Base):
    """Something a citizen sent, as it came; committed before it is acknowledged.

    ``state``: new → done, or dead after three failed attempts (kept for staff).
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "external_id", name="uq_inbox_external"),
        Index("ix_inbox_head", "state", "channel", "chat_key", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(32))
    external_id: Mapped[str] = mapped_column(String(200))
    chat_key: Mapped[str] = mapped_column(String(128))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(8), default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class OutboxMessage(Base):
    """Something the citizen is to be told, written in the transaction that decided it.

    ``state``: queued → leased → sent | uncertain (sending was cut off; it may have arrived)
    | dead (cannot be sent; staff see it) | suppressed (a newer notice took its place).
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_head", "state", "channel", "chat_key", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(32))
    chat_key: Mapped[str] = mapped_column(String(128))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    external_id: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class ChatMessage(Base):
    """The log of a browser chat, both sides; its id orders the page and resumes the stream."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        UniqueConstraint("contact_id", "client_id", name="uq_chat_messages_client"),
        Index("ix_chat_messages_contact_id_id", "contact_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    direction: Mapped[str] = mapped_column(String(4))
    text: Mapped[str] = mapped_column(Text)
    buttons: Mapped[list[Any]] = mapped_column(default=list)
    attachment_id: Mapped[int | None] = mapped_column(ForeignKey("attachments.id"))
    client_id: Mapped[str | None] = mapped_column(String(100))
    at: Mapped[datetime]


class DeskMessage(Base):
    """What was said while a person had the chat, or while it waited for one; both sides."""

    __tablename__ = "desk_messages"
    __table_args__ = (Index("ix_desk_messages_contact_id_id", "contact_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    direction: Mapped[str] = mapped_column(String(4))
    author: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
