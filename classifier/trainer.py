"""The training run itself: readings, vectors, linear models, calibration, thresholds.

    train_artefact(examples, own, taxonomy, *, readings, tokenizer, vectors, side_rows, before,
                   pool, progress) -> (ModelArtefact, metrics)

Every probability and threshold comes from out-of-fold scores: each row is judged by a model that
saw neither the row nor its group. The taxonomy's own sentences are trained on in every fold and
never judged, they are too easy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.artefact import HeldOut, ModelArtefact
from classifier.calibration import Mixture, fit_mixture, fit_offsets
from classifier.corpus import fit_features
from classifier.examples import Example, Examples
from classifier.fit_queue import FitQueue, Judging
from classifier.folds import assign_folds
from classifier.linear import fit_softmax
from classifier.neighbour_training import NeighbourTrainer
from classifier.reading import TextReading, rules_hash
from classifier.refitting import fit_voters_again
from classifier.semantic_training import SemanticTrainer, SentenceVectors, centre
from classifier.side_training import SideTrainer
from classifier.task_pool import TaskPool
from classifier.taxonomy import Taxonomy
from classifier.thresholds import Judged, decide_thresholds
from classifier.training_settings import (
    SETTINGS,
    calibration_for,
    feature_settings,
    keeps_answers,
    load_settings,
)
from classifier.warm_start import WarmStart, describe_likeness

Progress = Callable[[str, float], None]
FloatArray = npt.NDArray[np.float32]
_LEARNED = 0.95  # share of the whole when learning is done


def train_artefact(
    examples: Examples,
    own: Sequence[Example],
    taxonomy: Taxonomy,
    *,
    readings: Sequence[TextReading],
    tokenizer: str,
    vectors: SentenceVectors | None,
    side_rows: Sequence[Example],
    before: ModelArtefact | None,
    pool: TaskPool,
    progress: Progress,
    town: Set[str] = frozenset(),
    alone: bool = False,
    meanwhile: Callable[[], None] | None = None,
) -> tuple[ModelArtefact, dict[str, Any]]:
    """Train; ``vectors``, one per row of examples and own, make it the semantic strength.

    :param readings: one per row of examples, own and side_rows, made as :func:`keeps_answers`
        says; ``tokenizer``: who cut them
    :param before: the serving model; what it knows is taken over where nothing but rows differs
    :param town: keys of the rows that the town labelled; beside shipped ones each counts more
    :param alone: all rows are the town's
    :param meanwhile: what this process may do while others learn
    :returns: the artefact, and the metrics of its out-of-fold predictions
    """
    started = time.perf_counter()
    settings = load_settings()
    rows = [*examples.rows, *own]
    counted = feature_settings(settings, alone=alone)
    keep_answers = keeps_answers(settings, alone=alone)
    likeness = describe_likeness(
        tokenizer,
        vectors.encoder if vectors else "",
        taxonomy.hash,
        rules_hash(),
        SETTINGS.read_text(encoding="utf-8"),
        str(counted["shares"]),
        str(keep_answers),
    )
    warm = None
    if before:
        warm = WarmStart.from_model(before, likeness, examples.rows, own, readings, vectors)
    labels = np.array([row.category for row in rows])
    of_town = _of_town(examples.rows, len(own), town)
    counts = _counts(of_town, settings["town"]["calibration"])
    settings["calibration"] = calibration_for(int(of_town.sum()), settings)
    folds = warm.folds if warm else _folds(examples.rows, own, settings["category"]["folds"])

    progress("counting words", 0.0)
    queue = FitQueue(pool)
    judge = partial(
        queue.judge,
        labels=labels,
        classes=taxonomy.codes,
        folds=folds,
        anew=warm.anew if warm else None,
        weights=_counts(of_town, settings["town"]["fit"]),
    )
    # What needs only the vectors comes first: it keeps the other core busy while this one
    # counts words.
    semantic_trainer, centred = None, None
    if vectors is not None:
        mean, centred = centre(vectors.rows)
        fit = partial(fit_softmax, C=settings["encoder"]["C"])
        encoded = judge(
            fit,
            centred,
            known=warm.encoded if warm else None,
            start=warm.sentences if warm else None,
        )
        neighbours = NeighbourTrainer.ask(
            pool,
            centred,
            rows,
            taxonomy.codes,
            folds,
            settings["neighbours"],
            town=of_town,
            known=warm.neighbours if warm else None,
            anew=warm.anew if warm else None,
        )
        semantic_trainer = SemanticTrainer(vectors.encoder, mean, encoded, neighbours, settings)
    space, features = fit_features(readings, **counted)
    category = judge(
        partial(
            fit_voters_again,
            C=settings["category"]["C"],
            balanced=settings["category"]["balanced"],
            evidence=settings["category"]["evidence"],
        ),
        features[: len(rows)],
        known=warm.lexical if warm else None,
        near=warm.near if warm else None,
    )
    side_trainer = SideTrainer.ask(
        queue,
        [*rows, *side_rows],
        readings,
        features,
        settings,
        sentences=centred,
        before=before if warm else None,
    )
    if meanwhile:
        meanwhile()
    queue.follow(lambda done: progress("learning", _LEARNED * done))

    progress("choosing thresholds", _LEARNED)
    held_out, model = category.held_out(), category.model()
    truth = np.array([taxonomy.codes.index(label) for label in labels])
    judged = ~np.isnan(held_out[:, 0])
    weigh = partial(
        _weigh, truth=truth[judged], counts=_of(counts, judged), settings=settings, alone=alone
    )
    lexical = weigh([held_out[judged]])
    spared = lexical.probabilities(held_out)
    probabilities = spared[judged]
    semantic, asked = None, None
    if semantic_trainer:
        semantic, probabilities = semantic_trainer.combine(
            judged, truth, held_out, lexical, side_trainer.sentence_types(), weigh
        )
        asked = semantic.mixture.probabilities(held_out, *semantic_trainer.held_out())
    near = semantic_trainer.neighbours if semantic_trainer else None
    side = side_trainer.combine(spared, asked, near, pool)
    unsure = spared.max(axis=1) < (semantic.ask_below if semantic else 0.0)
    thresholds, metrics = decide_thresholds(Judged(truth[judged], probabilities), taxonomy)
    artefact = ModelArtefact(
        taxonomy=taxonomy,
        space=space,
        weights=np.hstack([model.weights, side.lexical]).astype(np.float16),
        bias=model.bias,
        lexical=lexical,
        cue_names=side.cue_names,
        request_type=side.request_type,
        type_votes=side.type_votes,
        urgency=side.urgency,
        urgency_vote=side.urgency_vote,
        critical_from=side.critical_from,
        thresholds=thresholds,
        tokenizer=tokenizer,
        semantic=semantic,
        held_out=_keep_for_later(
            examples.rows,
            probabilities,
            folds,
            warm,
            category,
            semantic_trainer,
            side_trainer.judged_critical(len(examples.rows), side, near, unsure),
        ),
        facts={
            "rows": len(examples.rows),
            "data_hash": examples.hash,
            "likeness": likeness,
            "trained_from": warm.trained_from if warm else "",
            "turn": warm.anew[0] if warm else -1,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - started, 1),
        },
        keep_answers=keep_answers,
    )
    progress("done", 1.0)
    return artefact, metrics


def _keep_for_later(
    rows: Sequence[Example],
    probabilities: FloatArray,
    folds: npt.NDArray[np.int8],
    warm: WarmStart | None,
    category: Judging,
    semantic: SemanticTrainer | None,
    critical: npt.NDArray[np.int8],
) -> HeldOut:
    n = len(rows)  # the rows of the taxonomy come after them and are never judged
    nothing = np.empty((0, probabilities.shape[1]), np.float16)
    encoded, neighbours = semantic.held_out() if semantic else (nothing, nothing)
    return HeldOut(
        keys=np.array([int(row.key, 16) for row in rows], dtype=np.uint64),
        predicted=probabilities.argmax(axis=1).astype(np.int16),
        anew=np.isin(folds[:n], warm.anew) if warm else np.ones(n, dtype=np.bool_),
        folds=folds[:n],
        guests=warm.guests if warm else np.zeros(n, dtype=np.bool_),
        lexical=category.held_out()[:n].astype(np.float16),
        encoded=encoded[:n].astype(np.float16),
        neighbours=neighbours[:n].astype(np.float16),
        critical=critical,
        near=category.near()[:, :, :n],
    )


def _folds(rows: Sequence[Example], own: Sequence[Example], k: int) -> npt.NDArray[np.int8]:
    dealt = assign_folds([row.category for row in rows], [row.group or row.key for row in rows], k)
    return np.concatenate([dealt, np.full(len(own), -1, dtype=np.int8)])


def _weigh(
    tables: Sequence[FloatArray],
    *,
    truth: npt.NDArray[np.int64],
    counts: npt.NDArray[np.float32] | None,
    settings: Mapping[str, Any],
    alone: bool,
) -> Mixture:
    """How scores of held-out rows become probabilities, as it will serve."""
    fitted = fit_mixture(tables, truth, counts)
    if alone:
        fitted = fit_offsets(fitted, tables, truth, **settings["offsets"])
    return fitted.humbled(**settings["calibration"])


def _of_town(rows: Sequence[Example], sentences: int, town: Set[str]) -> npt.NDArray[np.bool_]:
    """Which rows are the town's; none where all are, for then there is nothing to count against.

    :param sentences: how many of the taxonomy's come after the rows
    """
    own = np.array([row.key in town for row in rows], dtype=np.bool_)
    own &= not own.all()
    return np.concatenate([own, np.zeros(sentences, dtype=np.bool_)])


def _counts(of_town: npt.NDArray[np.bool_], times: float) -> npt.NDArray[np.float32] | None:
    """How much each row counts; None where all count the same."""
    if times == 1.0 or not of_town.any():
        return None
    return np.where(of_town, times, 1.0).astype(np.float32)


def _of(
    counts: npt.NDArray[np.float32] | None, chosen: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32] | None:
    return None if counts is None else counts[chosen]
