"""A small real model: eight categories, forty shipped rows each, trained once per test process."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from classifier.model import Model, load_model
from classifier.registry import ModelRegistry
from classifier.taxonomy import shipped_folder
from classifier.training import TrainingReport, train_files

CATEGORIES = (
    "zz.fire", "zz.labor", "sj.food", "zf.fume", "zf.light", "zf.dog", "bm.social_ins",
    "na.invalid",
)  # fmt: skip
ROWS_EACH = 40


@pytest.fixture(scope="session")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(taxonomy, rows) of the eight categories, cut from the shipped files."""
    folder = tmp_path_factory.mktemp("small")
    taxonomy, rows = folder / "taxonomy.csv", folder / "rows.csv"
    _copy_rows(shipped_folder() / "taxonomy.csv", taxonomy, lambda row: row["code"] in CATEGORIES)
    with rows.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        columns = ("text", "category", "request_type", "urgency", "group")
        writer.writerow(columns)
        for code in CATEGORIES:
            with (shipped_folder() / "examples" / f"{code}.csv").open(encoding="utf-8") as source:
                for row in list(csv.DictReader(source))[:ROWS_EACH]:
                    writer.writerow([row[name] for name in columns])
    return taxonomy, rows


@pytest.fixture(scope="session")
def small_registry(
    small_files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> ModelRegistry:
    """A registry whose current model is the small one; tests that change it copy it first."""
    registry = ModelRegistry(tmp_path_factory.mktemp("registry") / "models")
    train_small(small_files, registry)
    return registry


@pytest.fixture(scope="session")
def small_model(small_registry: ModelRegistry) -> Model:
    folder = small_registry.current()
    assert folder is not None
    return load_model(folder)


@pytest.fixture
def write_rows(tmp_path: Path) -> Callable[..., Path]:
    """write_rows([(text, category), …], name="rows.csv", encoding="utf-8") -> path"""

    def write(
        rows: Sequence[Sequence[str]],
        *,
        header: Sequence[str] = ("text", "category"),
        name: str = "rows.csv",
        encoding: str = "utf-8",
    ) -> Path:
        path = tmp_path / name
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return write


def train_small(
    files: tuple[Path, Path], registry: ModelRegistry, *, from_scratch: bool = False
) -> TrainingReport:
    taxonomy, rows = files
    return train_files(
        [rows],
        taxonomy=taxonomy,
        registry=registry,
        strength="lexical",
        from_scratch=from_scratch,
    )


def _copy_rows(source: Path, target: Path, keep: Callable[[dict[str, str]], bool]) -> None:
    with source.open(encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if keep(row)]
        with target.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(reader.fieldnames or ()))
            writer.writeheader()
            writer.writerows(rows)
