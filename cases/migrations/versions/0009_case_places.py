"""case places: the registry's code, name and grid of a case

Revision: 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("cases", sa.Column("place_code", sa.String(length=40), nullable=True))
    op.add_column("cases", sa.Column("place_name", sa.String(length=200), nullable=True))
    op.add_column("cases", sa.Column("place_grid", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_cases_place_grid"), "cases", ["place_grid"])


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("cases") as cases:
        cases.drop_index(op.f("ix_cases_place_grid"))
        cases.drop_column("place_grid")
        cases.drop_column("place_name")
        cases.drop_column("place_code")
