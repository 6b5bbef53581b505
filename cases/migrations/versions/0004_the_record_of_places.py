"""the record of places: who added, changed or switched one off

Revision: 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "place_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token", sa.String(length=48), nullable=False),
        sa.Column("at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("actor_role", sa.String(length=16), nullable=False),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_events")),
    )
    op.create_index(op.f("ix_place_events_token"), "place_events", ["token"], unique=False)


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f("ix_place_events_token"), table_name="place_events")
    op.drop_table("place_events")
