"""chats with people: handover, blocks, links, places with a code

Revision: 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOMENT = cases.storage.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "places",
        sa.Column("token", sa.String(length=48), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_places")),
    )
    op.create_table(
        "desk_messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_desk_messages_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_messages")),
    )
    op.create_index("ix_desk_messages_contact_id_id", "desk_messages", ["contact_id", "id"])
    # Plain ALTER TABLE on both databases: a batch would copy the tables, and their rows.
    no = sa.false()
    op.add_column("contacts", sa.Column("language_chosen", sa.Boolean(), nullable=False,
                                        server_default=no))  # fmt: skip
    op.add_column("contacts", sa.Column("waits_since", _MOMENT, nullable=True))
    op.add_column("contacts", sa.Column("served_by", sa.String(length=64), nullable=True))
    op.add_column("contacts", sa.Column("served_at", _MOMENT, nullable=True))
    op.add_column("contacts", sa.Column("blocked", sa.Boolean(), nullable=False,
                                        server_default=no))  # fmt: skip
    op.add_column("contacts", sa.Column("dropped", sa.Integer(), nullable=False,
                                        server_default="0"))  # fmt: skip
    op.create_index(op.f("ix_contacts_waits_since"), "contacts", ["waits_since"])
    op.create_index(op.f("ix_contacts_served_by"), "contacts", ["served_by"])
    op.add_column("cases", sa.Column("rating_reminded_at", _MOMENT, nullable=True))
    op.add_column("cases", sa.Column("link_token", sa.String(length=32), nullable=True))
    op.create_index(op.f("uq_cases_link_token"), "cases", ["link_token"], unique=True)


def downgrade() -> None:
    """Back."""
    op.drop_index(op.f("uq_cases_link_token"), table_name="cases")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_column("link_token")
        batch_op.drop_column("rating_reminded_at")
    op.drop_index(op.f("ix_contacts_served_by"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_waits_since"), table_name="contacts")
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        for name in (
            "dropped",
            "blocked",
            "served_at",
            "served_by",
            "waits_since",
            "language_chosen",
        ):
            batch_op.drop_column(name)
    op.drop_index("ix_desk_messages_contact_id_id", table_name="desk_messages")
    op.drop_table("desk_messages")
    op.drop_table("places")
