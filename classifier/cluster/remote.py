"""What runs on the workers: plain functions of a module, which Dask sends by name.

run_alone(program, work, *arguments) -> Any        one task at a time in a process
keep_piece(piece) -> piece; join_pieces(pieces) -> thing
tag_shard(folder, model_id, texts) -> ShardDone
pack_model(folder) -> files; unpacked again once per worker process
"""

from __future__ import annotations

import os
import pickle
import platform
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.bulk import tag_cells
from classifier.cluster.likeness import Program, check_program

if TYPE_CHECKING:
    from classifier.model import Model

_ALONE = threading.Lock()
_MODELS: dict[str, Model] = {}


@dataclass(frozen=True, slots=True)
class ShardDone:
    """``cells``: the added columns of each row; who tagged them, and in how many seconds."""

    cells: list[list[str]]
    worker: str
    seconds: float


def run_alone(program: Program, work: Callable[..., Any], *arguments: Any) -> Any:
    """Do one task as the processes of a local training do theirs.

    liblinear draws its random numbers from one place per process, and a sum over two threads is
    rounded otherwise than over one: alone and on one core, the result is the same everywhere.

    :raises ClusterUnavailable: this machine would give other results
    """
    check_program(program)
    from threadpoolctl import threadpool_limits

    with _ALONE, threadpool_limits(1):
        return work(*arguments)


def keep_piece(piece: bytes) -> bytes:
    """A part of something that was sent."""
    return piece


def join_pieces(pieces: Sequence[bytes]) -> Any:
    """The thing itself."""
    return pickle.loads(b"".join(pieces))


def pack_model(folder: Path) -> dict[str, bytes]:
    """The files of a model."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def tag_shard(files: Mapping[str, bytes], model_id: str, texts: Sequence[str]) -> ShardDone:
    """Tag some texts with the model given."""
    model = _model(files, model_id)
    started = time.perf_counter()
    cells = tag_cells(model, texts)
    return ShardDone(cells, f"{platform.node()}:{os.getpid()}", time.perf_counter() - started)


def _model(files: Mapping[str, bytes], model_id: str) -> Model:
    """Opened once: the next shard of the same model finds it here."""
    if model_id not in _MODELS:
        from classifier.model import load_model

        with tempfile.TemporaryDirectory(prefix="huying-model-") as name:
            for file, content in files.items():
                (Path(name) / Path(file).name).write_bytes(content)
            _MODELS.clear()
            _MODELS[model_id] = load_model(name)
    return _MODELS[model_id]
