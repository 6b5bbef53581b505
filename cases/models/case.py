"""The case (工单) and what hangs on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from cases.lifecycle import State
from cases.models.base import Base, BigId
from cases.personal_data.phones import phone_key


class Case(Base):
    """One matter of one citizen, from 受理 to 评价.

    ``number`` is readable aloud and carries a check digit; together with ``tracking_code``
    it opens the citizen's own view. ``version`` grows with each change; a writer who read an
    older one is refused.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("source_system", "source_id", "source_index", name="uq_cases_source"),
        # Enough to count and sort what waits and what is late without reading a case.
        Index("ix_cases_waiting", "state", "step_due_at", "due_at", "urgency", "submitted_at"),
        Index("ix_cases_lead_state", "lead_unit", "state"),
        Index("uq_cases_link_token", "link_token", unique=True),
        Index(
            "ix_cases_wants_person",
            "wants_person",
            postgresql_where=text("wants_person"),
            sqlite_where=text("wants_person = 1"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    tracking_code: Mapped[str] = mapped_column(String(16))
    #: Unguessable; opens the case from a link in another chat. Made when first asked for.
    link_token: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(default=1)

    # 来源
    channel: Mapped[str] = mapped_column(String(32))
    source_system: Mapped[str | None] = mapped_column(String(64))
    source_id: Mapped[str | None] = mapped_column(String(128))
    source_index: Mapped[int] = mapped_column(default=0)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    caller_name: Mapped[str | None] = mapped_column(String(64))
    caller_phone: Mapped[str | None] = mapped_column(String(32))
    #: One spelling for one number, so that earlier cases of a caller are found by an index.
    caller_key: Mapped[str | None] = mapped_column(String(32), index=True)
    anonymous: Mapped[bool] = mapped_column(default=False)

    # 诉求
    text: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(String(200))
    place_text: Mapped[str | None] = mapped_column(String(200))
    #: The place of the registry that somebody confirmed, as it was called and whose grid it was
    #: that day; ``place_text`` stays what the citizen said.
    place_code: Mapped[str | None] = mapped_column(String(40))
    place_name: Mapped[str | None] = mapped_column(String(200))
    place_grid: Mapped[str | None] = mapped_column(String(64), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    # 标签: what is in force now; the machine's word is kept in ``predictions``.
    platform: Mapped[str | None] = mapped_column(String(16), index=True)
    category: Mapped[str | None] = mapped_column(String(64), index=True)
    request_type: Mapped[str | None] = mapped_column(String(16))
    urgency: Mapped[str] = mapped_column(String(16), default="normal")
    flags: Mapped[list[Any]] = mapped_column(default=list)
    decision: Mapped[str] = mapped_column(String(16), default="human")
    confidence: Mapped[float | None]
    tagged_by: Mapped[str] = mapped_column(String(64), default="machine")

    # 状态
    state: Mapped[str] = mapped_column(String(24), default=State.SUBMITTED, index=True)
    prior_state: Mapped[str | None] = mapped_column(String(24))
    round: Mapped[int] = mapped_column(default=1)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    lead_unit: Mapped[str | None] = mapped_column(String(32))
    answerable_unit: Mapped[str | None] = mapped_column(String(32))
    basis: Mapped[str | None] = mapped_column(String(200))
    list_version: Mapped[str | None] = mapped_column(String(32))
    mode: Mapped[str] = mapped_column(String(16), default="lead")
    time_class: Mapped[str] = mapped_column(String(8), default="G3")
    return_count: Mapped[int] = mapped_column(default=0)
    returned_by: Mapped[list[Any]] = mapped_column(default=list)
    extension_count: Mapped[int] = mapped_column(default=0)
    requested_due_at: Mapped[datetime | None]
    supervised_level: Mapped[int] = mapped_column(default=0)
    urged_at: Mapped[datetime | None]
    circulated: Mapped[bool] = mapped_column(default=False)
    wants_person: Mapped[bool] = mapped_column(default=False)

    # 结果与评价
    outcome: Mapped[str | None] = mapped_column(String(16))
    reply_text: Mapped[str | None] = mapped_column(Text)
    reply_by: Mapped[str | None] = mapped_column(String(64))
    satisfaction: Mapped[int | None]
    solved: Mapped[str | None] = mapped_column(String(8))
    rating_reminded_at: Mapped[datetime | None]

    # 时钟: every step has its time; ``due_at`` is the deadline that runs now.
    submitted_at: Mapped[datetime] = mapped_column(index=True)
    accepted_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    evaluated_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    step_due_at: Mapped[datetime | None] = mapped_column(index=True)
    due_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    @validates("caller_phone")
    def _keep_key(self, _name: str, phone: str | None) -> str | None:
        self.caller_key = phone_key(phone)
        return phone


class CaseUnit(Base):
    """A unit that cooperates (配合) in a case."""

    __tablename__ = "case_units"
    __table_args__ = (UniqueConstraint("case_id", "unit_code"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    unit_code: Mapped[str] = mapped_column(String(32))
    replied_at: Mapped[datetime | None]
    released: Mapped[bool] = mapped_column(default=False)


class HistoryEntry(Base):
    """One line of a case's history: written once, never changed (留痕).

    ``citizen_text`` is what the citizen was told, in the words of that day; ``None`` where
    they were told nothing. Each line carries the hash of the one before it, so that a line
    changed behind our back is found by ``huying audit verify``.
    """

    __tablename__ = "history"
    __table_args__ = (UniqueConstraint("case_id", "seq", name="uq_history_seq"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    seq: Mapped[int]
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(32))
    from_state: Mapped[str | None] = mapped_column(String(24))
    to_state: Mapped[str] = mapped_column(String(24))
    actor_role: Mapped[str] = mapped_column(String(16))
    actor_name: Mapped[str] = mapped_column(String(64))
    unit_code: Mapped[str | None] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    citizen_text: Mapped[str | None] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class PredictionEntry(Base):
    """What the machine said of a text, kept beside whatever a person made of it later.

    The row of the filing stays; a model that reads the case again adds one (``at_filing`` False).
    ``final_…`` and ``how`` (confirmed, corrected, handled, labelled) are written by the step that
    decides them, see ``cases.use_cases.ledger``. Nobody has decided yet where they are None.
    """

    __tablename__ = "predictions"
    __table_args__ = (
        # The figures of the training room are read from this index alone: the row itself carries
        # the whole tag, and a hundred thousand of those are slow to turn over.
        Index(
            "ix_predictions_ledger",
            "at",
            "at_filing",
            "category",
            "final_category",
            "how",
            "automatic",
            "misrouted",
            "return_count",
            "decision",
            "confidence",
            "model",
        ),
        Index("ix_predictions_final_at", "final_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime]
    model: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(64))
    confidence: Mapped[float]
    decision: Mapped[str] = mapped_column(String(16))
    tag: Mapped[dict[str, Any]]
    at_filing: Mapped[bool] = mapped_column(default=True)
    #: It went to a unit on the machine's word alone.
    automatic: Mapped[bool] = mapped_column(default=False)

    final_category: Mapped[str | None] = mapped_column(String(64))
    final_request_type: Mapped[str | None] = mapped_column(String(16))
    final_urgency: Mapped[str | None] = mapped_column(String(16))
    final_by: Mapped[str | None] = mapped_column(String(64))
    final_at: Mapped[datetime | None]
    how: Mapped[str | None] = mapped_column(String(16))

    #: 退单, oldest first: unit, reason, basis, proposed_unit, by, at, accepted (None: open), and
    #: opened_at where accepting it took a confirmation back.
    returns: Mapped[list[Any]] = mapped_column(default=list)
    return_count: Mapped[int] = mapped_column(default=0)
    #: A return was accepted and nobody has named the right category since.
    misrouted: Mapped[bool] = mapped_column(default=False)


class Attachment(Base):
    """A photo, voice message or file. ``path`` is relative to the data folder's attachments;
    it stays empty while only the channel has the file (``external_file_id``)."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    mime: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str | None] = mapped_column(String(200))
    size: Mapped[int | None]
    path: Mapped[str | None] = mapped_column(String(200))
    external_file_id: Mapped[str | None] = mapped_column(String(300))
    at: Mapped[datetime]
