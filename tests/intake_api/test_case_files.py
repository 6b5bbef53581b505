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


#: One is two units to a spreadsheet, so that fewer of them have room in a cell.
LONG = "\U0001f6a8漏水" * 25_000


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx"])
@pytest.mark.parametrize(
    "text", [LONG, "'" * 40_000, "路灯坏了\u2028请来修\u2029今天\x85谢谢\x0b好\r\n再见", "\u2028"]
)
def test_words_come_back_as_they_were(
    furnished: Path, tmp_path: Path, suffix: str, text: str
) -> None:
    with sqlite3.connect(furnished / "huying.db") as connection:
        connection.execute("UPDATE cases SET text = ? WHERE id IN (2, 4)", (text,))
    file, other = tmp_path / f"cases.{suffix}", tmp_path / "two"
    assert run(["cases", "export", str(file), "--data-dir", str(furnished)]) == 0
    assert run(["cases", "import", str(file), "--data-dir", str(other)]) == 0
    assert rows_of(other) == rows_of(furnished)


def merge(folder: Path, child: int, parent: int) -> None:
    with sqlite3.connect(folder / "huying.db") as connection:
        connection.execute(
            "UPDATE cases SET state = 'merged', parent_id = ? WHERE id = ?", (parent, child)
        )


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx"])
def test_a_case_merged_into_a_later_one_finds_it(
    furnished: Path, tmp_path: Path, suffix: str
) -> None:
    merge(furnished, child=1, parent=5)
    file, other = tmp_path / f"cases.{suffix}", tmp_path / "two"
    assert run(["cases", "export", str(file), "--data-dir", str(furnished)]) == 0
    assert run(["cases", "import", str(file), "--data-dir", str(other)]) == 0
    assert rows_of(other) == rows_of(furnished)
    # Broken off before its second half, the import is simply run again.
    with sqlite3.connect(other / "huying.db") as connection:
        connection.execute("UPDATE cases SET parent_id = NULL")
    assert run(["cases", "import", str(file), "--data-dir", str(other)]) == 0
    assert rows_of(other) == rows_of(furnished)


def test_a_parent_that_is_nowhere_is_said(
    furnished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merge(furnished, child=1, parent=5)
    file, other = tmp_path / "cases.jsonl", tmp_path / "two"
    run(["cases", "export", str(file), "--data-dir", str(furnished)])
    lines = file.read_text(encoding="utf-8-sig").split("\n")
    del lines[4]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert run(["cases", "import", str(file), "--data-dir", str(other)]) == 0
    assert "1 件已并入别的诉求" in capsys.readouterr().err
