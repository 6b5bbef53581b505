"""From out-of-fold probabilities to thresholds and the figures of a model.

decide_thresholds(Judged(...), taxonomy) -> (threshold per category, metrics)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.calibration import expected_calibration_error
from classifier.decision import choose_thresholds, load_costs
from classifier.taxonomy import Taxonomy

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Judged:
    """Rows judged by a model that did not see them."""

    truth: npt.NDArray[np.int64]  # right category
    probabilities: FloatArray  # (n, categories), calibrated


def decide_thresholds(view: Judged, taxonomy: Taxonomy) -> tuple[dict[str, float], dict[str, Any]]:
    """The bound above which each category goes out without a person, and what that gives."""
    platforms = np.array([label.platform for label in taxonomy])
    top = view.probabilities.argmax(axis=1)
    right = top == view.truth
    platform_right = platforms[top] == platforms[view.truth]
    same = platforms[None, :] == platforms[top][:, None]
    sure = (view.probabilities * same).sum(axis=1).astype(np.float64)
    thresholds = choose_thresholds(
        [taxonomy.codes[i] for i in top],
        sure,
        platform_right,
        taxonomy.codes,
        {label.code: label.platform for label in taxonomy},
        load_costs(),
    )
    auto = sure >= np.array([thresholds[taxonomy.codes[i]] for i in top])
    third = np.sort(view.probabilities, axis=1)[:, -min(3, len(taxonomy))]
    chosen = view.probabilities[np.arange(len(top)), view.truth]
    metrics = {
        "n": len(top),
        "accuracy": round(float(right.mean()), 4),
        "top3": round(float((chosen >= third).mean()), 4),
        "platform_accuracy": round(float(platform_right.mean()), 4),
        "ece": round(
            expected_calibration_error(view.probabilities.max(axis=1).astype(np.float64), right), 4
        ),
        "auto": {
            "coverage": round(float(auto.mean()), 4),
            "precision": round(float(platform_right[auto].mean()), 4) if auto.any() else None,
        },
    }
    return thresholds, metrics
