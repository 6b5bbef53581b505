"""How work grows with its size, without asserting wall time.

    growth(work, text) -> float      processor time for the whole text over that for a quarter of it

4 where every character costs the same, 16 where each is compared with each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable

LINEAR_ENOUGH = 9.0  # half way, on the scale of ratios
_ROUNDS = 3
_LEAST = 0.001  # seconds: what is quicker than the clock is quick enough


def growth(work: Callable[[str], object], text: str) -> float:
    """Best of three each, so that a busy machine spoils neither."""

    def cost(part: str) -> float:
        best = float("inf")
        for _ in range(_ROUNDS):
            started = time.process_time()
            work(part)
            best = min(best, time.process_time() - started)
        return max(best, _LEAST)

    return cost(text) / cost(text[: len(text) // 4])
