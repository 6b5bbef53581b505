"""Fitting the votes on request type and urgency, from what each voice said of rows held out.

fit_type_votes(by_words, with_encoder, types, C, pool) -> TypeVotes | None
fit_urgency_vote(words, neighbours, urgencies, settings, C, pool) -> UrgencyVote | None
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from classifier.calibration import softmax
from classifier.linear import fit_softmax
from classifier.side_heads import TypeVotes, UrgencyVote, Vote, critical_bound
from classifier.tag import REQUEST_TYPES, URGENCIES
from classifier.task_pool import Task, TaskPool

_LEAST_VOTERS = 500  # with fewer rows the words alone decide
_CRITICAL = URGENCIES.index("critical")
FloatArray = npt.NDArray[np.float32]
Labels = npt.NDArray[np.str_]


def fit_type_votes(
    by_words: Sequence[FloatArray],
    with_encoder: Sequence[FloatArray] | None,
    types: Labels,
    C: float,
    pool: TaskPool,
) -> TypeVotes | None:
    """None where too few rows were judged.

    :param by_words: opinions without the encoder, (n, ...) each, NaN where a row was not judged;
        ``with_encoder``: with it
    """
    opinions = [np.hstack(said) for said in (by_words, with_encoder) if said is not None]
    judged = ~np.isnan(opinions[-1]).any(axis=1)
    if judged.sum() < _LEAST_VOTERS:
        return None
    tasks = [_ask(pool, said[judged], types[judged], REQUEST_TYPES, C) for said in opinions]
    votes = [task.result() for task in tasks]
    return TypeVotes(votes[0], votes[1] if len(votes) > 1 else None)


def fit_urgency_vote(
    words: FloatArray,
    neighbours: FloatArray,
    urgencies: Labels,
    settings: Mapping[str, float],
    C: float,
    pool: TaskPool,
) -> UrgencyVote | None:
    """None where too few rows were judged, or none of them is critical.

    :param words, neighbours: (n, urgencies) each, NaN where a row was not judged
    :param settings: section ``[critical]``
    """
    judged = ~np.isnan(words).any(axis=1) & ~np.isnan(neighbours).any(axis=1)
    critical = urgencies[judged] == URGENCIES[_CRITICAL]
    if judged.sum() < _LEAST_VOTERS or not critical.any():
        return None
    both = np.hstack([words, neighbours])[judged]
    alone = _ask(pool, words[judged], urgencies[judged], URGENCIES, C)
    asked = _ask(pool, both, urgencies[judged], URGENCIES, C).result()
    likely = softmax(alone.result().scores(words[judged]))[:, _CRITICAL]
    return UrgencyVote(
        words=alone.result(),
        asked=asked,
        ask_from=float(np.quantile(likely[critical], settings["overlooked"])),
        critical_from=critical_bound(
            softmax(asked.scores(both))[:, _CRITICAL], critical, settings["with_neighbours"]
        ),
    )


def _ask(
    pool: TaskPool, said: FloatArray, labels: Labels, values: Sequence[str], C: float
) -> Task[Vote]:
    return pool.ask(_fit, said, labels, values, C)


def _fit(said: FloatArray, labels: Labels, values: Sequence[str], C: float) -> Vote:
    fitted = fit_softmax(said, labels, values, C=C)
    return Vote(fitted.weights, fitted.bias)
