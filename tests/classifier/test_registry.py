"""Models on disk: whole or not at all, one serves, broken ones say so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from classifier import artefact as artefact_module
from classifier.artefact import read_artefact
from classifier.errors import ModelError, ModelMismatch, NoModel
from classifier.model import load_model
from classifier.registry import ModelRegistry, write_model


@pytest.fixture
def registry(small_registry: ModelRegistry, tmp_path: Path) -> ModelRegistry:
    shutil.copytree(small_registry.root, tmp_path / "models")
    return ModelRegistry(tmp_path / "models")


@pytest.fixture
def folder(registry: ModelRegistry) -> Path:
    current = registry.current()
    assert current is not None
    return current


def test_empty_registry_has_no_current(tmp_path: Path) -> None:
    registry = ModelRegistry(tmp_path / "models")
    assert registry.current() is None
    assert list(registry.list()) == []
    with pytest.raises(NoModel):
        registry.rollback()


def test_promote_and_roll_back(registry: ModelRegistry, folder: Path) -> None:
    second = registry.register(read_artefact(folder), {"accuracy": 0.5})
    assert registry.current() == folder
    registry.promote(second)
    assert registry.current() == registry.path(second)
    assert [entry.is_current for entry in registry.list()].count(True) == 1
    assert registry.rollback() == folder.name
    assert registry.current() == folder


def test_written_model_answers_the_same(registry: ModelRegistry, folder: Path) -> None:
    again = registry.path(registry.register(read_artefact(folder), {}))
    first, second = load_model(folder).tag("路灯坏了"), load_model(again).tag("路灯坏了")
    assert (first.category, first.confidence) == (second.category, second.confidence)


def test_a_failing_write_leaves_nothing(
    registry: ModelRegistry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artefact = read_artefact(folder)
    before = sorted(path.name for path in registry.root.iterdir())

    def full_disk(*args: object, **kwargs: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(artefact_module.json, "dumps", full_disk)  # the last thing written
    with pytest.raises(OSError, match="No space"):
        registry.register(artefact, {})
    assert sorted(path.name for path in registry.root.iterdir()) == before


def test_a_model_is_not_written_over_something(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.doc").touch()
    with pytest.raises(ModelError, match="not an empty folder"):
        write_model(read_artefact(folder), {}, tmp_path / "out")


@pytest.mark.parametrize("name", ["../models", "nothing", ".", ""])
def test_unknown_ids_are_refused(registry: ModelRegistry, name: str) -> None:
    with pytest.raises(ModelError, match="There is no model"):
        registry.promote(name)


def test_changed_arrays_are_noticed(folder: Path) -> None:
    with (folder / "arrays.npz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match=r"arrays\.npz is not the file that was trained"):
        read_artefact(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 99}, "has format 99, this program reads 3 to 6"),
        ({"taxonomy_hash": "0"}, "model and label list do not agree"),
        ({"tokenizer": "jieba-0.1+dict-old"}, "trained with tokenizer jieba-0.1"),
    ],
)
def test_mismatches_are_one_sentence(folder: Path, change: dict[str, object], says: str) -> None:
    path = folder / "model.json"
    meta = json.loads(path.read_text(encoding="utf-8")) | change
    path.write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(ModelMismatch, match=says):
        load_model(folder)


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", "not json"])
def test_no_readable_model(folder: Path, content: str | None) -> None:
    if content is None:
        (folder / "model.json").unlink()
    else:
        (folder / "model.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="holds no readable model"):
        load_model(folder)


def test_no_pickle_inside(folder: Path) -> None:
    """Object arrays would need pickle; loading refuses it, and we write none."""
    assert sorted(path.name for path in folder.iterdir()) == [
        "arrays.npz",
        "inputs",
        "model.json",
        "vocabulary.txt",
    ]
    assert b"sklearn" not in (folder / "arrays.npz").read_bytes()
