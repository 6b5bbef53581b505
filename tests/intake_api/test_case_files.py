"""Out and in again: nothing is lost, the second time nothing changes."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cases.storage.database import Database
from cases.town import Town
from intake_api.accounts.passwords import Passwords
from intake_api.case_transfer import export_cases
from intake_api.cli import run
from intake_api.demo import add_demo

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def rows_of(folder: Path) -> list[dict[str, object]]:
    async def read() -> list[dict[str, object]]:
        database = Database(f"sqlite:///{folder / 'huying.db'}")
        rows: list[dict[str, object]] = []
        await export_cases(database, rows.append)
        await database.close()
        return rows

    return asyncio.run(read())


@pytest.fixture
def furnished(tmp_path: Path, town: Town) -> Path:
    folder = tmp_path / "one"
    assert run(["db", "upgrade", "--data-dir", str(folder)]) == 0
    assert run(["users", "list", "--data-dir", str(folder)]) == 0  # loads the town

    async def fill() -> None:
        database = Database(f"sqlite:///{folder / 'huying.db'}")
        await add_demo(database, town, NOW, Passwords.cheap())
        await database.close()

    asyncio.run(fill())
    with sqlite3.connect(folder / "huying.db") as connection:
        connection.execute(
            "UPDATE cases SET text = ?, caller_name = ? WHERE id = 1",
            ('=cmd|calc\n"引号"，逗号\t', "'5"),
        )
    return folder


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx"])
def test_round_trip(furnished: Path, tmp_path: Path, suffix: str) -> None:
    file, other = tmp_path / f"cases.{suffix}", tmp_path / "two"
    assert run(["cases", "export", str(file), "--data-dir", str(furnished)]) == 0
    assert run(["cases", "import", str(file), "--data-dir", str(other)]) == 0
    assert rows_of(other) == rows_of(furnished)
    assert run(["audit", "verify", "--data-dir", str(other)]) == 0
    assert run(["cases", "import", str(file), "--data-dir", str(other)]) == 0
    assert len(rows_of(other)) == len(rows_of(furnished))


def test_no_cell_is_a_formula(furnished: Path, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    run(["cases", "export", str(file), "--data-dir", str(furnished)])
    assert '"=cmd' not in file.read_text(encoding="utf-8-sig")


def test_bad_rows_are_named_and_the_rest_goes_on(
    furnished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, other = tmp_path / "cases.jsonl", tmp_path / "two"
    run(["cases", "export", str(file), "--data-dir", str(furnished)])
    text = file.read_text(encoding="utf-8-sig")
    file.write_text('{"number": "nonsense"}\n' + text, encoding="utf-8")
    assert run(["cases", "import", str(file), "--data-dir", str(other)]) == 1
    assert "第 1 行" in capsys.readouterr().err
    assert len(rows_of(other)) == len(rows_of(furnished))


@pytest.mark.parametrize(
    ("name", "content"), [("x.txt", b"x"), ("x.xlsx", b"junk"), ("x.jsonl", b"{"), ("no.csv", None)]
)
def test_bad_files_are_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert run(["cases", "import", str(tmp_path / name), "--data-dir", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.strip().count("\n") == 0
