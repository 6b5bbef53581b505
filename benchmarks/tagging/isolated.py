"""Runs a function in a process of its own and says how much memory that took.

    run_apart(function, *arguments) -> (result, peak MB of the whole process)

A fresh process each time: what one contender imports or keeps is not charged to the next.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any


def run_apart(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """``function`` and its arguments must pickle."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        result: tuple[Any, float] = pool.submit(_measure, function, arguments).result()
        return result


def peak_megabytes() -> float:
    """The most memory this process has held."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the parent a process was forked from
        lines = status.read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _measure(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, float]:
    result = function(*arguments)
    return result, peak_megabytes()
