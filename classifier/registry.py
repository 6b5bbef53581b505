"""Where trained models live: ``<root>/<id>/`` and a ``current`` pointer.

    ModelRegistry(root: Path)            root is ``<data_dir>/models``; created when first needed
    .current() -> Path | None            folder of the serving model
    .served() -> tuple[str, ...]         ids that served, the serving one first
    .register(artefact, metrics, *, fill=None) -> str
                                         writes a new model folder, returns its id; not yet serving
    .adopt(folder, *, fill=None) -> str  the same from a complete model folder, which is copied
    .promote(id) -> None                 makes it serve (one atomic rename)
    .rollback() -> str                   back to the one that served before; returns its id
    .list() -> Sequence[ModelEntry]      newest first: id, created, strength, rows, metrics, current
    .path(id) -> Path
    .sweep() -> None                     removes what killed processes left half written
    write_model(artefact, metrics, folder, *, fill=None) -> str     without a registry

A model folder appears under its name when it is complete: it is written under a hidden name and
renamed. ``fill(folder)`` adds files to it before that. ``current`` is a small text file with the
id, not a symbolic link, so that a copied data folder and every file system keep it; the line below
it is the model that served before. A folder that cannot be read is left out of the list.

Light: does not import scikit-learn.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from classifier.errors import ModelError, NoModel
from classifier.half_written import hidden_beside, sweep, whole_folder

if TYPE_CHECKING:
    from classifier.artefact import ModelArtefact

POINTER = "current"
Ids = tuple[str, ...]
Fill = Callable[[Path], None]
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
        served = self.served()
        return self.path(served[0]) if served else None

    def path(self, model_id: str) -> Path:
        """:raises ModelError: when there is no such model."""
        folder = self.root / model_id
        # The id may come from a command line or a form: a name, never a way out of the folder.
        if Path(model_id).name != model_id or not (folder / "model.json").is_file():
            raise ModelError(f"There is no model “{model_id}”; see the list of models.")
        return folder

    def register(
        self, artefact: ModelArtefact, metrics: Mapping[str, Any], *, fill: Fill | None = None
    ) -> str:
        """Write a new model folder and return its id; it does not serve yet."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.sweep()
        model_id = _new_id(artefact)
        _write_whole(artefact, metrics, self.root / model_id, model_id, fill)
        return model_id

    def adopt(self, folder: Path, *, fill: Fill | None = None) -> str:
        """Copy a complete model folder into the registry under its own id; twice is once.

        :raises ModelError: when it holds no readable model
        """
        from classifier.artefact import read_meta

        model_id = str(read_meta(folder)["id"])
        self.root.mkdir(parents=True, exist_ok=True)
        self.sweep()
        if not (self.root / model_id).exists():
            with whole_folder(self.root / model_id) as partial:
                shutil.copytree(folder, partial, dirs_exist_ok=True)
                if fill:
                    fill(partial)
        return model_id

    def sweep(self) -> None:
        """Remove half-written folders and files whose process is gone."""
        sweep(self.root)

    def promote(self, model_id: str) -> None:
        """Let a model serve from the next load on."""
        self.path(model_id)
        served = (model_id, *(known for known in self.served() if known != model_id))
        self._point(served[:_HISTORY])

    def rollback(self) -> str:
        """:raises NoModel: when no other model served before."""
        before = tuple(known for known in self.served()[1:] if (self.root / known).is_dir())
        if not before:
            raise NoModel("No earlier model is left to go back to.")
        self._point(before)
        return before[0]

    def list(self) -> Sequence[ModelEntry]:
        """Every model, newest first."""
        from classifier.artefact import read_meta

        served = self.served()
        entries = []
        for path in sorted(self.root.glob("[!.]*/model.json"), reverse=True):
            try:
                meta = read_meta(path.parent)
                facts = meta["facts"]
            except (ModelError, KeyError):
                continue  # a broken folder must not hide the others
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

    def served(self) -> Ids:
        """Ids that served, the serving one first."""
        try:
            return tuple((self.root / POINTER).read_text(encoding="utf-8").split())
        except FileNotFoundError:
            return ()

    def _point(self, served: Ids) -> None:
        partial = hidden_beside(self.root / POINTER)
        with partial.open("w", encoding="utf-8") as file:
            file.write("\n".join(served) + "\n")
            file.flush()
            os.fsync(file.fileno())  # a power cut must not leave an empty pointer
        partial.replace(self.root / POINTER)


def write_model(
    artefact: ModelArtefact,
    metrics: Mapping[str, Any],
    folder: Path,
    *,
    fill: Fill | None = None,
) -> str:
    """Write a model to a folder that does not exist yet or is empty.

    :raises ModelError: when something is already there
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder}: is not an empty folder; choose another one.")
    model_id = _new_id(artefact)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rmdir()
    _write_whole(artefact, metrics, folder, model_id, fill)
    return model_id


def add_metrics(folder: Path, **more: Any) -> None:
    """Add figures to ``model.json`` of a folder that is still being put together."""
    path = folder / "model.json"
    meta = json.loads(path.read_text(encoding="utf-8"))
    meta["metrics"] |= more
    path.write_text(json.dumps(meta, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _new_id(artefact: ModelArtefact) -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return f"{stamp}-{artefact.strength}-{uuid4().hex[:6]}"


def _write_whole(
    artefact: ModelArtefact,
    metrics: Mapping[str, Any],
    folder: Path,
    model_id: str,
    fill: Fill | None,
) -> None:
    from classifier.artefact import write_artefact

    with whole_folder(folder) as partial:
        write_artefact(artefact, partial, model_id, metrics)
        if fill:
            fill(partial)
