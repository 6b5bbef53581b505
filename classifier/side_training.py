"""Learning request type and urgency.

SideTrainer.ask(queue, rows, readings, features, settings) -> SideTrainer
SideTrainer.combine(spared, asked, pool) -> FittedSideHeads        when the queue is through
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.artefact import ModelArtefact
from classifier.examples import Example
from classifier.fit_queue import FitQueue, Judging
from classifier.folds import assign_folds
from classifier.linear import Linear, fit_margins, fit_softmax
from classifier.neighbour_training import NeighbourTrainer
from classifier.reading import TextReading
from classifier.side_heads import (
    SideHead,
    TypeVotes,
    UrgencyVote,
    critical_bound,
    encode_cues,
    list_cues,
)
from classifier.tag import REQUEST_TYPES, URGENCIES
from classifier.task_pool import TaskPool
from classifier.vote_training import fit_type_votes, fit_urgency_vote

_VOTERS_FOLD = 0  # one fold is rows enough for the sixty weights of a vote
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FittedSideHeads:
    """``lexical``: (features, request types + urgencies), to stand beside the category weights."""

    lexical: FloatArray
    cue_names: tuple[str, ...]
    request_type: SideHead
    type_votes: TypeVotes | None
    urgency: SideHead
    urgency_vote: UrgencyVote | None
    critical_from: float


@dataclass(frozen=True)
class SideTrainer:
    """Models under way, fitted on the rows that carry both labels."""

    keep: npt.NDArray[np.int64]  # where those rows stand
    cue_names: tuple[str, ...]
    width: int  # lexical features before the cues
    types: npt.NDArray[np.str_]
    urgencies: npt.NDArray[np.str_]
    type_model: Judging
    sentence_model: Judging | None
    urgency_model: Judging
    settings: dict[str, Any]
    before: ModelArtefact | None

    @classmethod
    def ask(
        cls,
        queue: FitQueue,
        rows: Sequence[Example],
        readings: Sequence[TextReading],
        features: Any,
        settings: dict[str, Any],
        *,
        sentences: FloatArray | None = None,
        before: ModelArtefact | None = None,
    ) -> SideTrainer:
        """Ask the queue for all models; ``readings`` and ``features`` run beside ``rows``.

        :param sentences: centred vectors of the first rows; used where all labelled rows have one
        :param before: an earlier model whose votes and bound spare finding them anew
        """
        from scipy.sparse import csr_matrix, hstack

        keep = np.array([i for i, row in enumerate(rows) if row.request_type and row.urgency])
        rows = [rows[i] for i in keep]
        cues = [readings[i].cues for i in keep]
        names = list_cues(cues)
        fired = csr_matrix(encode_cues(cues, names) * np.float32(settings["side"]["cue_scale"]))
        X = hstack([features[keep], fired], format="csr")
        fit = partial(fit_margins, C=settings["side"]["C"], balanced=settings["side"]["balanced"])
        types = np.array([row.request_type for row in rows])
        urgencies = np.array([row.urgency for row in rows])
        groups = [row.group or row.key for row in rows]
        judge_types = partial(
            queue.judge,
            labels=types,
            classes=REQUEST_TYPES,
            folds=assign_folds(types.tolist(), groups),
            anew=() if before else (_VOTERS_FOLD,),
        )
        sentence_model = None
        if sentences is not None and keep.max(initial=0) < len(sentences):
            part = before.semantic if before else None
            sentence_model = judge_types(
                partial(fit_softmax, C=settings["side"]["sentence_C"]),
                sentences[keep],
                start=Linear(part.type_weights, part.type_bias)
                if part and part.type_bias.size
                else None,
            )
        return cls(
            keep=keep,
            cue_names=names,
            width=features.shape[1],
            types=types,
            urgencies=urgencies,
            type_model=judge_types(fit, X),
            sentence_model=sentence_model,
            urgency_model=queue.judge(
                fit,
                X,
                urgencies,
                URGENCIES,
                assign_folds(urgencies.tolist(), groups),
                anew=() if before else None,
            ),
            settings=settings,
            before=before,
        )

    def sentence_types(self) -> Linear | None:
        """What the sentences' vectors say of the type, where that was learnt."""
        return self.sentence_model.model() if self.sentence_model else None

    def judged_critical(
        self,
        rows: int,
        fitted: FittedSideHeads,
        near: NeighbourTrainer | None,
        unsure: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.int8]:
        """For each of the first ``rows``: 1 critical by what was learnt, 0 not, -1 not judged.

        :param unsure: where the encoder is asked for the category's sake
        """
        verdicts = np.full(rows, -1, dtype=np.int8)
        words = self.urgency_model.held_out()
        known = ~np.isnan(words[:, 0]) & (self.keep < rows)
        words, places = words[known], self.keep[known]
        critical = words[:, URGENCIES.index("critical")] >= fitted.critical_from
        if fitted.urgency_vote and near:
            told = near.urgencies()[places]
            asked = unsure[places] | fitted.urgency_vote.worth_asking(words)
            critical |= asked & fitted.urgency_vote.finds_critical(words, told)
        verdicts[places] = critical
        return verdicts

    def combine(
        self,
        spared: FloatArray,
        asked: FloatArray | None,
        near: NeighbourTrainer | None,
        pool: TaskPool,
    ) -> FittedSideHeads:
        """The heads, the votes, and the score from which a text is critical.

        :param spared: out-of-fold probabilities of the categories, one row per row of the
            training, NaN where not judged: by the words alone; ``asked``: with the encoder
        :param near: neighbours of the same rows, where there is an encoder
        """
        by_type, by_urgency = self.type_model.model(), self.urgency_model.model()
        scale = np.float32(self.settings["side"]["cue_scale"])

        def head(values: tuple[str, ...], model: Linear) -> SideHead:
            return SideHead(values, model.weights[self.width :] * scale, model.bias)

        return FittedSideHeads(
            lexical=np.hstack([by_type.weights[: self.width], by_urgency.weights[: self.width]]),
            cue_names=self.cue_names,
            request_type=head(REQUEST_TYPES, by_type),
            urgency=head(URGENCIES, by_urgency),
            **(self._taken_over() if self.before else self._vote(spared, asked, near, pool)),
        )

    def _taken_over(self) -> dict[str, Any]:
        names = ("type_votes", "urgency_vote", "critical_from")
        return {name: getattr(self.before, name) for name in names}

    def _vote(
        self,
        spared: FloatArray,
        asked: FloatArray | None,
        near: NeighbourTrainer | None,
        pool: TaskPool,
    ) -> dict[str, Any]:
        critical = self.settings["critical"]
        words = self.urgency_model.held_out()
        found: dict[str, Any] = {"type_votes": None, "urgency_vote": None}
        found["critical_from"] = critical_bound(
            words[:, URGENCIES.index("critical")],
            self.urgencies == "critical",
            critical["false_alarms"],
        )
        if self.keep.max(initial=0) >= len(spared):
            return found  # borrowed rows: of other categories, and with other neighbours
        C = self.settings["side"]["vote_C"]
        by_words = [self.type_model.held_out(), spared[self.keep]]
        with_encoder = None
        if self.sentence_model and asked is not None and near:
            sentences, kin = self.sentence_model.held_out(), near.types()[self.keep]
            with_encoder = [by_words[0], sentences, kin, asked[self.keep]]
            told = near.urgencies()[self.keep]
            found["urgency_vote"] = fit_urgency_vote(words, told, self.urgencies, critical, C, pool)
        found["type_votes"] = fit_type_votes(by_words, with_encoder, self.types, C, pool)
        return found
