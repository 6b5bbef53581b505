"""training jobs: retraining in the background, who let which model serve, who serves it

Revision: 0013, after 0012.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = cases.storage.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "training_jobs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("strength", sa.String(length=12), nullable=False),
        sa.Column("actor_id", _ID, nullable=True),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("seen_at", _MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=60), nullable=False),
        sa.Column("fraction", sa.Float(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_training_jobs_actor_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_jobs")),
        sa.UniqueConstraint("slot", name=op.f("uq_training_jobs_slot")),
    )
    op.create_index(op.f("ix_training_jobs_state"), "training_jobs", ["state"])
    op.create_table(
        "model_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("deed", sa.String(length=16), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("before_id", sa.String(length=64), nullable=True),
        sa.Column("actor_id", _ID, nullable=True),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_model_events_actor_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_events")),
    )
    op.create_index(op.f("ix_model_events_at"), "model_events", ["at"])
    op.create_index(op.f("ix_model_events_model_id"), "model_events", ["model_id"])
    op.create_table(
        "model_servers",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_model_servers")),
    )
    op.create_index(op.f("ix_model_servers_seen_at"), "model_servers", ["seen_at"])


def downgrade() -> None:
    """Back."""
    op.drop_table("model_servers")
    op.drop_table("model_events")
    op.drop_table("training_jobs")
