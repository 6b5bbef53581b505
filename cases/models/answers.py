"""Answer cards, what became of them, and what citizens asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class AnswerCardRow(Base):
    """A card as it is now; ``content`` holds all of it, the columns what is searched by."""

    __tablename__ = "answer_cards"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    title: Mapped[str] = mapped_column(String(60))
    category: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(32), index=True)
    content: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(String(64))


class AnswerCardRevision(Base):
    """What a card said in one version: written once, never changed."""

    __tablename__ = "answer_card_revisions"
    __table_args__ = (UniqueConstraint("code", "version", name="uq_answer_card_revisions_version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    active: Mapped[bool]
    at: Mapped[datetime]
    actor_role: Mapped[str] = mapped_column(String(16))
    actor_name: Mapped[str] = mapped_column(String(64))


class Consultation(Base):
    """A question that was answered at once.

    ``state``: offered (some cards to choose from) → answered → solved, or filed as a case. One
    that nobody came back to stays answered: silence does not count as solved. ``tag`` is the
    machine's word on the text, for the case it may yet become.
    """

    __tablename__ = "consultations"
    __table_args__ = (Index("ix_consultations_at", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    channel: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    tag: Mapped[dict[str, Any]] = mapped_column(default=dict)
    offered: Mapped[list[Any]] = mapped_column(default=list)
    card_code: Mapped[str | None] = mapped_column(String(16), index=True)
    card_version: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(12))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
