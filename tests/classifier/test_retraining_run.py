"""A retraining from inputs to a registered model: what is written, what a killed one leaves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputsError, ModelError
from classifier.registry import ModelRegistry
from classifier.retraining import report as report_module
from classifier.retraining import run as run_module
from classifier.retraining.charts import CONFUSION, COVERAGE, LEARNING, RELIABILITY
from classifier.retraining.duel import compare_registered, show_card
from classifier.retraining.model_card import read_card
from classifier.retraining.reproduction import reproduce
from classifier.retraining.run import Outcome, retrain
from classifier.retraining.texts import load_texts
from tests.classifier.retraining_rows import every, run, town_rows

Files = tuple[Path, Path]
REPORT = {"comparison.json", "card.md", "suspects.jsonl", "advice.json", "charts", "inputs"}


@pytest.fixture(scope="module")
def done(
    small_files: Files, small_registry: ModelRegistry, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Outcome, ModelRegistry, Path, list[tuple[str, float]]]:
    """One retraining on good rows; nobody changes what it made."""
    folder = tmp_path_factory.mktemp("retraining")
    shutil.copytree(small_registry.root, folder / "models")
    registry = ModelRegistry(folder / "models")
    rows, frozen = every(town_rows(0), 4)
    stages: list[tuple[str, float]] = []
    outcome = run(
        folder,
        registry,
        small_files[0],
        rows,
        frozen,
        progress=lambda stage, fraction: stages.append((stage, fraction)),
    )
    return outcome, registry, folder, stages


def ids(registry: ModelRegistry) -> list[str]:
    return sorted(entry.id for entry in registry.list())


def test_the_model_is_registered_and_does_not_serve(done, small_registry) -> None:
    outcome, registry, _, _ = done
    assert ids(registry) == sorted([*ids(small_registry), outcome.model_id])
    assert registry.served() == small_registry.served()
    assert {path.name for path in registry.path(outcome.model_id).iterdir()} >= REPORT
    assert list(registry.root.glob(".*")) == []


def test_more_good_rows_pass(done) -> None:
    outcome, registry, _, _ = done
    assert outcome.passed and outcome.reasons == ()
    frozen = outcome.comparison["tests"][0]
    assert frozen["name"] == "frozen" and frozen["n"] == 200
    assert frozen["challenger"]["accuracy"] >= frozen["champion"]["accuracy"] - 0.02
    kept = json.loads((registry.path(outcome.model_id) / "comparison.json").read_text())
    assert kept == json.loads(json.dumps(outcome.comparison))


def test_the_learning_curve_asks_every_model_todays_exam(done) -> None:
    outcome, registry, _, _ = done
    old, new = outcome.comparison["history"]
    assert (old["model"], new["model"]) == (registry.served()[0], outcome.model_id)
    assert new["labels"] == 600 and old["n"] == new["n"] == 200
    assert new["accuracy"] == outcome.comparison["tests"][0]["challenger"]["accuracy"]


def test_progress_rises_and_every_stage_has_a_name(done) -> None:
    *_, stages = done
    fractions = [fraction for _, fraction in stages]
    assert fractions == sorted(fractions) and stages[-1] == ("done", 1.0)
    assert {stage for stage, _ in stages} <= load_texts()["stages"].keys()


def test_the_card_says_what_was_measured(done) -> None:
    outcome, registry, _, _ = done
    card = read_card(registry.path(outcome.model_id))
    test = outcome.comparison["tests"][0]
    assert f"{test['challenger']['accuracy']:.1%}" in card
    assert "留作考试、没有参加训练 | 200 |" in card
    assert f"huying models reproduce {outcome.model_id}" in card
    assert "None" not in card and "{" not in card


def test_a_model_that_was_never_compared_gets_a_card_of_its_own(done) -> None:
    _, registry, _, _ = done
    first = registry.served()[0]
    with pytest.raises(ModelError, match="has no card"):
        read_card(registry.path(first))
    card = show_card(registry, first)
    assert "没有与别的模型比较" in card and f"huying models reproduce {first}" in card


def test_the_same_inputs_give_the_same_report(
    done, small_files: Files, tmp_path: Path, small_registry: ModelRegistry
) -> None:
    """Another registry without any cache: the same figures, and pictures equal byte for byte."""
    first, registry, folder, _ = done
    other = ModelRegistry(tmp_path / "models")
    current = small_registry.current()
    assert current is not None
    other.promote(other.adopt(current))
    second = retrain(folder / "in", other, tmp_path / "report")
    assert second.model_id != first.model_id
    assert without_ids(second.comparison) == without_ids(first.comparison)
    one, two = registry.path(first.model_id), other.path(second.model_id)
    for name in (CONFUSION, RELIABILITY, COVERAGE, LEARNING):
        assert (one / "charts" / name).read_bytes() == (two / "charts" / name).read_bytes()
    assert (one / "suspects.jsonl").read_bytes() == (two / "suspects.jsonl").read_bytes()


def without_ids(comparison: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(comparison, sort_keys=True)
    return json.loads(text.replace(comparison["challenger"], "new"))


def test_a_model_comes_out_again(done, tmp_path: Path) -> None:
    outcome, registry, _, _ = done
    again = reproduce(registry.path(outcome.model_id), registry)
    assert again.same and again.differences == () and again.compared > 30


def test_a_figure_that_was_touched_up_is_noticed(done, tmp_path: Path) -> None:
    outcome, registry, _, _ = done
    copy = ModelRegistry(tmp_path / "models")
    copy.adopt(registry.path(outcome.model_id))
    path = copy.path(outcome.model_id) / "model.json"
    meta = json.loads(path.read_text())
    meta["metrics"]["accuracy"] = 0.999
    path.write_text(json.dumps(meta))
    again = reproduce(copy.path(outcome.model_id), copy)
    assert (again.same, again.differences) == (False, ("metrics.accuracy",))


def test_changed_inputs_are_no_reproduction(done, tmp_path: Path) -> None:
    outcome, registry, _, _ = done
    copy = ModelRegistry(tmp_path / "models")
    copy.adopt(registry.path(outcome.model_id))
    with (copy.path(outcome.model_id) / "inputs" / "rows.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(InputsError, match=r"rows\.jsonl is not the file that was written"):
        reproduce(copy.path(outcome.model_id), copy)


def test_a_finished_run_is_not_done_again(
    done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, registry, folder, _ = done
    monkeypatch.setattr(run_module, "train_inputs", must_not_happen)
    monkeypatch.setattr(report_module, "examine", must_not_happen)
    assert retrain(folder / "in", registry, folder / "report") == outcome


def test_two_registered_models_are_compared(done) -> None:
    outcome, registry, _, _ = done
    result = compare_registered(registry, outcome.model_id, registry.served()[0])
    assert result["tests"] == outcome.comparison["tests"]


def test_a_failing_report_leaves_the_registry_alone_and_goes_on_later(
    done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, source, folder, _ = done
    registry = ModelRegistry(tmp_path / "models")
    registry.promote(registry.adopt(source.path(source.served()[0])))
    before = sorted(path.name for path in registry.root.iterdir())

    def no_paper(*given: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(report_module, "draw_charts", no_paper)
        with pytest.raises(OSError, match="No space"):
            retrain(folder / "in", registry, tmp_path / "report")
    after = sorted(path.name for path in registry.root.iterdir())
    assert [name for name in after if name != "readings.jsonl.gz"] == before
    monkeypatch.setattr(run_module, "train_inputs", must_not_happen)  # that stage was complete
    outcome = retrain(folder / "in", registry, tmp_path / "report")
    assert outcome.model_id in ids(registry)


def must_not_happen(*given: Any, **more: Any) -> Any:
    raise AssertionError("was done again")


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from classifier.registry import ModelRegistry
from classifier.retraining import report as reporting, run
inputs, models, report, moment = sys.argv[1:]
die = lambda *given, **more: os.kill(os.getpid(), signal.SIGKILL)
if moment == "copying":
    reporting.add_metrics = die
def watch(stage, fraction):
    if stage == moment:
        die()
run.retrain(Path(inputs), ModelRegistry(Path(models)), Path(report), progress=watch)
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["learning", "drawing", "copying"])
def test_a_killed_run_leaves_no_half_model_and_is_taken_up_again(
    done, tmp_path: Path, moment: str
) -> None:
    _, source, folder, _ = done
    registry = ModelRegistry(tmp_path / "models")
    registry.promote(registry.adopt(source.path(source.served()[0])))
    served, known = registry.served(), ids(registry)
    arguments = [str(folder / "in"), str(registry.root), str(tmp_path / "report"), moment]
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert (registry.served(), ids(registry)) == (served, known)
    outcome = retrain(folder / "in", registry, tmp_path / "report")
    assert ids(registry) == sorted([*known, outcome.model_id])
    assert registry.served() == served
    assert list(registry.root.glob(".*")) == []
