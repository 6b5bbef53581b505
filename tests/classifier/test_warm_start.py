"""Training again after some new rows: what is taken over, and what never is."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier.artefact import ModelArtefact, read_artefact
from classifier.model import load_model
from classifier.registry import ModelRegistry
from classifier.testing import FakeEncoder
from classifier.training import TrainingReport, train_files

Files = tuple[Path, Path]
pytestmark = pytest.mark.slow
NEW = 6  # rows added, out of some two hundred


@pytest.fixture
def registry(small_registry: ModelRegistry, tmp_path: Path) -> ModelRegistry:
    shutil.copytree(small_registry.root, tmp_path / "models")
    return ModelRegistry(tmp_path / "models")


def add_rows(files: Files, folder: Path, count: int, shift: int = 0) -> Path:
    """The rows again and ``count`` more, each a new wording with the label of an old row."""
    rows = list(csv.DictReader(files[1].open(encoding="utf-8")))
    path = folder / f"more{count}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        for number, row in enumerate(rows[:: len(rows) // count][:count]):
            label = rows[(number * (len(rows) // count) + shift) % len(rows)]["category"]
            writer.writerow(
                row | {"text": f"昨天又来了，{row['text']}", "category": label, "group": ""}
            )
    return path


def train(files: Files, path: Path, registry: ModelRegistry, **options: object) -> TrainingReport:
    return train_files(
        [path],
        taxonomy=files[0],
        registry=registry,
        strength="lexical",
        **options,  # type: ignore[arg-type]
    )


def serving(registry: ModelRegistry) -> ModelArtefact:
    folder = registry.current()
    assert folder is not None
    return read_artefact(folder)


def test_new_rows_are_judged_and_old_scores_kept(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    before = serving(registry)
    report = train(small_files, add_rows(small_files, tmp_path, NEW), registry)
    after = read_artefact(report.path)
    assert after.facts["trained_from"] == before.facts["id"]
    old, new = before.held_out, after.held_out
    assert len(new.keys) == len(old.keys) + NEW
    assert not np.isnan(new.lexical).any()
    # Half was judged anew, the rest keeps fold and scores.
    assert 0.4 < new.anew.mean() < 0.6
    place = {key: i for i, key in enumerate(new.keys.tolist())}
    where = np.array([place[key] for key in old.keys.tolist()])
    assert np.array_equal(new.folds[where], old.folds)
    kept = ~new.anew[where]
    assert np.array_equal(new.lexical[where][kept], old.lexical[kept])
    assert not np.array_equal(new.lexical[where][~kept], old.lexical[~kept])


def test_where_the_next_fit_starts_is_kept(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    """Of both folds and of the whole; the fold not judged anew keeps what it knew."""
    before = serving(registry).held_out
    report = train(small_files, add_rows(small_files, tmp_path, NEW), registry)
    after = read_artefact(report.path).held_out
    assert before.near.shape[:3] == (3, 2, len(before.keys))
    assert after.near.shape[:3] == (3, 2, len(after.keys))
    place = {key: i for i, key in enumerate(after.keys.tolist())}
    where = np.array([place[key] for key in before.keys.tolist()])
    assert np.array_equal(after.near[1][:, where], before.near[1])
    fresh = np.setdiff1d(np.arange(len(after.keys)), where)
    assert (after.near[1][:, fresh] == 255).all()
    assert not (after.near[2][:, fresh] == 255).all()


def test_the_fold_judged_anew_takes_turns(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    path = add_rows(small_files, tmp_path, NEW)
    judged = [read_artefact(train(small_files, path, registry).path).held_out for _ in range(2)]
    turns = [set(held_out.folds[held_out.anew].tolist()) for held_out in judged]
    assert turns == [{0}, {1}]
    assert judged[0].guests.sum() > judged[1].guests.sum() == 0


def test_the_model_answers_as_the_one_from_scratch(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    path = add_rows(small_files, tmp_path, NEW)
    warm = train(small_files, path, registry)
    cold = train(small_files, path, registry, from_scratch=True)
    assert read_artefact(cold.path).facts["trained_from"] == ""
    # Both serve what all rows say; the one has looked for it among the rows of the last model.
    texts = [row["text"] for row in csv.DictReader(path.open(encoding="utf-8"))]
    first, second = (load_model(report.path).tag_many(texts) for report in (warm, cold))
    assert [tag.category for tag in first] == [tag.category for tag in second]
    assert max(abs(a.confidence - b.confidence) for a, b in zip(first, second, strict=True)) < 0.05
    assert abs(warm.metrics["accuracy"] - cold.metrics["accuracy"]) < 0.05


def test_many_new_rows_start_anew(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    report = train(small_files, add_rows(small_files, tmp_path, 60), registry)
    assert read_artefact(report.path).facts["trained_from"] == ""


def test_another_strength_starts_anew(small_files: Files, registry: ModelRegistry) -> None:
    report = train_files(
        [small_files[1]],
        taxonomy=small_files[0],
        registry=registry,
        strength="semantic",
        encoder=FakeEncoder(),
    )
    assert read_artefact(report.path).facts["trained_from"] == ""


def test_wrong_rows_are_still_stopped(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    """The gate compares on the fold judged anew: taken-over scores could not tell."""
    rows = list(csv.DictReader(small_files[1].open(encoding="utf-8")))
    codes = sorted({row["category"] for row in rows})
    path = tmp_path / "wrong.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for number, row in enumerate(rows):  # the same texts, every second one relabelled
            shift = codes.index(row["category"]) + number % 2
            writer.writerow(row | {"category": codes[shift % len(codes)]})
    report = train(small_files, path, registry)
    assert read_artefact(report.path).facts["trained_from"]
    assert not report.promoted
