"""Texts that people label for training, and everything that decides a label (标注).

A text is kept without what says who somebody is. ``key`` names it, the same for the same words.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class LabelText(Base):
    """One text: unlabelled (``open``), two people differ (``disputed``), ``settled``, or taken out
    of training (``set_aside``).

    ``category`` and what follows is the label in force, of a disputed text the last one.
    ``source`` says where the label comes from (case, import, desk), before that where the text
    does; ``how`` is single, agreed, decided, corrected, imported, or what the ledger says.
    ``tag`` is the machine's word for an unlabelled text; ``rank`` its place in the queue, ``why``
    the reason for it.
    """

    __tablename__ = "label_texts"
    __table_args__ = (
        UniqueConstraint("key", name="uq_label_texts_key"),
        # The queue is a few dozen rows of very many.
        Index(
            "ix_label_texts_rank",
            "rank",
            postgresql_where=text("rank IS NOT NULL"),
            sqlite_where=text("rank IS NOT NULL"),
        ),
        Index("ix_label_texts_settled", "state", "settled_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    group: Mapped[str] = mapped_column("story", String(64), default="")
    source: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(12), default="open")
    category: Mapped[str] = mapped_column(String(64), default="")
    request_type: Mapped[str] = mapped_column(String(16), default="")
    urgency: Mapped[str] = mapped_column(String(16), default="")
    how: Mapped[str] = mapped_column(String(12), default="")
    settled_by: Mapped[str] = mapped_column(String(64), default="")
    settled_at: Mapped[datetime | None]
    #: Part of the frozen test set: once so, always so.
    held_out: Mapped[bool] = mapped_column(default=False)
    held_out_at: Mapped[datetime | None]
    tag: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tagged: Mapped[bool] = mapped_column(default=False)
    misrouted: Mapped[bool] = mapped_column(default=False)
    rank: Mapped[int | None]
    why: Mapped[str] = mapped_column(String(12), default="")
    created_at: Mapped[datetime]


class LabelVote(Base):
    """What one person said of one text. ``before`` is how the text stood, and what the desk had
    decided of its case, for taking it back.

    ``kind``: vote; decide where two had differed; again where a settled label was looked at once
    more (kept or corrected); aside. Agreement is measured over votes alone: nobody of those who
    vote sees what another said."""

    __tablename__ = "label_votes"
    __table_args__ = (
        UniqueConstraint("text_id", "user_id", "kind", name="uq_label_votes_text_id"),
        Index("ix_label_votes_user", "user_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("label_texts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(8), default="vote")
    category: Mapped[str] = mapped_column(String(64))
    request_type: Mapped[str] = mapped_column(String(16))
    urgency: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)


class LabelClaim(Base):
    """A text on somebody's screen until ``until``; ``skipped``: they do not want it before then."""

    __tablename__ = "label_claims"

    text_id: Mapped[int] = mapped_column(
        ForeignKey("label_texts.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)
    skipped: Mapped[bool] = mapped_column(default=False)


class LabelSuspect(Base):
    """A label that a trained model doubts. ``state``: open, kept, corrected, set_aside."""

    __tablename__ = "label_suspects"
    __table_args__ = (Index("ix_label_suspects_open", "state", "score"),)

    text_id: Mapped[int] = mapped_column(
        ForeignKey("label_texts.id", ondelete="CASCADE"), primary_key=True
    )
    given: Mapped[str] = mapped_column(String(64))
    suggested: Mapped[str] = mapped_column(String(64))
    score: Mapped[float]
    model_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12), default="open")
    decided_by: Mapped[str] = mapped_column(String(64), default="")
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LabelImport(Base):
    """A file of texts. ``columns`` are those a person chose; ``troubles`` the first refused rows,
    each with line and sentence. Read in from the start after a restart: nothing is taken twice."""

    __tablename__ = "label_imports"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file: Mapped[str] = mapped_column(String(120))
    path: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str | None] = mapped_column(String(32))
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Labels that differ from ours take their place.
    replace: Mapped[bool] = mapped_column(default=False)
    rows: Mapped[int] = mapped_column(default=0)
    labelled: Mapped[int] = mapped_column(default=0)
    unlabelled: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    troubles: Mapped[list[Any]] = mapped_column(default=list)
    trouble: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class LabelRoom(Base):
    """One row: how the room works, and how far the ledger is read."""

    __tablename__ = "label_room"

    id: Mapped[int] = mapped_column(primary_key=True)
    two_annotators: Mapped[bool] = mapped_column(default=False)
    gathered_until: Mapped[datetime | None]
    filled_at: Mapped[datetime | None]
