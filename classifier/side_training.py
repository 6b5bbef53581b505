"""Learning request type and urgency.

fit_side_heads(rows, counts, space, settings) -> FittedSideHeads
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.cue_rules import read_cues
from classifier.examples import Example
from classifier.features import Counts, FeatureSpace
from classifier.folds import assign_folds
from classifier.linear import Linear, fit_and_judge, fit_margins
from classifier.side_heads import SideHead, critical_bound, encode_cues, list_cues
from classifier.tag import REQUEST_TYPES, URGENCIES

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FittedSideHeads:
    """``lexical``: (features, request types + urgencies), to stand beside the category weights."""

    lexical: FloatArray
    cue_names: tuple[str, ...]
    request_type: SideHead
    urgency: SideHead
    critical_from: float


def fit_side_heads(
    rows: Sequence[Example],
    counts: Sequence[Counts],
    space: FeatureSpace,
    settings: dict[str, Any],
) -> FittedSideHeads:
    """Learn from those rows that carry both labels; ``counts`` run beside ``rows``."""
    from scipy.sparse import csr_matrix, hstack

    keep = [i for i, row in enumerate(rows) if row.request_type and row.urgency]
    rows = [rows[i] for i in keep]
    cues = [read_cues(row.text).fired for row in rows]
    names = list_cues(cues)
    scale = np.float32(settings["side"]["cue_scale"])
    fired = csr_matrix(encode_cues(cues, names) * scale)
    X = hstack([space.rows([counts[i] for i in keep]), fired], format="csr")
    fit = partial(fit_margins, C=settings["side"]["C"], balanced=settings["side"]["balanced"])
    types = np.array([row.request_type for row in rows])
    urgencies = np.array([row.urgency for row in rows])
    folds = assign_folds(urgencies.tolist(), [row.group or row.key for row in rows])
    with ThreadPoolExecutor(1) as pool:  # beside the fits of the urgency
        type_fit = pool.submit(fit, X, types, REQUEST_TYPES)
        by_urgency, held_out = fit_and_judge(fit, X, urgencies, URGENCIES, folds)
        by_type: Linear = type_fit.result()
    width = space.width

    def head(values: tuple[str, ...], model: Linear) -> SideHead:
        return SideHead(values, model.weights[width:] * scale, model.bias)

    return FittedSideHeads(
        lexical=np.hstack([by_type.weights[:width], by_urgency.weights[:width]]),
        cue_names=names,
        request_type=head(REQUEST_TYPES, by_type),
        urgency=head(URGENCIES, by_urgency),
        critical_from=critical_bound(
            held_out[:, URGENCIES.index("critical")],
            urgencies == "critical",
            settings["critical"]["false_alarms"],
        ),
    )
