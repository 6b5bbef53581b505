"""callers: text messages and call-backs for those who phoned

Revision: 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "call_backs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("dedupe_key", sa.String(length=80), nullable=False),
        sa.Column("moment", sa.String(length=24), nullable=False),
        sa.Column("because", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("waits_since", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("next_at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_call_backs_case_id_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_backs")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_call_backs_dedupe_key")),
    )
    op.create_index(op.f("ix_call_backs_case_id"), "call_backs", ["case_id"], unique=False)
    op.create_index("ix_call_backs_state_next_at", "call_backs", ["state", "next_at"], unique=False)
    op.create_table(
        "sms_reports",
        sa.Column(
            "outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_sms_reports_outbox_id_outbox")
        ),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_sms_reports")),
    )
    op.create_table(
        "transcripts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lost", sa.JSON(), nullable=False),
        sa.Column("lost_count", sa.Integer(), nullable=False),
        sa.Column("kept_by", sa.String(length=64), nullable=False),
        sa.Column("at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
        sa.UniqueConstraint("digest", name=op.f("uq_transcripts_digest")),
    )
    op.create_index(
        "ix_transcripts_lost_count_at", "transcripts", ["lost_count", "at"], unique=False
    )
    op.create_table(
        "transcript_cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "transcript_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_transcript_cases_case_id_cases")
        ),
        sa.ForeignKeyConstraint(
            ["transcript_id"],
            ["transcripts.id"],
            name=op.f("fk_transcript_cases_transcript_id_transcripts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcript_cases")),
        sa.UniqueConstraint("transcript_id", "case_id", name="uq_transcript_cases_case"),
    )
    op.create_index(
        op.f("ix_transcript_cases_case_id"), "transcript_cases", ["case_id"], unique=False
    )


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f("ix_transcript_cases_case_id"), table_name="transcript_cases")
    op.drop_table("transcript_cases")
    op.drop_index("ix_transcripts_lost_count_at", table_name="transcripts")
    op.drop_table("transcripts")
    op.drop_table("sms_reports")
    op.drop_index("ix_call_backs_state_next_at", table_name="call_backs")
    op.drop_index(op.f("ix_call_backs_case_id"), table_name="call_backs")
    op.drop_table("call_backs")
