"""answers and errands: cards, consultations, catalogue, runners, records

Revision: 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "answer_card_revisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_role", sa.String(length=16), nullable=False),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_card_revisions")),
        sa.UniqueConstraint("code", "version", name="uq_answer_card_revisions_version"),
    )
    op.create_table(
        "answer_cards",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_answer_cards")),
    )
    op.create_index(op.f("ix_answer_cards_unit"), "answer_cards", ["unit"], unique=False)
    op.create_table(
        "errand_items",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("item_group", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("materials", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_errand_items")),
    )
    op.create_table(
        "runners",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("grid", sa.String(length=64), nullable=False),
        sa.Column("areas", sa.JSON(), nullable=False),
        sa.Column("point", sa.String(length=120), nullable=False),
        sa.Column("hours", sa.String(length=120), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_runners")),
    )
    op.create_table(
        "errands",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("item_code", sa.String(length=16), nullable=False),
        sa.Column("item_name", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column("area", sa.String(length=64), nullable=True),
        sa.Column("grid", sa.String(length=64), nullable=False),
        sa.Column("applicant_type", sa.String(length=16), nullable=False),
        sa.Column("applicant_name", sa.String(length=64), nullable=True),
        sa.Column("applicant_phone", sa.String(length=32), nullable=True),
        sa.Column("runner_code", sa.String(length=16), nullable=False),
        sa.Column("runner_name", sa.String(length=64), nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.Column("requested_at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("take_due_at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("collected_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("due_at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("updated_at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_errands_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errands")),
        sa.UniqueConstraint("number", name=op.f("uq_errands_number")),
    )
    op.create_index("ix_errands_contact_id_id", "errands", ["contact_id", "id"], unique=False)
    op.create_index(op.f("ix_errands_grid"), "errands", ["grid"], unique=False)
    op.create_index(op.f("ix_errands_state"), "errands", ["state"], unique=False)
    op.create_index("ix_errands_state_due", "errands", ["state", "due_at"], unique=False)
    op.create_table(
        "consultations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tag", sa.JSON(), nullable=False),
        sa.Column("offered", sa.JSON(), nullable=False),
        sa.Column("card_code", sa.String(length=16), nullable=True),
        sa.Column("card_version", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answered_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_consultations_case_id_cases")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_consultations_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations")),
    )
    op.create_index("ix_consultations_at", "consultations", ["at"], unique=False)
    op.create_index(
        op.f("ix_consultations_card_code"), "consultations", ["card_code"], unique=False
    )
    op.create_index(
        op.f("ix_consultations_contact_id"), "consultations", ["contact_id"], unique=False
    )
    op.create_table(
        "errand_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "errand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=True),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("actor_role", sa.String(length=16), nullable=False),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["errand_id"], ["errands.id"], name=op.f("fk_errand_events_errand_id_errands")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand_events")),
        sa.UniqueConstraint("errand_id", "seq", name="uq_errand_events_seq"),
    )
    op.create_index(
        op.f("ix_errand_events_errand_id"), "errand_events", ["errand_id"], unique=False
    )
    op.create_table(
        "errand_papers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "errand_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("received_at", cases.storage.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("received_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["errand_id"], ["errands.id"], name=op.f("fk_errand_papers_errand_id_errands")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand_papers")),
        sa.UniqueConstraint("errand_id", "position", name="uq_errand_papers_position"),
    )
    op.create_index(
        op.f("ix_errand_papers_errand_id"), "errand_papers", ["errand_id"], unique=False
    )


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f("ix_errand_papers_errand_id"), table_name="errand_papers")
    op.drop_table("errand_papers")
    op.drop_index(op.f("ix_errand_events_errand_id"), table_name="errand_events")
    op.drop_table("errand_events")
    op.drop_index(op.f("ix_consultations_contact_id"), table_name="consultations")
    op.drop_index(op.f("ix_consultations_card_code"), table_name="consultations")
    op.drop_index("ix_consultations_at", table_name="consultations")
    op.drop_table("consultations")
    op.drop_index("ix_errands_state_due", table_name="errands")
    op.drop_index(op.f("ix_errands_state"), table_name="errands")
    op.drop_index(op.f("ix_errands_grid"), table_name="errands")
    op.drop_index("ix_errands_contact_id_id", table_name="errands")
    op.drop_table("errands")
    op.drop_table("runners")
    op.drop_table("errand_items")
    op.drop_index(op.f("ix_answer_cards_unit"), table_name="answer_cards")
    op.drop_table("answer_cards")
    op.drop_table("answer_card_revisions")
