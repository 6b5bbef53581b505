"""The walkthrough of docs/another_town.md, every command as it stands there."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from pathlib import Path

import pytest

from cases.storage.database import Database
from classifier.registry import ModelRegistry
from classifier.training import train_files
from intake_api.cli import run
from tests.categories.conftest import read_town
from tests.categories.test_mapping import LABELLED, NEW, REAL
from tests.conftest import run_apart

GUIDE = Path(__file__).parents[2] / "docs" / "another_town.md"
# The town of the walkthrough uses the shipped list until then.
SHIPPED = {"l.lamp": "zf.light", "l.tree": "zf.green", "l.food": "sj.food",
           "l.price": "sj.price", "l.noise": "zf.noise", "l.misc": "na.other"}  # fmt: skip
CHECKED = {"l.lamp": "市政设施", "l.tree": "园林绿化", "l.food": "食品安全",
           "l.price": "价格计量", "l.noise": "环境噪声", "l.misc": "其他"}  # fmt: skip


def commands_of_the_guide() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


def rewrite(source: Path, target: Path, column: str, change) -> None:
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {column: change(row[column])} for row in rows)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder as a clerk has it, where the commands are typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUYING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HUYING_STRENGTH", "lexical")
    return tmp_path


@pytest.mark.slow
def test_every_command_of_the_walkthrough_runs(desk, capsys):
    shutil.copy(NEW, desk / "scheme.csv")
    rewrite(LABELLED, desk / "labelled.csv", "category", SHIPPED.__getitem__)
    rewrite(LABELLED, desk / "checked.csv", "category", CHECKED.__getitem__)
    told = {}
    for command in commands_of_the_guide():
        if "--responsibilities" in command:
            rewrite(desk / "leads.csv", desk / "leads.csv", "lead_unit", lambda _: "works_office")
        assert run(command) == 0, (command, capsys.readouterr().err)
        told[" ".join(command[:2])] = capsys.readouterr().out
    assert [name for name in told if name.startswith("taxonomy")] == [
        "taxonomy check", "taxonomy export", "taxonomy suggest-mapping",
        "taxonomy apply-mapping", "taxonomy adopt",
    ]  # fmt: skip
    # The labels came over: five of the six categories are plain.
    mapped = {row["text"]: row["category"] for row in read(desk / "mapped.csv")}
    checked = {row["text"]: row["category"] for row in read(desk / "checked.csv")}
    right = sum(mapped.get(text) == code for text, code in checked.items())
    assert right >= 24
    assert "待定 0 个" in told["taxonomy adopt"]

    async def look():
        database = Database(f"sqlite:///{desk / 'data' / 'huying.db'}")
        town = await read_town(database)
        await database.close()
        return town

    town = run_apart(look())
    assert len(town.categories) == 7 and len(town.retired) == 53
    assert set(town.responsibilities) >= set(town.categories)


def test_the_walkthrough_can_be_done_by_hand():
    """It names no command that is not there, and no file it did not make or ask for."""
    made = {"scheme.csv", "labelled.csv", "checked.csv"}
    for command in commands_of_the_guide():
        files = [word for word in command if word.endswith(".csv")]
        given = {file for file in files if command[command.index(file) - 1] not in (
            "--out", "--undecided")}  # fmt: skip
        assert given <= made, command
        made |= set(files)


def test_refusals_are_one_sentence(desk, capsys):
    assert run(["taxonomy", "check", str(desk / "nothing.csv")]) == 1
    (desk / "bad.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    assert run(["taxonomy", "check", "bad.csv"]) == 1
    shutil.copy(NEW, desk / "scheme.csv")
    assert run(["taxonomy", "check", "scheme.csv", "--out", "scheme.csv"]) == 1
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 3 and all("Traceback" not in line for line in errors)
    assert "check the path" in errors[0] and "platform_zh" in errors[1]


@pytest.mark.slow
def test_another_towns_real_list_can_be_trained(tmp_path):
    """Twenty-five categories, two of the same name, one without a platform."""
    if not REAL.exists():
        pytest.skip("../shared/data is not there: the other town's label set is not trained")
    rows = tmp_path / "rows.csv"
    new = {"l.lamp": "城市管理", "l.tree": "综合执法.其他", "l.food": "食药安全",
           "l.price": "工商监管", "l.noise": "生态环境", "l.misc": "其他.其他"}  # fmt: skip
    rewrite(LABELLED, rows, "category", new.__getitem__)
    registry = ModelRegistry(tmp_path / "models")
    report = train_files([rows], taxonomy=REAL, registry=registry, strength="lexical")
    assert report.promoted and report.metrics["n"] == 36
