"""categories: a taxonomy the town may change

Revision: 0014, after 0013.
"""

from __future__ import annotations

import csv
from pathlib import Path

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = cases.storage.types.UtcDateTime(timezone=True)
_TEXTS = ("definition", "includes", "excludes", "urgency_rule", "lead_hint")
_LISTS = ("neighbours", "vocabulary", "examples", "may_become")
_SHIPPED = Path(__file__).resolve().parents[3] / "training_data" / "taxonomy.csv"


def upgrade() -> None:
    """Forward."""
    for name in _TEXTS:
        op.add_column("categories", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    for name in _LISTS:
        op.add_column("categories", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
    op.add_column(
        "categories", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("categories", sa.Column("replaced_by", sa.String(length=64), nullable=True))
    op.create_table(
        "category_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("actor_role", sa.String(length=16), nullable=False),
        sa.Column("actor_name", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_events")),
    )
    op.create_index(op.f("ix_category_events_code"), "category_events", ["code"])
    _describe_shipped()


def downgrade() -> None:
    """Back."""
    op.drop_table("category_events")
    with op.batch_alter_table("categories") as batch:
        for name in (*_TEXTS, *_LISTS, "active", "replaced_by"):
            batch.drop_column(name)


def _describe_shipped() -> None:
    """What the shipped taxonomy says of a category, where the town has that code."""
    if not _SHIPPED.exists():
        return
    table = sa.table(
        "categories",
        sa.column("code", sa.String()),
        *(sa.column(name, sa.Text()) for name in _TEXTS),
        *(sa.column(name, sa.JSON()) for name in _LISTS),
    )
    connection = op.get_bind()
    known = set(connection.scalars(sa.select(table.c.code)))
    with _SHIPPED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["code"] in known:
                examples = [row[f"example_{kind}"] for kind in ("chat", "phone", "formal")]
                connection.execute(
                    table.update()
                    .where(table.c.code == row["code"])
                    .values(
                        definition=row["definition_zh"],
                        includes=row["include_zh"],
                        excludes=row["exclude_zh"],
                        urgency_rule=row["urgency_rule_zh"],
                        lead_hint=row["lead_dept"],
                        neighbours=[code for code in row["neighbours"].split("|") if code],
                        vocabulary=[word for word in row["vocab"].split("|") if word],
                        examples=[text for text in examples if text],
                    )
                )
