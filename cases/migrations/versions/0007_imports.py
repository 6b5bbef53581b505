"""imports: files of orders read in, row by row; a caller's number in one spelling

Revision: 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import cases.storage.types
from cases.personal_data.phones import phone_key

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BATCH = 1_000


def upgrade() -> None:
    """Forward."""
    op.add_column("cases", sa.Column("caller_key", sa.String(length=32), nullable=True))
    _fill_keys()
    op.create_index(op.f("ix_cases_caller_key"), "cases", ["caller_key"], unique=False)
    op.create_table(
        "order_imports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("actor_role", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("header", sa.JSON(), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.Column("created_at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", cases.storage.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_order_imports_actor_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_imports")),
    )
    op.create_index("ix_order_imports_digest", "order_imports", ["digest", "source"])
    op.create_index(op.f("ix_order_imports_state"), "order_imports", ["state"], unique=False)
    op.create_table(
        "refused_rows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.String(length=300), nullable=False),
        sa.Column("cells", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["order_imports.id"],
            name=op.f("fk_refused_rows_import_id_order_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_rows")),
        sa.UniqueConstraint("import_id", "line", name="uq_refused_rows_line"),
    )


def _fill_keys() -> None:
    table = sa.table(
        "cases",
        sa.column("id", sa.BigInteger()),
        sa.column("caller_phone", sa.String()),
        sa.column("caller_key", sa.String()),
    )
    connection, last = op.get_bind(), 0
    while True:
        rows = connection.execute(
            sa.select(table.c.id, table.c.caller_phone)
            .where(table.c.caller_phone.is_not(None), table.c.id > last)
            .order_by(table.c.id)
            .limit(_BATCH)
        ).all()
        if not rows:
            return
        for row in rows:
            connection.execute(
                table.update()
                .where(table.c.id == row.id)
                .values(caller_key=phone_key(row.caller_phone))
            )
        last = rows[-1].id


def downgrade() -> None:
    """Back."""
    op.drop_table("refused_rows")
    op.drop_table("order_imports")
    with op.batch_alter_table("cases") as table:
        table.drop_index(op.f("ix_cases_caller_key"))
        table.drop_column("caller_key")
