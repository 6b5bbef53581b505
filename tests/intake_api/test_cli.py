"""The command line: exit codes, one sentence on stderr, secrets on the last line."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from intake_api.cli import run
from intake_api.settings import ROWS

COMMANDS = [
    ["serve"],
    ["classify"],
    ["transcript"],
    ["train"],
    ["evaluate"],
    ["models", "list"],
    ["models", "promote"],
    ["models", "rollback"],
    ["cases", "import"],
    ["cases", "export"],
    ["users", "add"],
    ["users", "list"],
    ["tokens", "create"],
    ["tokens", "revoke"],
    ["db", "upgrade"],
    ["db", "check"],
    ["db", "backup"],
    ["db", "restore"],
    ["audit", "verify"],
]

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, named by the environment as an operator would."""
    monkeypatch.setenv("HUYING_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_every_option_a_variable(
    command: list[str], capsys: Capture
) -> None:
    assert run([*command, "--help"]) == 0
    text = capsys.readouterr().out
    options = [
        line.split()[0]
        for line in text.splitlines()
        if line.startswith("  --") and not line.startswith("  --help")
    ]
    squeezed = " ".join(text.split())
    for option in options:
        assert "HUYING_" + option[2:].upper().replace("-", "_") in squeezed
    assert len(squeezed) > 60


def test_serve_help_lists_every_setting(capsys: Capture) -> None:
    run(["serve", "--help"])
    text = capsys.readouterr().out
    for row in ROWS:
        assert row.variable in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--port", "x"],
        ["serve", "--port", "99999"],
        ["serve", "--only", "kitchen"],
        ["classify"],
        ["classify", "路灯不亮", "--in", "a.csv", "--out", "b.csv"],
        ["classify", "--in", "a.csv"],
        ["users", "add", "x"],
        ["users", "add", "x", "--role", "king"],
        ["users", "add", "x", "--role", "citizen"],
        ["tokens", "create", "x", "--role", "citizen"],
        ["evaluate"],
        ["train", "--engine", "steam"],
        ["train", "--scheduler", "tcp://127.0.0.1:1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_one_sentence(arguments: list[str], capsys: Capture) -> None:
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert error.strip().count("\n") == 0
    assert "Traceback" not in error


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("HUYING_TIMEZONE", "Mars")
    assert run(["db", "check"]) == 2
    assert "HUYING_TIMEZONE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["db", "check"],
        ["db", "backup", "/tmp/nowhere.db"],
        ["db", "restore", "/no/such/file"],
        ["models", "promote", "none"],
        ["models", "promote", "../.."],
        ["models", "rollback"],
        ["users", "add", "x", "--role", "handler"],
        ["users", "add", "x", "--role", "handler", "--unit", "nowhere"],
        ["users", "add", " ", "--role", "agent"],
        ["evaluate", "--data", "/no/such/file.csv", "--model", "none"],
        ["train", "--data", "/no/such/file.csv"],
        pytest.param(  # it waits half a minute for a cluster
            ["train", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1"],
            marks=pytest.mark.slow,
        ),
        ["models", "card", "none"],
        ["models", "compare"],
        ["models", "reproduce", "../.."],
        ["transcript", "/no/such/file"],
        ["users", "list", "--database-url", "mysql://x/y"],
        ["users", "list", "--database-url", "nonsense"],
        ["users", "list", "--database-url", "postgresql://nobody@127.0.0.1:1/none"],
    ],
    ids=" ".join,
)
def test_a_failure_is_1_and_one_sentence(arguments: list[str], data: Path, capsys: Capture) -> None:
    assert run(arguments) == 1
    error = capsys.readouterr().err
    assert error.strip()
    assert error.strip().count("\n") == 0, error
    assert "Traceback" not in error


def test_users_and_tokens_are_printed_last(data: Path, capsys: Capture) -> None:
    assert run(["users", "add", "小林", "--role", "agent"]) == 0
    assert "/setup?token=" in capsys.readouterr().out.splitlines()[-1]
    handler = ["users", "add", "小陈", "--role", "handler", "--unit", "lighting_office"]
    assert run(handler) == 0
    assert run(["tokens", "create", "pbx", "--role", "agent"]) == 0
    token = capsys.readouterr().out.splitlines()[-1]
    assert token.startswith("huying_")
    assert token not in (data / "huying.db").read_bytes().decode("latin-1")
    assert run(["users", "list"]) == 0
    assert "小陈  handler  lighting_office" in capsys.readouterr().out
    assert run(["tokens", "revoke", "pbx"]) == 0
    assert "1" in capsys.readouterr().out


