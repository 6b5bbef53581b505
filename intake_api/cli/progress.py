"""Progress on stderr: a bar for eyes, plain lines for logs.

with progress_line("training") as report: report("words", 0.3)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WIDTH = 28
QUIET_SECONDS = 5.0


@contextmanager
def progress_line(title: str) -> Iterator[Callable[[str, float], None]]:
    """``report(stage, fraction)`` redraws one line, or prints one now and then where nobody
    looks."""
    started = last = time.monotonic()
    terminal = sys.stderr.isatty()

    def report(stage: str, fraction: float) -> None:
        nonlocal last
        now = time.monotonic()
        if not terminal and fraction < 1 and now - last < QUIET_SECONDS:
            return
        last = now
        done = round(min(max(fraction, 0.0), 1.0) * WIDTH)
        bar = "█" * done + "░" * (WIDTH - done)
        text = f"{title} {bar} {fraction:4.0%} {now - started:3.0f} s  {stage}"
        print(f"\r{text:<90}" if terminal else text, end="" if terminal else "\n", file=sys.stderr)
        sys.stderr.flush()

    yield report
    if terminal:
        print(file=sys.stderr)
