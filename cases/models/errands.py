"""Errands (助跑代办): the catalogue, the runners, and the record with its two sides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class ErrandItem(Base):
    """One item of the catalogue. ``level``: village (done on the spot) or town (handed in
    together); ``days`` are working days from the papers to the result."""

    __tablename__ = "errand_items"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    group: Mapped[str] = mapped_column("item_group", String(32))
    level: Mapped[str] = mapped_column(String(8))
    unit: Mapped[str] = mapped_column(String(32))
    days: Mapped[int]
    words: Mapped[list[Any]]
    materials: Mapped[list[Any]]
    active: Mapped[bool] = mapped_column(default=True)


class Runner(Base):
    """助跑员: who goes for the people of a grid. The default one has no grid of their own."""

    __tablename__ = "runners"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(32))
    grid: Mapped[str] = mapped_column(String(64))
    areas: Mapped[list[Any]]
    point: Mapped[str] = mapped_column(String(120))
    hours: Mapped[str] = mapped_column(String(120))
    is_default: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)


class Errand(Base):
    """One errand: 日期、村社区、申请人类型、申请事项 and the two confirmations.

    ``delivered_at`` is the runner's signature, ``confirmed_at`` the citizen's; after both
    nothing changes any more.
    """

    __tablename__ = "errands"
    __table_args__ = (
        Index("ix_errands_state_due", "state", "due_at"),
        Index("ix_errands_contact_id_id", "contact_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(16), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    channel: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    item_code: Mapped[str] = mapped_column(String(16))
    item_name: Mapped[str] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(8))
    unit: Mapped[str] = mapped_column(String(32))
    area: Mapped[str | None] = mapped_column(String(64))
    grid: Mapped[str] = mapped_column(String(64), index=True)
    applicant_type: Mapped[str] = mapped_column(String(16), default="resident")
    applicant_name: Mapped[str | None] = mapped_column(String(64))
    applicant_phone: Mapped[str | None] = mapped_column(String(32))
    runner_code: Mapped[str] = mapped_column(String(16))
    runner_name: Mapped[str] = mapped_column(String(64))
    taken_by: Mapped[str | None] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    take_due_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime]


class ErrandPaper(Base):
    """A paper of the checklist: who received it from the citizen, and when."""

    __tablename__ = "errand_papers"
    __table_args__ = (UniqueConstraint("errand_id", "position", name="uq_errand_papers_position"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    errand_id: Mapped[int] = mapped_column(ForeignKey("errands.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    received_at: Mapped[datetime | None]
    received_by: Mapped[str | None] = mapped_column(String(64))


class ErrandEvent(Base):
    """One line of an errand's record (痕迹管理): written once, never changed."""

    __tablename__ = "errand_events"
    __table_args__ = (UniqueConstraint("errand_id", "seq", name="uq_errand_events_seq"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    errand_id: Mapped[int] = mapped_column(ForeignKey("errands.id"), index=True)
    seq: Mapped[int]
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(16))
    from_state: Mapped[str | None] = mapped_column(String(16))
    to_state: Mapped[str] = mapped_column(String(16))
    actor_role: Mapped[str] = mapped_column(String(16))
    actor_name: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
