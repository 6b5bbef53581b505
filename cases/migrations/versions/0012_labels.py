"""labels: texts labelled by people

Revision: 0012, after 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = cases.storage.types.UtcDateTime(timezone=True)


def _words(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _text_id() -> sa.Column[int]:
    return sa.Column("text_id", _ID, nullable=False)


def _of_text(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_text_id_label_texts")
    return sa.ForeignKeyConstraint(["text_id"], ["label_texts.id"], name=name, ondelete="CASCADE")


def _of_user(table: str, column: str = "user_id") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_users")
    return sa.ForeignKeyConstraint([column], ["users.id"], name=name)


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "label_texts",
        sa.Column("id", _ID, nullable=False),
        _words("key", 16),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("case_id", _ID, nullable=True),
        _words("story", 64),
        _words("source", 8),
        sa.Column("at", _MOMENT, nullable=False),
        _words("state", 12),
        _words("category", 64),
        _words("request_type", 16),
        _words("urgency", 16),
        _words("how", 12),
        _words("settled_by", 64),
        sa.Column("settled_at", _MOMENT, nullable=True),
        sa.Column("held_out", sa.Boolean(), nullable=False),
        sa.Column("held_out_at", _MOMENT, nullable=True),
        sa.Column("tag", sa.JSON(), nullable=False),
        sa.Column("tagged", sa.Boolean(), nullable=False),
        sa.Column("misrouted", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        _words("why", 12),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_label_texts_case_id_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_texts")),
        sa.UniqueConstraint("key", name="uq_label_texts_key"),
    )
    op.create_index(op.f("ix_label_texts_case_id"), "label_texts", ["case_id"])
    op.create_index(op.f("ix_label_texts_at"), "label_texts", ["at"])
    op.create_index(
        "ix_label_texts_rank",
        "label_texts",
        ["rank"],
        postgresql_where=sa.text("rank IS NOT NULL"),
        sqlite_where=sa.text("rank IS NOT NULL"),
    )
    op.create_index("ix_label_texts_settled", "label_texts", ["state", "settled_at"])
    op.create_table(
        "label_votes",
        sa.Column("id", _ID, nullable=False),
        _text_id(),
        sa.Column("user_id", _ID, nullable=False),
        _words("user_name", 64),
        _words("kind", 8),
        _words("category", 64),
        _words("request_type", 16),
        _words("urgency", 16),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        _of_text("label_votes"),
        _of_user("label_votes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_votes")),
        sa.UniqueConstraint("text_id", "user_id", "kind", name="uq_label_votes_text_id"),
    )
    op.create_index("ix_label_votes_user", "label_votes", ["user_id", "at"])
    op.create_table(
        "label_claims",
        _text_id(),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        _of_text("label_claims"),
        _of_user("label_claims"),
        sa.PrimaryKeyConstraint("text_id", "user_id", name=op.f("pk_label_claims")),
    )
    op.create_index(op.f("ix_label_claims_until"), "label_claims", ["until"])
    op.create_table(
        "label_suspects",
        _text_id(),
        _words("given", 64),
        _words("suggested", 64),
        sa.Column("score", sa.Double(), nullable=False),
        _words("model_id", 64),
        _words("state", 12),
        _words("decided_by", 64),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        _of_text("label_suspects"),
        sa.PrimaryKeyConstraint("text_id", name=op.f("pk_label_suspects")),
    )
    op.create_index("ix_label_suspects_open", "label_suspects", ["state", "score"])
    op.create_table(
        "label_imports",
        sa.Column("id", _ID, nullable=False),
        _words("file", 120),
        sa.Column("path", sa.String(length=200), nullable=True),
        _words("state", 12),
        sa.Column("actor_id", _ID, nullable=True),
        _words("actor_name", 64),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("replace", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("rows", "labelled", "unlabelled", "known", "refused")
        ),
        sa.Column("troubles", sa.JSON(), nullable=False),
        _words("trouble", 300),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        _of_user("label_imports", "actor_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_imports")),
    )
    op.create_index(op.f("ix_label_imports_state"), "label_imports", ["state"])
    op.create_table(
        "label_room",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("two_annotators", sa.Boolean(), nullable=False),
        sa.Column("gathered_until", _MOMENT, nullable=True),
        sa.Column("filled_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_room")),
    )
    op.execute(
        sa.text("INSERT INTO label_room (id, two_annotators) VALUES (1, :no)").bindparams(no=False)
    )


def downgrade() -> None:
    """Back."""
    for table in (
        "label_room",
        "label_imports",
        "label_suspects",
        "label_claims",
        "label_votes",
        "label_texts",
    ):
        op.drop_table(table)
