"""The fits of a study, kept in its folder: a run that was broken off goes on.

gather(study, cells)      fits what is missing
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.few_labels.study import Cell, Study, Table
from classifier.corpus import fit_features
from classifier.examples import Example
from classifier.linear import fit_softmax, fit_voters
from classifier.neighbour_training import place_labels
from classifier.neighbours import CATEGORY, Neighbours
from classifier.semantic_training import centre
from classifier.task_pool import TaskPool
from classifier.training_settings import feature_settings


def fit_cell(
    features: Any,
    vectors: Any,
    labels: Table,
    counts: Table | None,
    asked: tuple[Any, Any],
    codes: Sequence[str],
    settings: Mapping[str, Any],
) -> tuple[Table, ...]:
    """Scores of the texts asked about, by words; and by sentences and their neighbours."""
    own = settings["category"]
    lexical = fit_voters(
        features,
        labels,
        codes,
        C=own["C"],
        balanced=own["balanced"],
        evidence=own["evidence"],
        weights=counts,
    ).scores(asked[0])
    if vectors is None:
        return (lexical,)
    dense = fit_softmax(vectors, labels, codes, C=settings["encoder"]["C"], weights=counts)
    rows = [Example("", label) for label in labels.tolist()]
    near = Neighbours.keep(vectors, place_labels(rows, codes), settings["neighbours"])
    called = near.tell(near.seek(asked[1]), CATEGORY, len(codes))
    return lexical, dense.scores(asked[1]), called


def fit_fold(study: Study, cells: Sequence[Cell], pool: TaskPool) -> Iterator[tuple[Cell, Any]]:
    """Tasks for the cells of one fold that are not kept yet."""
    from scipy.sparse import csr_matrix

    ready, start = study.prepared, len(study.prepared.rows) + len(study.prepared.own)
    fold = cells[0].fold
    others = np.flatnonzero(study.folds != fold)
    asked = np.flatnonzero(study.folds == fold)
    read = ready.readings
    # Nothing of the fold is seen, not even which words occur in it.
    space, features = fit_features(
        [*read[:start], *(read[start + i] for i in others)], **feature_settings(ready.settings)
    )
    sparse = space.rows(
        [read[start + i].words for i in asked], [read[start + i].normal for i in asked]
    )
    words = csr_matrix((sparse.values, sparse.columns, sparse.bounds), (len(asked), space.width))
    place = {row: start + n for n, row in enumerate(others.tolist())}
    for cell in cells:
        order = study.order(cell)[: cell.size or None]
        chosen = np.array([place[row] for row in order.tolist()], dtype=np.int64)
        first = study.given(cell.base)
        at = np.concatenate([first, chosen])
        labels = np.concatenate([ready.labels[first], study.real[order]])
        counts = np.concatenate([np.ones(len(first)), np.full(len(order), cell.weight)])
        sentences, ask = None, None
        if ready.vectors is not None:
            trained = np.concatenate([first, start + order])
            mean, sentences = centre(ready.vectors[trained].copy())
            ask = ready.vectors[start + asked] - mean
            ask /= np.linalg.norm(ask, axis=1, keepdims=True) + 1e-9
        weights = None if cell.weight == 1 else counts.astype(np.float32)
        yield (
            cell,
            pool.ask(
                fit_cell,
                features[at],
                sentences,
                labels,
                weights,
                (words, ask),
                ready.taxonomy.codes,
                ready.settings,
            ),
        )


def gather(study: Study, cells: Sequence[Cell]) -> None:
    """Fit what is missing and keep it; the next fold is prepared while one is fitted."""
    study.kept.mkdir(parents=True, exist_ok=True)
    missing = [cell for cell in cells if not (study.kept / cell.name).exists()]
    if not missing:
        return
    with TaskPool.for_rows(len(study.prepared.rows)) as pool:
        before: list[tuple[Cell, Any]] = []
        for fold in sorted({cell.fold for cell in missing}):
            asked = list(fit_fold(study, [cell for cell in missing if cell.fold == fold], pool))
            keep(study, before)
            before = asked
        keep(study, before)


def keep(study: Study, asked: Sequence[tuple[Cell, Any]]) -> None:
    """Wait for the tasks; a file appears whole."""
    for cell, task in asked:
        half = study.kept / f".{cell.name}"
        half.write_bytes(pickle.dumps(task.result()))
        half.replace(study.kept / cell.name)
        print(f"fitted {cell}", flush=True)
