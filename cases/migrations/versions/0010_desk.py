"""desk: calls not filed yet, who is at a case, macros for replies

Revision: 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = cases.storage.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Forward."""
    op.drop_index("ix_cases_state_due", table_name="cases")
    op.create_index(
        "ix_cases_waiting", "cases", ["state", "step_due_at", "due_at", "urgency", "submitted_at"]
    )
    op.create_index(
        "ix_cases_wants_person",
        "cases",
        ["wants_person"],
        postgresql_where=sa.text("wants_person"),
        sqlite_where=sa.text("wants_person = 1"),
    )
    op.create_table(
        "kept_calls",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("read_id", sa.String(length=32), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("kept_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_kept_calls_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "read_id", name=op.f("pk_kept_calls")),
    )
    op.create_index(op.f("ix_kept_calls_kept_at"), "kept_calls", ["kept_at"])
    op.create_table(
        "case_presence",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("writing", sa.Boolean(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_presence_case_id_cases")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_case_presence_user_id_users")
        ),
        sa.PrimaryKeyConstraint("case_id", "user_id", name=op.f("pk_case_presence")),
    )
    op.create_index(op.f("ix_case_presence_seen_at"), "case_presence", ["seen_at"])
    op.create_table(
        "reply_macros",
        sa.Column("id", _ID, nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("unit_code", sa.String(length=32), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_macros")),
    )
    op.create_index(op.f("ix_reply_macros_unit_code"), "reply_macros", ["unit_code"])


def downgrade() -> None:
    """Back."""
    op.drop_table("reply_macros")
    op.drop_table("case_presence")
    op.drop_table("kept_calls")
    op.drop_index("ix_cases_wants_person", table_name="cases")
    op.drop_index("ix_cases_waiting", table_name="cases")
    op.create_index("ix_cases_state_due", "cases", ["state", "due_at"])
