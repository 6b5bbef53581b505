"""Files and folders under way: hidden until they are whole, swept when their process died.

    hidden_beside(path) -> Path       a name for what will be renamed to ``path``
    whole_folder(path)                context: a hidden folder to fill, renamed at the end
    scratch_folder(parent)            context: a hidden folder that is gone at the end
    sweep(folder)                     removes what killed processes left behind

Light: standard library only.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

_MARK = "~half~"  # in the hidden name, before machine and process
_ABANDONED_SECONDS = 24 * 3600  # what another machine was writing is given up after this


def hidden_beside(path: Path) -> Path:
    """Nobody else's name, and one that says who is writing."""
    owner = f"{socket.gethostname()}~{os.getpid()}~{uuid4().hex[:6]}"
    return path.with_name(f".{path.name}{_MARK}{owner}")


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A hidden folder to fill, renamed at the end; nothing is left when that fails."""
    partial = hidden_beside(path)
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A hidden folder for work under way, removed at the end."""
    folder = hidden_beside(parent / "scratch")
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what nobody writes any more."""
    for left in folder.glob(f".*{_MARK}*"):
        if _abandoned(left):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _abandoned(path: Path) -> bool:
    machine, process, *_ = [*path.name.rpartition(_MARK)[2].split("~"), "", ""]
    if machine == socket.gethostname() and process.isdigit():
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass  # somebody else's process: it lives
        return False
    try:
        return time.time() - path.stat().st_mtime > _ABANDONED_SECONDS
    except OSError:
        return False  # renamed this moment
