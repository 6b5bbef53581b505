"""Those who phoned: whom to call back, what became of a text message, what was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class CallBack(Base):
    """News that only a voice can bring: no mobile number, or nothing reaches it.

    ``state``: waiting → told | wrong_number | unreached (tried often enough) | replaced (newer news
    of the same case, or the caller follows in a chat now). ``waits_since`` is when the caller first
    had something to hear, so that newer news do not push a case down the list.
    """

    __tablename__ = "call_backs"
    __table_args__ = (Index("ix_call_backs_state_next_at", "state", "next_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    dedupe_key: Mapped[str] = mapped_column(String(80), unique=True)
    moment: Mapped[str] = mapped_column(String(24))
    because: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    waits_since: Mapped[datetime]
    next_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(64))


class SmsReport(Base):
    """What the gateway said later about a message it had taken; one row for each message."""

    __tablename__ = "sms_reports"

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), primary_key=True)
    status: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class CallTranscript(Base):
    """The text of a call that was read at the desk, as it came; ``lost`` is what the cases filed
    from it no longer say (``cases.faithfulness``)."""

    __tablename__ = "transcripts"
    __table_args__ = (Index("ix_transcripts_lost_count_at", "lost_count", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text)
    lost: Mapped[list[Any]] = mapped_column(default=list)
    lost_count: Mapped[int] = mapped_column(default=0)
    kept_by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class TranscriptCase(Base):
    """A case filed from a call."""

    __tablename__ = "transcript_cases"
    __table_args__ = (
        UniqueConstraint("transcript_id", "case_id", name="uq_transcript_cases_case"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcripts.id", ondelete="CASCADE"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
