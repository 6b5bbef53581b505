"""From kept scores to figures, with probabilities as a training fits them.

measure(study, base, size, picked, seed, weight) -> [Figures]      one for each strength
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.few_labels.study import FEW, RANDOM, SHIPPED, Cell, Study, Table, spare
from classifier.calibration import fit_mixture
from classifier.semantic_training import cheapest_bound
from classifier.training_settings import calibration_for


def measure(study: Study, base: str, size: int, picked: str, seed: int, weight: float) -> Any:
    """Figures for each strength over all folds."""
    width = len(study.prepared.taxonomy)
    numbers = range(int(study.folds.max()) + 1)
    cells = [Cell(base, size, picked, seed, fold, weight) for fold in numbers]
    told = {cell.fold: pickle.loads((study.kept / cell.name).read_bytes()) for cell in cells}
    scores = [np.zeros((len(study.folds), width), np.float32) for _ in told[0]]
    for fold, tables in told.items():
        for whole, own in zip(scores, tables, strict=True):
            whole[study.folds == fold] = own
    rows = study.count(size)
    return study.score(calibrate(study, base, scores, rows), rows)


def calibrate(study: Study, base: str, scores: Sequence[Table], rows: int) -> list[Table]:
    """Probabilities as a training fits them: on held-out scores of shipped and real rows.

    :param scores: of the words; and of sentences and neighbours, where there is an encoder

    For each fold, on the shipped rows and ``rows`` real ones of the other folds; the real ones
    were scored by models that had not seen them. Shipped rows count where all are trained on;
    beside a tenth every real row of the other folds stands in for their held-out scores.
    """
    codes, settings = study.prepared.taxonomy.codes, study.prepared.settings
    real = np.array([codes.index(own) for own in study.real])
    kept, truth = study.shipped.held_out, study.shipped_truth
    told = (kept.lexical, kept.encoded, kept.neighbours)
    stored = [table.astype(np.float32) for table in told]
    humble = calibration_for(rows if base == SHIPPED else 0, settings)
    tables = [np.zeros_like(scores[0]) for _ in ("lexical", "semantic")[: len(scores)]]
    for fold in range(int(study.folds.max()) + 1):
        mine = study.folds == fold
        others = study.order(Cell(base, 0, RANDOM, 0, fold))[: None if base == FEW else rows]
        answers = real[others]
        counts = np.full(len(others), settings["town"]["calibration"])
        parts = [table[others] for table in scores]
        if base == SHIPPED:
            parts = [np.vstack(pair) for pair in zip(parts, stored, strict=False)]
            answers = np.concatenate([answers, truth])
            counts = np.concatenate([counts, np.ones(len(truth))])
        weights = counts.astype(np.float32)
        alone = fit_mixture(parts[:1], answers, weights).humbled(**humble)
        tables[0][mine] = alone.probabilities(scores[0][mine])
        if len(scores) > 1:
            both = fit_mixture(parts, answers, weights).humbled(**humble)
            bound = cheapest_bound(
                alone.probabilities(parts[0]),
                both.probabilities(*parts),
                answers,
                settings["cascade"]["allowed_loss"],
            )
            asked = both.probabilities(*(table[mine] for table in scores))
            tables[1][mine] = spare(tables[0][mine], asked, bound)
    return tables
