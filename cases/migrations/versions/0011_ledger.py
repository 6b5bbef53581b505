"""ledger: what became of each prediction

Revision: 0011, after 0010.

What the history of older cases tells is filled in: who accepted or corrected under which category,
which units returned the case, and what went out without a person. Where it tells nothing, the
prediction stays open; that a unit handled it to the end is not read back, because the list of
responsibilities of that day is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

import cases.storage.types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MOMENT = cases.storage.types.UtcDateTime(timezone=True)
_INDEX = "ix_predictions_ledger"
_INDEXED = (
    "at",
    "at_filing",
    "category",
    "final_category",
    "how",
    "automatic",
    "misrouted",
    "return_count",
    "decision",
    "confidence",
    "model",
)
_COLUMNS = (
    ("at_filing", sa.Boolean(), sa.true()),
    ("automatic", sa.Boolean(), sa.false()),
    ("final_category", sa.String(length=64), None),
    ("final_request_type", sa.String(length=16), None),
    ("final_urgency", sa.String(length=16), None),
    ("final_by", sa.String(length=64), None),
    ("final_at", _MOMENT, None),
    ("how", sa.String(length=16), None),
    ("returns", sa.JSON(), sa.text("'[]'")),
    ("return_count", sa.Integer(), sa.text("0")),
    ("misrouted", sa.Boolean(), sa.false()),
)
_TOLD = ("accept", "relabel", "dispatch", "return", "refuse_return", "reassign")
_CASES_AT_ONCE = 2000


def upgrade() -> None:
    """Forward."""
    for name, kind, default in _COLUMNS:
        column = sa.Column(name, kind, nullable=default is None, server_default=default)
        op.add_column("predictions", column)
    _fill(op.get_bind())
    op.create_index(_INDEX, "predictions", list(_INDEXED))
    op.create_index("ix_predictions_final_at", "predictions", ["final_at"])


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_predictions_final_at", table_name="predictions")
    op.drop_index(_INDEX, table_name="predictions")
    with op.batch_alter_table("predictions") as predictions:
        for name, _, _ in reversed(_COLUMNS):
            predictions.drop_column(name)


_predictions = sa.table(
    "predictions",
    sa.column("id", sa.BigInteger()),
    sa.column("case_id", sa.BigInteger()),
    sa.column("category", sa.String()),
    sa.column("decision", sa.String()),
    *(sa.column(name, kind) for name, kind, _ in _COLUMNS),
)
_history = sa.table(
    "history",
    sa.column("case_id", sa.BigInteger()),
    sa.column("seq", sa.Integer()),
    sa.column("at", _MOMENT),
    sa.column("action", sa.String()),
    sa.column("actor_role", sa.String()),
    sa.column("actor_name", sa.String()),
    sa.column("unit_code", sa.String()),
    sa.column("data", sa.JSON()),
)
_cases = sa.table(
    "cases",
    sa.column("id", sa.BigInteger()),
    sa.column("request_type", sa.String()),
    sa.column("urgency", sa.String()),
)


def _fill(connection: sa.Connection) -> None:
    newest = connection.scalar(sa.select(sa.func.max(_predictions.c.case_id))) or 0
    for first in range(0, newest + 1, _CASES_AT_ONCE):
        # Bound and inserted as one statement for many rows.
        found = list(_read_cases(connection, first, first + _CASES_AT_ONCE))
        if found:
            connection.execute(_write_all(), found)


def _write_all() -> sa.Update:
    values: dict[str, Any] = {
        name: sa.bindparam(f"new_{name}") for name, _, _ in _COLUMNS if name != "at_filing"
    }
    row = _predictions.c.id == sa.bindparam("row")
    return sa.update(_predictions).where(row).values(**values)


def _read_cases(connection: sa.Connection, first: int, end: int) -> Iterator[dict[str, Any]]:
    words = connection.execute(
        sa.select(
            _predictions.c.id,
            _predictions.c.case_id,
            _predictions.c.category,
            _cases.c.request_type,
            _cases.c.urgency,
        )
        .join(_cases, _cases.c.id == _predictions.c.case_id)
        .where(_predictions.c.case_id >= first, _predictions.c.case_id < end)
    ).all()
    lines: dict[int, list[Any]] = {}
    for line in connection.execute(
        sa.select(_history)
        .where(
            _history.c.case_id >= first,
            _history.c.case_id < end,
            _history.c.action.in_(_TOLD),
        )
        .order_by(_history.c.case_id, _history.c.seq)
    ):
        lines.setdefault(line.case_id, []).append(line)
    for word in words:
        if word.case_id in lines:
            told = _replay(word, lines[word.case_id])
            yield {"row": word.id} | {f"new_{name}": value for name, value in told.items()}


def _replay(word: Any, lines: list[Any]) -> dict[str, Any]:
    """The ledger's columns of one prediction after these lines of history."""
    told: dict[str, Any] = {name: None for name, _, _ in _COLUMNS if name != "at_filing"}
    told |= {"automatic": False, "misrouted": False, "returns": [], "return_count": 0}
    machine = True
    for line in lines:
        data = line.data or {}
        person = line.actor_role not in ("bot", "citizen")
        if line.action in ("accept", "relabel"):
            machine = machine and line.actor_role == "bot"
            if person and data.get("category"):
                right = data["category"] == word.category
                told |= {
                    "final_category": data["category"],
                    "final_request_type": data.get("request_type")
                    or told["final_request_type"]
                    or word.request_type,
                    "final_urgency": data.get("urgency") or told["final_urgency"] or word.urgency,
                    "final_by": line.actor_name,
                    "final_at": line.at,
                    "how": "confirmed" if right else "corrected",
                    "misrouted": False,
                }
        elif line.action == "dispatch":
            told["automatic"] = told["automatic"] or (line.actor_role == "bot" and machine)
        elif line.action == "return":
            told["returns"] = [*told["returns"], _return_of(line, data)]
            told["return_count"] += 1
        elif told["returns"] and told["returns"][-1]["accepted"] is None:
            accepted = line.action == "reassign"
            told["returns"][-1]["accepted"] = accepted
            if accepted and told["how"] != "corrected":
                blank = {name: None for name in told if name.startswith("final_") or name == "how"}
                told |= blank | {"misrouted": True}
    return told


def _return_of(line: Any, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "unit": line.unit_code,
        "reason": data.get("reason", ""),
        "basis": data.get("basis", ""),
        "proposed_unit": data.get("proposed_unit"),
        "by": line.actor_name,
        "at": line.at.isoformat(),
        "accepted": None,
    }
