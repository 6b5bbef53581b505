"""auto, suggest or human: when a tag may dispatch a case by itself.

    choose_thresholds(...) -> dict[category, float]   from held-out predictions and the cost file
    decide(...) -> str                                for one tag

A case is dispatched without a person while that is cheaper than asking one:
``P(wrong platform) * misroute < confirm``. The threshold of a category is the lowest platform
probability from which held-out predictions kept that promise with something to spare. ``na.*``
and critical cases always see a person.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.tag import AUTO, HUMAN, SUGGEST

COSTS = Path(__file__).parent / "rules" / "decision_costs.toml"
NEVER = 1.01  # a threshold no probability reaches


@dataclass(frozen=True)
class Costs:
    """``rules/decision_costs.toml``; costs in desk confirmations, the rest probabilities."""

    misroute: float
    confirm: float
    real_error_factor: float
    suggest_from: float
    least_rows: int
    never_auto_platforms: frozenset[str]
    misroute_by_category: Mapping[str, float]

    def needed(self, category: str) -> float:
        """The share of held-out rows that must be right for dispatching to be cheaper."""
        misroute = self.misroute_by_category.get(category, self.misroute)
        return 1.0 - self.confirm / misroute / self.real_error_factor


@lru_cache(maxsize=1)
def load_costs() -> Costs:
    """Read once per process."""
    table = tomllib.loads(COSTS.read_text(encoding="utf-8"))
    table["never_auto_platforms"] = frozenset(table["never_auto_platforms"])
    return Costs(**table)


def choose_thresholds(
    predicted: Sequence[str],
    platform_confidence: npt.NDArray[np.float64],
    platform_right: npt.NDArray[np.bool_],
    categories: Sequence[str],
    platform_of: Mapping[str, str],
    costs: Costs,
) -> dict[str, float]:
    """Lowest safe platform probability per category.

    :param predicted: held-out top category per row
    :param platform_confidence: probability of its platform, shape (n,)
    :param platform_right: whether that platform was right, shape (n,)

    A category with few held-out rows takes the threshold found over all of them.
    """
    names = np.array(predicted)
    common = _lowest_safe(platform_confidence, platform_right, costs.needed(""))
    thresholds = {}
    for category in categories:
        mine = names == category
        needed = costs.needed(category)
        if platform_of[category] in costs.never_auto_platforms:
            thresholds[category] = NEVER
        elif mine.sum() < costs.least_rows:
            thresholds[category] = common
        else:
            own = _lowest_safe(platform_confidence[mine], platform_right[mine], needed)
            # Few rows can look perfect by luck: meet the common threshold half-way.
            share = mine.sum() / (mine.sum() + costs.least_rows)
            thresholds[category] = float(share * own + (1 - share) * common)
    return thresholds


def decide(
    category: str,
    platform: str,
    confidence: float,
    platform_confidence: float,
    urgency: str,
    thresholds: Mapping[str, float],
    costs: Costs,
) -> str:
    """Dispatch, suggest or leave to a person."""
    if platform in costs.never_auto_platforms:
        return HUMAN
    if urgency != "critical" and platform_confidence >= thresholds.get(category, NEVER):
        return AUTO
    return SUGGEST if confidence >= costs.suggest_from else HUMAN


def _lowest_safe(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], needed: float
) -> float:
    """The lowest confidence from which the share of right answers reaches ``needed``.

    The share is counted with half a row right and half a row wrong added, and the threshold
    itself is kept at 0.5 or more: below that another platform may be as likely.
    """
    order = np.argsort(-confidence)
    hits = np.cumsum(right[order])
    share = (hits + 0.5) / (np.arange(1, len(order) + 1) + 1.0)
    safe = np.flatnonzero(share >= needed)
    if not len(safe):
        return NEVER
    return max(float(confidence[order[safe[-1]]]), 0.5)
