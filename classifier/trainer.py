"""The training run itself: counts, vectors, linear models, calibration, thresholds.

    train_artefact(examples, own, taxonomy, *, tokenizer, vectors, side_rows, progress)
        -> (ModelArtefact, metrics)

Every probability and threshold comes from out-of-fold scores: each row is judged by a model that
saw neither the row nor its group. The taxonomy's own sentences are trained on in every fold and
never judged, they are too easy.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.artefact import HeldOut, ModelArtefact
from classifier.calibration import expected_calibration_error, fit_mixture
from classifier.decision import choose_thresholds, load_costs
from classifier.examples import Example, Examples
from classifier.features import Counts, FeatureSpace, count_terms
from classifier.folds import assign_folds
from classifier.linear import fit_and_judge, fit_margins
from classifier.normalization import normalize, shorten
from classifier.semantic_training import SemanticTrainer, SentenceVectors
from classifier.side_training import fit_side_heads
from classifier.taxonomy import Taxonomy
from classifier.tokenizer import make_tokenizer

SETTINGS = Path(__file__).parent / "rules" / "training.toml"
Progress = Callable[[str, float], None]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Judged:
    """Out-of-fold view of the category: who was judged, how."""

    rows: npt.NDArray[np.bool_]  # which rows were judged
    truth: npt.NDArray[np.int64]  # right category of the judged rows
    probabilities: FloatArray  # of the judged rows, calibrated


def train_artefact(
    examples: Examples,
    own: Sequence[Example],
    taxonomy: Taxonomy,
    *,
    tokenizer: str,
    vectors: SentenceVectors | None,
    side_rows: Sequence[Example],
    progress: Progress,
) -> tuple[ModelArtefact, dict[str, Any]]:
    """Train; ``vectors``, one per row of examples and own, make it the semantic strength.

    :returns: the artefact, and the metrics of its out-of-fold predictions
    """
    started = time.perf_counter()
    settings = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    rows = [*examples.rows, *own]
    cutter = make_tokenizer(tokenizer)
    both = [*rows, *side_rows]
    counts = _count(both, cutter, progress)
    space = FeatureSpace.fit(counts, **settings["features"])
    X = space.rows(counts[: len(rows)])
    labels = np.array([row.category for row in rows])
    folds = _folds(examples.rows, own, settings["category"]["folds"])

    progress("learning categories", 0.35)
    fit = partial(
        fit_margins, C=settings["category"]["C"], balanced=settings["category"]["balanced"]
    )
    category, held_out = fit_and_judge(fit, X, labels, taxonomy.codes, folds)
    truth = np.array([taxonomy.codes.index(label) for label in labels])
    judged = folds >= 0
    fitted = fit_mixture([held_out[judged]], truth[judged])
    lexical = fitted.humbled(**settings["calibration"])
    probabilities = lexical.probabilities(held_out[judged])

    semantic = None
    if vectors is not None:
        progress("learning from sentences", 0.6)
        mixer = SemanticTrainer(taxonomy.codes, labels, truth, folds, settings)
        semantic, probabilities = mixer.fit(vectors, held_out, lexical)

    progress("learning request type and urgency", 0.8)
    side = fit_side_heads(both, counts, space, settings)
    progress("choosing thresholds", 0.95)
    view = Judged(judged, truth[judged], probabilities)
    thresholds, metrics = _decide_thresholds(view, taxonomy)
    artefact = ModelArtefact(
        taxonomy=taxonomy,
        space=space,
        weights=np.hstack([category.weights, side.lexical]).astype(np.float16),
        bias=category.bias,
        lexical=lexical,
        cue_names=side.cue_names,
        request_type=side.request_type,
        urgency=side.urgency,
        critical_from=side.critical_from,
        thresholds=thresholds,
        tokenizer=cutter.identity,
        semantic=semantic,
        held_out=HeldOut(
            keys=np.array([int(row.key, 16) for row in examples.rows], dtype=np.uint64),
            predicted=probabilities.argmax(axis=1).astype(np.int16),
        ),
        facts={
            "rows": len(examples.rows),
            "data_hash": examples.hash,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - started, 1),
        },
    )
    progress("done", 1.0)
    return artefact, metrics


def _count(rows: Sequence[Example], cutter: Any, progress: Progress) -> list[Counts]:
    counts = []
    for number, row in enumerate(rows):
        if number % 500 == 0:
            progress("reading texts", 0.35 * number / len(rows))
        counts.append(count_terms(normalize(shorten(row.text)), cutter))
    return counts


def _folds(rows: Sequence[Example], own: Sequence[Example], k: int) -> npt.NDArray[np.int8]:
    dealt = assign_folds([row.category for row in rows], [row.group or row.key for row in rows], k)
    return np.concatenate([dealt, np.full(len(own), -1, dtype=np.int8)])


def _decide_thresholds(view: Judged, taxonomy: Taxonomy) -> tuple[dict[str, float], dict[str, Any]]:
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
