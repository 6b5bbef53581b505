"""Processes of our own beside the one that answers.

start_processes(n, begin, *arguments, from_template=False) -> ProcessPoolExecutor
    never forked from the parent, which has threads and connections in whatever state they are:
    each started anew, or forked from a template, which did nothing but import some modules
prepare_template(modules)    have it import them while the caller does something else
begin_child(parent=None)     what every such process does first: end when its parent ends
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver
from typing import Any

TEMPLATES = "forkserver" in multiprocessing.get_all_start_methods()
_PARENT_CHECK_SECONDS = 2.0
_PR_SET_PDEATHSIG = 1  # Linux: the signal a process gets when its parent dies


def prepare_template(modules: Sequence[str]) -> None:
    """Start the process that imports ``modules`` and is forked from; does not wait for it.

    There is one for the life of this process, and it ends with it: for processes that train and
    are gone.
    """
    if TEMPLATES:
        multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))
        forkserver.ensure_running()


def start_processes(
    number: int, begin: Callable[..., None], *arguments: object, from_template: bool = False
) -> ProcessPoolExecutor:
    """A pool whose processes each call ``begin(*arguments)`` first; they start when asked for
    something. ``begin`` is a plain function of a module and calls :func:`begin_child`.

    :param from_template: forked from what :func:`prepare_template` started; the first task waits
        until that has imported
    """
    method = "forkserver" if from_template and TEMPLATES else "spawn"
    return ProcessPoolExecutor(
        number,
        mp_context=multiprocessing.get_context(method),
        initializer=begin,
        initargs=arguments,
    )


def begin_child(parent: int | None = None) -> None:
    """End this process when its parent does, also when that is killed outright; leave Ctrl-C,
    which goes to the whole group, to the parent.

    :param parent: who started it, where :mod:`multiprocessing` did not
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        libc: Any = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    def watch() -> None:
        # The signal above belongs to the thread that spawned us, and other systems lack it.
        starter = multiprocessing.parent_process()
        if starter:
            starter.join()
        else:
            while os.getppid() == parent:
                time.sleep(_PARENT_CHECK_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
