"""How long to wait before trying again: doubling, bounded, with full jitter."""

from __future__ import annotations

import random

LONGEST = 300.0


def backoff(attempt: int, *, longest: float = LONGEST, chance: float | None = None) -> float:
    """Seconds before attempt ``attempt + 1``. ``chance`` in 0…1 replaces the dice in tests.

    Full jitter spreads the many senders that one outage made wait together.
    """
    most = min(longest, float(2 ** min(attempt, 16)))
    return most * (random.random() if chance is None else chance)
