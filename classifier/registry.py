"""Where trained models live: ``<root>/<id>/`` and a ``current`` pointer.

    ModelRegistry(root: Path)            root is ``<data_dir>/models``; created when first needed
    .current() -> Path | None            folder of the serving model
    .register(artefact, metrics) -> str  writes a new model folder, returns its id; not yet serving
    .promote(id) -> None                 makes it serve (one atomic rename)
    .rollback() -> str                   back to the one that served before; returns its id
    .list() -> Sequence[ModelEntry]      newest first: id, created, strength, rows, metrics, current
    .path(id) -> Path
    write_model(artefact, metrics, folder) -> str     the same without a registry

A model folder appears under its name when it is complete: it is written under a hidden name and
renamed. ``current`` is a small text file with the id, not a symbolic link, so that a copied data
folder and every file system keep it; the line below it is the model that served before.

Light: does not import scikit-learn.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from classifier.errors import ModelError, NoModel

if TYPE_CHECKING:
    from classifier.artefact import ModelArtefact

POINTER = "current"
Ids = tuple[str, ...]
_HISTORY = 20  # how far rollback reaches


@dataclass(frozen=True)
class ModelEntry:
    """One line of ``huying models list``."""

    id: str
    created: str
    strength: str
    rows: int
    metrics: Mapping[str, Any]
    is_current: bool


@dataclass(frozen=True)
class ModelRegistry:
    """A folder of models and which of them serves."""

    root: Path

    def current(self) -> Path | None:
        """Folder of the serving model; None before the first one."""
        served = self._served()
        return self.path(served[0]) if served else None

    def path(self, model_id: str) -> Path:
        """:raises ModelError: when there is no such model."""
        folder = self.root / model_id
        # The id may come from a command line or a form: a name, never a way out of the folder.
        if Path(model_id).name != model_id or not (folder / "model.json").is_file():
            raise ModelError(f"There is no model “{model_id}”; see the list of models.")
        return folder

    def register(self, artefact: ModelArtefact, metrics: Mapping[str, Any]) -> str:
        """Write a new model folder and return its id; it does not serve yet."""
        self.root.mkdir(parents=True, exist_ok=True)
        model_id = _new_id(artefact)
        _write_whole(artefact, metrics, self.root / model_id, model_id)
        return model_id

    def promote(self, model_id: str) -> None:
        """Let a model serve from the next load on."""
        self.path(model_id)
        served = (model_id, *(known for known in self._served() if known != model_id))
        self._point(served[:_HISTORY])

    def rollback(self) -> str:
        """:raises NoModel: when no other model served before."""
        before = tuple(known for known in self._served()[1:] if (self.root / known).is_dir())
        if not before:
            raise NoModel("No earlier model is left to go back to.")
        self._point(before)
        return before[0]

    def list(self) -> Sequence[ModelEntry]:
        """Every model, newest first."""
        from classifier.artefact import read_meta

        served = self._served()
        entries = []
        for folder in sorted(self.root.glob("*/model.json"), reverse=True):
            meta = read_meta(folder.parent)
            facts = meta["facts"]
            entries.append(
                ModelEntry(
                    id=meta["id"],
                    created=facts["created"],
                    strength=meta["strength"],
                    rows=facts["rows"],
                    metrics=meta["metrics"],
                    is_current=bool(served) and served[0] == meta["id"],
                )
            )
        return entries

    def _served(self) -> Ids:
        """Ids that served, the serving one first."""
        try:
            return tuple((self.root / POINTER).read_text(encoding="utf-8").split())
        except FileNotFoundError:
            return ()

    def _point(self, served: Ids) -> None:
        partial = self.root / f".{POINTER}.{os.getpid()}"
        partial.write_text("\n".join(served) + "\n", encoding="utf-8")
        partial.replace(self.root / POINTER)


def write_model(artefact: ModelArtefact, metrics: Mapping[str, Any], folder: Path) -> str:
    """Write a model to a folder that does not exist yet or is empty.

    :raises ModelError: when something is already there
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder}: is not an empty folder; choose another one.")
    model_id = _new_id(artefact)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rmdir()
    _write_whole(artefact, metrics, folder, model_id)
    return model_id


def _new_id(artefact: ModelArtefact) -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return f"{stamp}-{artefact.strength}-{uuid4().hex[:6]}"


def _write_whole(
    artefact: ModelArtefact, metrics: Mapping[str, Any], folder: Path, model_id: str
) -> None:
    from classifier.artefact import write_artefact

    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    partial.mkdir()
    try:
        write_artefact(artefact, partial, model_id, metrics)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
