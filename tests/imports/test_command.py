"""``huying import`` as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intake_api.cli import run
from tests.imports.conftest import order_rows, write_file


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUYING_DATA_DIR", str(tmp_path / "data"))


def test_a_dry_run_says_what_would_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [list(row) for row in order_rows(5)]
    path = write_file(tmp_path, "csv", rows)
    assert run(["import", str(path), "--dry-run"]) == 0
    assert "5 行：5 行可导入，0 行原已有，0 行要改；没有写入" in capsys.readouterr().out
    rows[1][2] = ""
    path = write_file(tmp_path, "xlsx", rows)
    assert run(["import", str(path), "--dry-run", "--json"]) == 1
    said = capsys.readouterr()
    [answer] = json.loads(said.out)["files"]
    assert (answer["new"], answer["refused"]) == (4, 1)
    assert answer["columns"]["text"] == "诉求内容"
    assert answer["troubles"][0]["line"] == 3 and "1 rows were left out" in said.err


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.csv", None, "没有找到文件"),
        ("a.csv", "编号\n1\n", "哪一列是诉求内容"),
        ("a.xlsx", "not a workbook", "已损坏"),
    ],
)
def test_a_bad_file_is_one_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str | None,
    sentence: str,
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert run(["import", str(path), "--dry-run"]) == 1
    said = capsys.readouterr().err
    assert sentence in said and "Traceback" not in said


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import"]) == 2
    assert run(["import", "a.csv", "--source", " "]) == 2
    capsys.readouterr()
