"""addresses: the town's registry, what places are called besides, files read in

Revision: 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "address_units",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("parent_key", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("grid", sa.String(length=64), nullable=True),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("street_key", sa.BigInteger(), nullable=True),
        sa.Column("community_key", sa.BigInteger(), nullable=True),
        sa.Column("estate_key", sa.BigInteger(), nullable=True),
        sa.Column("road_key", sa.BigInteger(), nullable=True),
        sa.Column("village_group", sa.String(length=24), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("building", sa.String(length=24), nullable=False),
        sa.Column("unit", sa.String(length=24), nullable=False),
        sa.Column("room", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_address_units")),
    )
    op.create_index(op.f("ix_address_units_key"), "address_units", ["key"], unique=False)
    op.create_index(op.f("ix_address_units_level"), "address_units", ["level"], unique=False)
    op.create_index(
        "ix_address_units_estate",
        "address_units",
        ["estate_key", "building", "room"],
        unique=False,
    )
    op.create_index(
        "ix_address_units_road", "address_units", ["road_key", "number", "building"], unique=False
    )
    op.create_index(
        "ix_address_units_village",
        "address_units",
        ["community_key", "village_group", "number"],
        unique=False,
    )
    op.create_table(
        "address_loads",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_loads")),
    )
    op.create_table(
        "address_aliases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("alias", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["code"],
            ["address_units.code"],
            name=op.f("fk_address_aliases_code_address_units"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_aliases")),
        sa.UniqueConstraint("code", "alias", name="uq_address_aliases_alias"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("address_aliases")
    op.drop_table("address_loads")
    op.drop_index("ix_address_units_village", table_name="address_units")
    op.drop_index("ix_address_units_road", table_name="address_units")
    op.drop_index("ix_address_units_estate", table_name="address_units")
    op.drop_index(op.f("ix_address_units_level"), table_name="address_units")
    op.drop_index(op.f("ix_address_units_key"), table_name="address_units")
    op.drop_table("address_units")
