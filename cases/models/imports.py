"""Files of orders that were read in: how far, and which rows could not be taken (导入)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class OrderImport(Base):
    """One file. ``line`` is the last row that is done; it is written in the transaction that
    files the cases of its batch, so that a killed import goes on behind it.

    ``owner`` is the run that works on it: a run that finds another name here stops. ``path``
    names the copy in the data folder of a file that came in over a page.
    """

    __tablename__ = "order_imports"
    __table_args__ = (Index("ix_order_imports_digest", "digest", "source"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str] = mapped_column(String(64))
    file: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64))
    path: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str] = mapped_column(String(64))
    actor_role: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str | None] = mapped_column(String(32))
    line: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    cases: Mapped[int] = mapped_column(default=0)
    header: Mapped[list[Any]] = mapped_column(default=list)
    #: Why it stopped, for whoever looks; empty while all is well.
    trouble: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RefusedRow(Base):
    """A row that could not be taken, as it was, with the sentence that says what to do."""

    __tablename__ = "refused_rows"
    __table_args__ = (UniqueConstraint("import_id", "line", name="uq_refused_rows_line"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("order_imports.id", ondelete="CASCADE"))
    line: Mapped[int]
    sentence: Mapped[str] = mapped_column(String(300))
    cells: Mapped[list[Any]] = mapped_column(default=list)
