"""Retraining in the background (重新训练): its jobs, who let a model serve, and who serves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class TrainingJob(Base):
    """One retraining. ``slot`` is 1 from its beginning to its end and then empty: its being unique
    is what lets only one run.

    ``owner`` is the run that works on it; a run that finds another name here stops. A run that
    was silent for a while (``seen_at``) is taken for dead, and the next one goes on from the
    inputs in ``<data folder>/training/<id>``.
    """

    __tablename__ = "training_jobs"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    slot: Mapped[int | None] = mapped_column(unique=True)
    #: "lexical", "semantic", or empty for the better one at hand.
    strength: Mapped[str] = mapped_column(String(12), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str | None] = mapped_column(String(32))
    seen_at: Mapped[datetime | None]
    #: How often it was taken up since somebody last pressed the button.
    attempts: Mapped[int] = mapped_column(default=0)
    stage: Mapped[str] = mapped_column(String(60), default="")
    fraction: Mapped[float] = mapped_column(default=0.0)
    #: What it trains on: ``{"case": 120, "import": 40, …, "held_out": 32}``.
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    model_id: Mapped[str | None] = mapped_column(String(64))
    passed: Mapped[bool | None]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    #: Why it stopped, for whoever looks; empty while all is well.
    trouble: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class ModelEvent(Base):
    """Somebody let a model serve or took it back, or a process could not load it. Never changed."""

    __tablename__ = "model_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    deed: Mapped[str] = mapped_column(String(16))
    model_id: Mapped[str] = mapped_column(String(64), index=True)
    before_id: Mapped[str | None] = mapped_column(String(64))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(300), default="")


class ModelServer(Base):
    """A process that answers with a model; ``trouble``: why it did not take the newer one."""

    __tablename__ = "model_servers"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    model_id: Mapped[str] = mapped_column(String(64))
    trouble: Mapped[str] = mapped_column(String(300), default="")
    since: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
