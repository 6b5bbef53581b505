"""Several people, one event: who else reported a case, what was merged, where to look for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from cases.models.base import Base, BigId


class CaseReporter(Base):
    """Somebody who reported what a case is already about, and follows it (跟进).

    The first reporter stands in the case itself. ``source`` names the outside order or the draft
    that this came from, so that a second press adds nobody twice. ``solved`` is this person's own
    word on the answer; it closes nothing.
    """

    __tablename__ = "case_reporters"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    name: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str | None] = mapped_column(String(32))
    anonymous: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(220), unique=True)
    at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(64))
    solved: Mapped[str | None] = mapped_column(String(8))
    solved_words: Mapped[str | None] = mapped_column(Text)
    solved_at: Mapped[datetime | None]


class CaseMerge(Base):
    """并案: ``child`` was joined to ``parent``; ``before`` is what 拆分 puts back."""

    __tablename__ = "case_merges"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]
    merged_by: Mapped[str] = mapped_column(String(64))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(64))


class CaseKey(Base):
    """One of the few things by which a case is found again: see ``cases.same_event.keys``.

    The table is its own index, in both databases: a look-up reads the newest rows under a key and
    nothing else. No foreign key: it would cost a look into ``cases`` for each row written.
    """

    __tablename__ = "case_keys"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 (SQLAlchemy's own way)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    case_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class CasePrint(Base):
    """Which keys a case has, and by which edition of the rules; so they can be taken out again."""

    __tablename__ = "case_prints"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    edition: Mapped[str] = mapped_column(String(16))
    keys: Mapped[list[Any]]
