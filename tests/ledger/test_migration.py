"""What older histories tell is filled in, and only that; on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, create_engine, text

from cases.storage.schema import make_config, sync_url
from tests.postgres import TemplateDatabases

AT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)

# Lines of a history: action, role, data. What is expected of the prediction "zf.light".
STORIES: dict[str, tuple[list[tuple[str, str, dict[str, Any]]], dict[str, Any]]] = {
    "alone": (
        [("accept", "bot", {"category": "zf.light"}), ("dispatch", "bot", {"unit": "u"})],
        {"automatic": True, "how": None, "final_category": None},
    ),
    "confirmed": (
        [
            ("accept", "agent", {"category": "zf.light", "request_type": "help"}),
            ("dispatch", "bot", {"unit": "u"}),
        ],
        {"automatic": False, "how": "confirmed", "final_request_type": "help", "final_by": "agent"},
    ),
    "corrected": (
        [
            ("accept", "bot", {"category": "zf.light"}),
            ("dispatch", "bot", {"unit": "u"}),
            ("relabel", "dispatcher", {"category": "zf.road"}),
        ],
        {
            "automatic": True,
            "how": "corrected",
            "final_category": "zf.road",
            "final_urgency": "urgent",  # as the case stands
        },
    ),
    "by the citizen": (
        [
            ("relabel", "citizen", {"category": "zf.road"}),
            ("accept", "bot", {"category": "zf.road"}),
            ("dispatch", "bot", {"unit": "u"}),
        ],
        {"automatic": False, "how": None},
    ),
    "returned": (
        [
            ("accept", "agent", {"category": "zf.light"}),
            ("dispatch", "dispatcher", {"unit": "u"}),
            ("return", "handler_head", {"reason": "不归我们", "proposed_unit": "w"}),
            ("reassign", "dispatcher", {"unit": "w"}),
        ],
        {"misrouted": True, "how": None, "final_by": None, "return_count": 1},
    ),
    "returned in vain": (
        [
            ("accept", "agent", {"category": "zf.light"}),
            ("return", "handler_head", {"reason": "不归我们"}),
            ("refuse_return", "dispatcher", {}),
        ],
        {"misrouted": False, "how": "confirmed", "return_count": 1},
    ),
    "nothing told": ([], {"automatic": False, "how": None, "return_count": 0, "misrouted": False}),
}


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = create_engine(sync_url(url))
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
        return
    server: TemplateDatabases = request.getfixturevalue("postgres_template")
    name = server.copy_template()
    yield server.url(name)
    server.drop(name)


def test_older_cases_get_what_their_history_tells(url: str) -> None:
    config = make_config(url)
    command.upgrade(config, "head")
    command.downgrade(config, "0010")
    with _engine(url) as engine:
        with engine.begin() as connection:
            for case_id, (lines, _) in enumerate(STORIES.values(), start=1):
                _write_story(connection, case_id, lines)
        command.upgrade(config, "0011")
        with engine.begin() as connection:
            found = connection.execute(text("SELECT * FROM predictions ORDER BY case_id")).all()
    assert len(found) == len(STORIES)
    for row, (name, (_, expected)) in zip(found, STORIES.items(), strict=True):
        for column, value in expected.items():
            assert getattr(row, column) == value, (name, column)
    returned = found[list(STORIES).index("returned")].returns
    told = json.loads(returned) if isinstance(returned, str) else returned
    assert [(one["reason"], one["accepted"], one["by"]) for one in told] == [
        ("不归我们", True, "handler_head")
    ]


def _write_story(
    connection: Connection, case_id: int, lines: list[tuple[str, str, dict[str, Any]]]
) -> None:
    values: dict[str, Any] = {"id": case_id, "at": AT, "number": f"n{case_id}"}
    _insert(
        connection,
        "cases",
        values
        | {
            "tracking_code": "x", "version": 1, "channel": "phone", "source_index": 0,
            "anonymous": False, "text": "t", "summary": "t", "category": "zf.light",
            "request_type": "help", "urgency": "urgent", "flags": "[]", "decision": "auto",
            "tagged_by": "machine", "state": "dispatched", "round": 1, "mode": "lead",
            "time_class": "G3", "return_count": 0, "returned_by": "[]", "extension_count": 0,
            "supervised_level": 0, "circulated": False, "wants_person": False,
            "submitted_at": AT, "updated_at": AT,
        },
    )  # fmt: skip
    for seq, (action, role, data) in enumerate(lines, start=1):
        _insert(
            connection,
            "history",
            {
                "case_id": case_id, "seq": seq, "at": AT, "action": action, "to_state": "s",
                "actor_role": role, "actor_name": role, "unit_code": "u",
                "data": json.dumps(data), "previous_hash": "", "hash": "",
            },
        )  # fmt: skip
    _insert(
        connection,
        "predictions",
        {
            "case_id": case_id, "at": AT, "model": "m", "category": "zf.light",
            "confidence": 0.9, "decision": "auto", "tag": "{}",
        },
    )  # fmt: skip


def _insert(connection: Connection, table: str, values: dict[str, Any]) -> None:
    values = {name: value for name, value in values.items() if name != "at" or table != "cases"}
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)
