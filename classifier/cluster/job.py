"""The folder of a bulk job: what is done already, whoever dies.

    open_job(target, source, model_dir, text_column, *, resume=False) -> BulkJob
        a new job, or the unfinished one of this target; raises UnfinishedJob
    job.missing() -> shard numbers; job.write(number, cells); job.read(number); job.remove()

``.<target>.job`` beside the target holds ``manifest.json`` (source and its SHA-256, model and its
id, text column, size and number of shards) and one file for each finished shard, which appears
whole by a rename. Giving the same command again goes on by itself. When the source has changed,
the unfinished work is of no use, and when another model serves by now, half of the file would be
tagged by each: both are said instead of done.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.artefact import read_meta
from classifier.errors import UnfinishedJob
from classifier.shards import SHARD, Source

FORMAT = 1
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class BulkJob:
    """Made by :func:`open_job`."""

    folder: Path
    model: Path
    model_id: str
    text_column: str
    rows: int
    shard: int

    @property
    def shards(self) -> int:
        """How many there are."""
        return -(-self.rows // self.shard)

    def rows_of(self, number: int) -> int:
        """Rows of a shard."""
        return min(self.shard, self.rows - number * self.shard)

    def missing(self) -> list[int]:
        """Shards that nobody has finished."""
        return [number for number in range(self.shards) if not self._path(number).exists()]

    def write(self, number: int, cells: Sequence[Sequence[str]]) -> None:
        """Keep a finished shard."""
        partial = self._path(number).with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(cells, ensure_ascii=False), encoding="utf-8")
        partial.replace(self._path(number))

    def read(self, number: int) -> list[list[str]]:
        """The cells of a finished shard."""
        cells: list[list[str]] = json.loads(self._path(number).read_text(encoding="utf-8"))
        return cells

    def remove(self) -> None:
        """When the target is written nobody needs the shards."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.json"


def open_job(
    target: Path,
    source: Source,
    model_dir: Path,
    text_column: str,
    *,
    resume: bool = False,
    shard: int = SHARD,
) -> BulkJob:
    """:param resume: go on with the model the job was begun with, whichever serves now
    :raises UnfinishedJob: in one sentence, what stands in the way
    """
    folder = target.with_name(f".{target.name}.job")
    wanted = {
        "format": FORMAT,
        "source": str(source.path.resolve()),
        "sha256": _hash(source.path),
        "model": str(model_dir.resolve()),
        "model_id": read_meta(model_dir)["id"],
        "text_column": text_column,
        "rows": source.rows,
        "shard": shard,
    }
    begun = _read(folder)
    if begun is None:
        if resume:
            raise UnfinishedJob(f"{target}: no unfinished job is there; leave --resume out.")
        _begin(folder, wanted)
        begun = wanted
    else:
        begun = _settle(folder, begun, wanted, resume)
    return BulkJob(
        folder,
        Path(begun["model"]),
        begun["model_id"],
        text_column,
        source.rows,
        begun["shard"],
    )


def _settle(
    folder: Path, begun: dict[str, Any], wanted: dict[str, Any], resume: bool
) -> dict[str, Any]:
    """The manifest to go on with."""
    if any(begun[name] != wanted[name] for name in ("format", "sha256", "text_column", "rows")):
        raise UnfinishedJob(
            f"{folder}: an unfinished job of another file or column is there; finish it, or "
            "remove this folder to begin anew."
        )
    if begun["model_id"] == wanted["model_id"]:
        return {**begun, "model": wanted["model"]}
    if not resume:
        raise UnfinishedJob(
            f"{folder}: the job was begun with the model {begun['model_id']}, by now "
            f"{wanted['model_id']} serves; give --resume to finish it with the first, or remove "
            "this folder to begin anew."
        )
    if read_meta(Path(begun["model"]))["id"] != begun["model_id"]:
        raise UnfinishedJob(
            f"{folder}: the model {begun['model_id']} is gone; remove this folder to begin anew."
        )
    return begun


def _begin(folder: Path, manifest: dict[str, Any]) -> None:
    # What is left of a job that died before its manifest was written is of no use.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    partial = folder / f".{_MANIFEST}.{os.getpid()}"
    partial.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / _MANIFEST)


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
