"""Processes of our own beside the one that answers.

start_processes(n, begin, *arguments) -> ProcessPoolExecutor
    spawned, not forked: the parent has threads and connections in whatever state they are
begin_child(parent)          what every such process does first: end when its parent ends
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

_PARENT_CHECK_SECONDS = 2.0
_PR_SET_PDEATHSIG = 1  # Linux: the signal a process gets when its parent dies


def start_processes(
    number: int, begin: Callable[..., None], *arguments: object
) -> ProcessPoolExecutor:
    """A pool whose processes each call ``begin(*arguments, parent)`` first; they start when asked
    for something. ``begin`` is a plain function of a module and calls :func:`begin_child`."""
    return ProcessPoolExecutor(
        number,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=begin,
        initargs=(*arguments, os.getpid()),
    )


def begin_child(parent: int) -> None:
    """End this process when its parent does, also when that is killed outright; leave Ctrl-C,
    which goes to the whole group, to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc: Any = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    def watch() -> None:
        # The signal above belongs to the thread that spawned us, and other systems lack it.
        while os.getppid() == parent:
            time.sleep(_PARENT_CHECK_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
