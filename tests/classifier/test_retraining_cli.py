"""`huying train` and `huying models`: the same examination from the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.registry import ModelRegistry
from classifier.retraining.record import kept_inputs
from intake_api.cli import run

Files = tuple[Path, Path]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def data(
    small_registry: ModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModelRegistry:
    shutil.copytree(small_registry.root, tmp_path / "data" / "models")
    monkeypatch.setenv("HUYING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HUYING_STRENGTH", "lexical")
    return ModelRegistry(tmp_path / "data" / "models")


def test_train_compare_card_reproduce(
    small_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The same rows twice: the second model is as good as the first, and takes its place."""
    monkeypatch.setenv("HUYING_DATA_DIR", str(tmp_path / "fresh"))
    monkeypatch.setenv("HUYING_STRENGTH", "lexical")
    data = ModelRegistry(tmp_path / "fresh" / "models")
    taxonomy, rows = small_files
    for _ in range(2):
        assert run(["train", "--data", str(rows), "--taxonomy", str(taxonomy), "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
    assert report["promoted"] and report["reasons"] == []
    first, second = data.served()[1], data.served()[0]
    assert report["model_id"] == second
    assert run(["models", "compare", second, "--against", first, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["champion"], result["challenger"]) == (first, second)
    assert result["passed"] and result["tests"][0]["n"] > 300
    assert run(["models", "card", second]) == 0
    assert capsys.readouterr().out.startswith(f"# 模型成绩单 {second}")
    assert run(["models", "reproduce", second]) == 0
    assert "完全一致" in capsys.readouterr().out


def test_a_touched_up_model_is_exit_1(data: ModelRegistry, capsys: Capture) -> None:
    model = data.served()[0]
    path = data.path(model) / "model.json"
    meta = json.loads(path.read_text())
    meta["metrics"]["accuracy"] = 1.0
    path.write_text(json.dumps(meta))
    assert run(["models", "reproduce", model]) == 1
    told = capsys.readouterr()
    assert "metrics.accuracy" in told.out
    assert told.err.strip().splitlines()[-1].startswith(model)


def test_one_model_cannot_be_compared(data: ModelRegistry, capsys: Capture) -> None:
    assert run(["models", "compare"]) == 1
    assert "Two models are needed" in capsys.readouterr().err


def test_rows_from_a_file_lose_their_personal_data(
    small_files: Files,
    data: ModelRegistry,
    write_rows: Callable[..., Path],
    capsys: Capture,
    tmp_path: Path,
) -> None:
    taxonomy, _ = small_files
    rows = [(f"第{n}盏路灯不亮，我叫王小芳，电话13800138{n:03}", "zf.light") for n in range(10)]
    rows += [(f"第{n}只狗没拴绳，请回电13900139{n:03}", "zf.dog") for n in range(10)]
    arguments = ["train", "--data", str(write_rows(rows)), "--taxonomy", str(taxonomy)]
    assert run([*arguments, "--out", str(tmp_path / "model")]) == 0
    kept = kept_inputs(tmp_path / "model").rows
    assert len(kept) == 20 and all(row.source == "import" for row in kept)
    assert not any("1380013" in row.text or "王小芳" in row.text for row in kept)
    assert "路灯不亮" in kept[0].text
