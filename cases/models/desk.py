"""What the people at the desk leave lying on it: a call not filed yet, who is at a case, macros."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class KeptCall(Base):
    """A pasted call that is not filed yet, with what its agent typed: a few for each person, swept
    after a day. ``read_id`` is that of the page, ``fields`` are those of its form."""

    __tablename__ = "kept_calls"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    read_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    kept_at: Mapped[datetime] = mapped_column(index=True)


class CasePresence(Base):
    """Somebody has a case open at this moment; ``writing`` once they typed something."""

    __tablename__ = "case_presence"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    writing: Mapped[bool] = mapped_column(default=False)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class ReplyMacro(Base):
    """A reply that is given often (常用语); ``text`` may hold ``{number}``, ``{unit}``,
    ``{place}``, ``{category}``. ``unit_code`` None: for everybody."""

    __tablename__ = "reply_macros"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    unit_code: Mapped[str | None] = mapped_column(String(32), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    updated_by: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime]
