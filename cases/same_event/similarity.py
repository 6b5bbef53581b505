"""How alike are two sets of character pairs, the telling ones counting more.

weigh(pairs) -> float                   what they tell together
share_of(mine, theirs) -> float         common weight, by the weight of both together
inside(mine, theirs) -> float           common weight, by the weight of the one that says less
"""

from __future__ import annotations

from functools import lru_cache

from cases.same_event.rules import pair_weight


@lru_cache(maxsize=8192)
def weigh(pairs: frozenset[str]) -> float:
    """The sum of the weights."""
    return sum(map(pair_weight, pairs))


def share_of(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """0 for nothing in common, 1 for the same words."""
    common = sum(map(pair_weight, mine & theirs))
    together = weigh(mine) + weigh(theirs) - common
    return common / together if together else 0.0


def inside(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """How much of the shorter one the other says too."""
    least = min(weigh(mine), weigh(theirs))
    return sum(map(pair_weight, mine & theirs)) / least if least else 0.0
