"""Training on one's own files, the gate, the semantic strength with a stand-in encoder."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from classifier.artefact import read_artefact
from classifier.encodings import EncodingStore
from classifier.errors import BadExamples, ClassifierError
from classifier.model import load_model
from classifier.normalization import strip_formulas
from classifier.registry import ModelRegistry
from classifier.semantic_training import cheapest_bound
from classifier.testing import FakeEncoder
from classifier.training import train_files
from tests.classifier.conftest import CATEGORIES, train_small

Files = tuple[Path, Path]


@pytest.fixture
def registry(small_registry: ModelRegistry, tmp_path: Path) -> ModelRegistry:
    shutil.copytree(small_registry.root, tmp_path / "models")
    return ModelRegistry(tmp_path / "models")


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_first_model_serves_at_once(small_files: Files, tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    stages: list[tuple[str, float]] = []
    report = train_files(
        [small_files[1]],
        taxonomy=small_files[0],
        registry=registry,
        strength="lexical",
        progress=lambda stage, fraction: stages.append((stage, fraction)),
    )
    assert report.promoted
    assert registry.current() == report.path
    assert stages[-1] == ("done", 1.0)
    assert [fraction for _, fraction in stages] == sorted(fraction for _, fraction in stages)
    assert report.metrics["accuracy"] > 0.7


def test_training_twice_gives_the_same_model(small_files: Files, registry: ModelRegistry) -> None:
    served = registry.current()
    report = train_small(small_files, registry, from_scratch=True)
    assert served is not None
    first, second = read_artefact(served), read_artefact(report.path)
    assert np.array_equal(first.weights, second.weights)
    assert np.array_equal(first.held_out.predicted, second.held_out.predicted)
    assert report.promoted  # as good as the serving one is good enough


@pytest.mark.slow
def test_wrong_labels_do_not_get_past_the_gate(
    small_files: Files, registry: ModelRegistry, tmp_path: Path
) -> None:
    served = registry.current()
    rows = read_rows(small_files[1])
    bad = tmp_path / "bad.csv"
    with bad.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        for number, row in enumerate(rows):
            # Every second row gets the next label: learnable in part, wrong all the same.
            shift = CATEGORIES.index(row["category"]) + number % 2
            writer.writerow([row["text"], CATEGORIES[shift % len(CATEGORIES)]])
    report = train_files([bad], taxonomy=small_files[0], registry=registry, strength="lexical")
    assert not report.promoted
    assert "The serving model stays" in report.verdict
    assert registry.current() == served


def test_out_folder_touches_no_registry(small_files: Files, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    report = train_files([small_files[1]], taxonomy=small_files[0], out=out, strength="lexical")
    assert not report.promoted
    assert load_model(out).tag("路灯不亮").category == "zf.light"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_bad_rows_leave_no_model(small_files: Files, write_rows: Callable[..., Path]) -> None:
    path = write_rows([("路灯不亮", "no.such")])
    with pytest.raises(BadExamples):
        train_files([path], taxonomy=small_files[0], out=path.parent / "out", strength="lexical")
    assert not (path.parent / "out").exists()


def test_unlabelled_urgency_is_learnt_from_the_shipped_rows(
    small_files: Files, write_rows: Callable[..., Path], tmp_path: Path
) -> None:
    """A town with its own categories and no urgency column still gets its critical cases."""
    rows = [(row["text"], row["category"]) for row in read_rows(small_files[1])]
    report = train_files(
        [write_rows(rows)], taxonomy=small_files[0], out=tmp_path / "out", strength="lexical"
    )
    model = load_model(report.path)
    assert model.tag("请问养老金怎么算").request_type == "consult"
    assert model.tag("着火了快来人").urgency == "critical"


def test_semantic_strength_with_a_stand_in_encoder(small_files: Files, tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    encoder = FakeEncoder()
    report = train_files(
        [small_files[1]],
        taxonomy=small_files[0],
        registry=registry,
        strength="semantic",
        encoder=encoder,
    )
    model = load_model(report.path, encoder=encoder)
    assert "-semantic-" in model.id
    assert model.tag("路灯不亮").category == "zf.light"
    kept = EncodingStore.open(registry.root / "encodings.npz")
    assert kept.encoder == encoder.identity
    texts = [strip_formulas(row["text"]) for row in read_rows(small_files[1])]
    assert kept.missing(texts) == 0


def test_encodings_survive_a_round_trip(tmp_path: Path) -> None:
    encoder, store = FakeEncoder(), EncodingStore()
    first = store.gather(["路灯", "油烟"], encoder)
    store.save(tmp_path / "encodings.npz")
    again = EncodingStore.open(tmp_path / "encodings.npz")
    assert again.missing(["路灯", "油烟", "新"]) == 1
    assert (again.gather(["路灯", "油烟"], encoder) == first).all()
    assert abs(first - encoder.encode(["路灯", "油烟"])).max() < 0.01


def test_vectors_of_another_encoder_are_not_used(tmp_path: Path) -> None:
    store = EncodingStore()
    store.gather(["路灯"], FakeEncoder())
    other = FakeEncoder()
    other.identity = "other"
    store.gather(["油烟"], other)
    assert store.missing(["路灯"]) == 1


def test_a_broken_cache_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "encodings.npz").write_bytes(b"PK\x03\x04 broken")
    assert EncodingStore.open(tmp_path / "encodings.npz").encoder == ""


def test_cascade_bound_spares_only_what_costs_nothing() -> None:
    alone = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]], dtype=np.float32)
    both = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8]], dtype=np.float32)
    truth = np.array([0, 0, 1])  # the encoder mends the third
    assert cheapest_bound(alone, both, truth, 0.0) == pytest.approx(0.8)


@pytest.mark.parametrize("strength", ["best", ""])
def test_unknown_strength(small_files: Files, tmp_path: Path, strength: str) -> None:
    taxonomy, rows = small_files
    with pytest.raises(ClassifierError, match="use lexical or semantic"):
        train_files([rows], taxonomy=taxonomy, out=tmp_path / "x", strength=strength)
