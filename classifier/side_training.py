"""Learning request type and urgency.

SideTrainer.ask(queue, rows, readings, features, settings) -> SideTrainer
SideTrainer.combine() -> FittedSideHeads        when the queue is through
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.examples import Example
from classifier.folds import assign_folds
from classifier.linear import FitQueue, Judging, Linear, fit_margins
from classifier.reading import TextReading
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


@dataclass(frozen=True)
class SideTrainer:
    """Two models under way, fitted on the rows that carry both labels."""

    cue_names: tuple[str, ...]
    width: int  # lexical features before the cues
    urgencies: npt.NDArray[np.str_]
    type_model: Future[Linear]
    urgency_model: Judging
    settings: dict[str, Any]
    critical_from: float | None  # known from an earlier training

    @classmethod
    def ask(
        cls,
        queue: FitQueue,
        rows: Sequence[Example],
        readings: Sequence[TextReading],
        features: Any,
        settings: dict[str, Any],
        critical_from: float | None = None,
    ) -> SideTrainer:
        """Ask the queue for both models; ``readings`` and ``features`` run beside ``rows``.

        :param critical_from: the bound of an earlier training, to spare finding it anew
        """
        from scipy.sparse import csr_matrix, hstack

        keep = [i for i, row in enumerate(rows) if row.request_type and row.urgency]
        rows = [rows[i] for i in keep]
        cues = [readings[i].cues for i in keep]
        names = list_cues(cues)
        fired = csr_matrix(encode_cues(cues, names) * np.float32(settings["side"]["cue_scale"]))
        X = hstack([features[keep], fired], format="csr")
        fit = partial(fit_margins, C=settings["side"]["C"], balanced=settings["side"]["balanced"])
        types = np.array([row.request_type for row in rows])
        urgencies = np.array([row.urgency for row in rows])
        folds = assign_folds(urgencies.tolist(), [row.group or row.key for row in rows])
        return cls(
            cue_names=names,
            width=features.shape[1],
            urgencies=urgencies,
            type_model=queue.fit(fit, X, types, REQUEST_TYPES),
            urgency_model=queue.judge(
                fit, X, urgencies, URGENCIES, folds, anew=None if critical_from is None else ()
            ),
            settings=settings,
            critical_from=critical_from,
        )

    def combine(self) -> FittedSideHeads:
        """The heads, and the score from which a text is critical."""
        by_type, by_urgency = self.type_model.result(), self.urgency_model.model()
        scale = np.float32(self.settings["side"]["cue_scale"])

        def head(values: tuple[str, ...], model: Linear) -> SideHead:
            return SideHead(values, model.weights[self.width :] * scale, model.bias)

        return FittedSideHeads(
            lexical=np.hstack([by_type.weights[: self.width], by_urgency.weights[: self.width]]),
            cue_names=self.cue_names,
            request_type=head(REQUEST_TYPES, by_type),
            urgency=head(URGENCIES, by_urgency),
            critical_from=self._bound() if self.critical_from is None else self.critical_from,
        )

    def _bound(self) -> float:
        return critical_bound(
            self.urgency_model.held_out()[:, URGENCIES.index("critical")],
            self.urgencies == "critical",
            self.settings["critical"]["false_alarms"],
        )
