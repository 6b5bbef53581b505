"""From kept scores to figures, with probabilities as a training fits them.

measure(study, base, size, picked, seed, weight) -> [Figures]      one for each strength
"""

from __future__ import annotations

import pickle
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
    lexical = np.zeros((len(study.folds), width), np.float32)
    encoded = None if study.prepared.vectors is None else np.zeros_like(lexical)
    for cell in cells:
        told = pickle.loads((study.kept / cell.name).read_bytes())
        lexical[study.folds == cell.fold] = told[0]
        if encoded is not None:
            encoded[study.folds == cell.fold] = told[1]
    rows = study.count(size)
    return study.score(calibrate(study, base, lexical, encoded, rows), rows)


def calibrate(
    study: Study, base: str, lexical: Table, encoded: Table | None, rows: int
) -> list[Table]:
    """Probabilities as a training fits them: on held-out scores of shipped and real rows.

    For each fold, on the shipped rows and ``rows`` real ones of the other folds; the real ones
    were scored by models that had not seen them. Shipped rows count where all are trained on;
    beside a tenth every real row of the other folds stands in for their held-out scores.
    """
    codes, settings = study.prepared.taxonomy.codes, study.prepared.settings
    real = np.array([codes.index(own) for own in study.real])
    kept, truth = study.shipped.held_out, study.shipped_truth
    scores = [lexical] if encoded is None else [lexical, encoded]
    stored = [kept.lexical.astype(np.float32), kept.encoded.astype(np.float32)]
    humble = calibration_for(rows if base == SHIPPED else 0, settings)
    tables = [np.zeros_like(lexical) for _ in scores]
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
        tables[0][mine] = alone.probabilities(lexical[mine])
        if encoded is not None:
            both = fit_mixture(parts, answers, weights).humbled(**humble)
            bound = cheapest_bound(
                alone.probabilities(parts[0]),
                both.probabilities(*parts),
                answers,
                settings["cascade"]["allowed_loss"],
            )
            told = both.probabilities(lexical[mine], encoded[mine])
            tables[1][mine] = spare(tables[0][mine], told, bound)
    return tables