def test_database_round_trip(data: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["db", "upgrade"]) == 0
    assert run(["db", "check"]) == 0
    assert run(["users", "add", "小林", "--role", "agent"]) == 0
    copy = tmp_path / "copy.db"
    assert run(["db", "backup", str(copy)]) == 0
    assert run(["db", "backup", str(copy)]) == 1  # never over another file
    assert run(["users", "add", "later", "--role", "agent"]) == 0
    assert run(["db", "restore", str(copy)]) == 0
    capsys.readouterr()
    run(["users", "list"])
    assert "later" not in capsys.readouterr().out
    assert list(data.glob("*.before-restore-*"))


def test_restore_refuses_what_is_no_backup_and_a_database_in_use(
    data: Path, tmp_path: Path, capsys: Capture
) -> None:
    run(["db", "upgrade"])
    junk = tmp_path / "junk"
    junk.write_bytes(b"junk" * 1000)
    assert run(["db", "restore", str(junk)]) == 1
    copy = tmp_path / "copy.db"
    run(["db", "backup", str(copy)])
    using = sqlite3.connect(data / "huying.db")
    using.execute("PRAGMA journal_mode=WAL")  # as the server does
    using.execute("SELECT count(*) FROM cases").fetchone()
    assert run(["db", "restore", str(copy)]) == 1
    assert "in use" in capsys.readouterr().err
    using.close()


def test_audit_names_a_line_that_was_changed(data: Path, capsys: Capture) -> None:
    import asyncio

    from cases.actors import Actor
    from cases.storage.database import Database
    from cases.testing import make_draft
    from cases.town import load_town
    from cases.use_cases.file_case import file_case
    from intake_api.accounts.keys import utc_now

    run(["users", "add", "x", "--role", "agent"])

    async def fill() -> None:
        database = Database(f"sqlite:///{data / 'huying.db'}")
        async with database.transaction() as session:
            town = await load_town(session)
            await file_case(
                session, make_draft(), actor=Actor.citizen(None), town=town, now=utc_now()
            )
        await database.close()

    asyncio.run(fill())
    assert run(["audit", "verify"]) == 0
    with sqlite3.connect(data / "huying.db") as connection:
        # The database refuses to change history; somebody with the file in hand does it anyway.
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE history SET actor_name = '别人' WHERE seq = 1")
    capsys.readouterr()
    assert run(["audit", "verify"]) == 1
    captured = capsys.readouterr()
    assert "第 1 步" in captured.out
    assert captured.err


@pytest.mark.slow
def test_train_classify_transcript_evaluate(
    data: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small label set from training to a filed transcript, all by commands."""
    taxonomy, rows = tmp_path / "taxonomy.csv", tmp_path / "rows.csv"
    taxonomy.write_text(
        "code,platform_code,platform_zh,name_zh\n"
        "zf.light,zf,综合执法,路灯照明\nzf.fume,zf,综合执法,油烟\n",
        encoding="utf-8",
    )
    lines = [f"第{i}号路灯不亮，晚上很黑,zf.light" for i in range(40)]
    lines += [f"第{i}家烧烤店油烟很大，呛人,zf.fume" for i in range(40)]
    rows.write_text("text,category\n" + "\n".join(lines) + "\n", encoding="utf-8")
    train = ["train", "--data", str(rows), "--taxonomy", str(taxonomy), "--json"]
    assert run([*train, "--out", str(tmp_path / "model")]) == 0
    assert json.loads(capsys.readouterr().out)["model_id"]
    assert run(train) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["promoted"], report["verdict"]
    assert run(["models", "list"]) == 0
    assert report["model_id"] in capsys.readouterr().out
    assert run(["classify", "朝晖路的路灯不亮", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["category"] == "zf.light"
    assert run(["classify", "朝晖路的路灯不亮"]) == 0
    assert "路灯照明" in capsys.readouterr().out
    tagged = tmp_path / "tagged.csv"
    assert run(["classify", "--in", str(rows), "--out", str(tagged)]) == 0
    assert "decision" in tagged.read_text(encoding="utf-8-sig").splitlines()[0]
    capsys.readouterr()
    assert run(["evaluate", "--data", str(rows), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 80
    call = tmp_path / "call.txt"
    call.write_text("市民：我叫王芳，朝晖路的路灯不亮，请尽快修。", encoding="gb18030")
    assert run(["transcript", str(call), "--json", "--submit"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["drafts"][0]["category"] == "zf.light"
    assert answer["cases"][0]["tracking_code"]
    assert run(["transcript", str(call)]) == 0
    assert "路灯照明" in capsys.readouterr().out
