"""Rows picked by chance against rows picked by ``classifier.selection``.

    compare_messages(study, seeds) -> {way: [points of each seed]}
    compare_letters(folder, seeds) -> the same on other texts

A town with a scheme of its own begins without an example. *Messages*: it has the taxonomy's
sentences and the other folds' messages without their labels; these were chosen to spread over all
topics, so chance is spread as well, and the pool is hardly larger than what is labelled. *Letters*:
2,000 letters as they came in, with seven classes of their own, and no sentences.
Each seed has texts of its own that are asked about, and a first forty drawn by chance; then a model
of what is labelled so far says which ones it would like next. Both ways train on as many rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.few_labels.report import ACTIVE, RANDOM, Point
from benchmarks.tagging.corpora import read_corpus
from classifier.calibration import Mixture, expected_calibration_error
from classifier.corpus import fit_features
from classifier.folds import assign_folds
from classifier.linear import fit_softmax, fit_voters
from classifier.reading import ReadingStore
from classifier.selection import Candidate, pick_next
from classifier.semantic_training import centre
from classifier.task_pool import MANY_ROWS, TaskPool
from classifier.tokenizer import default_tokenizer
from classifier.training_settings import feature_settings, keeps_answers, load_settings

STEPS = (40, 80, 120, 160, 200, 240, 280, 320, 400, 500)
_LETTERS = 2_000
# Of a model of the taxonomy's sentences and of words alone, as training.toml and the shipped model
# have them; the order of doubt hardly depends on it.
_SHARPNESS, _OF_WORDS = Mixture((3.9, 1.4), 0.07), Mixture((5.0,), 0.07)


def compare_messages(study: Any, seeds: int) -> dict[str, list[list[Point]]]:
    """Simulate every seed both ways, two at a time; a seed has a fold."""
    folds = int(study.folds.max()) + 1
    return compare({seed: material(study, seed % folds) for seed in range(seeds)})


def compare_letters(folder: Path, seeds: int) -> dict[str, list[list[Point]]]:
    """:raises NoData: the letters are not there"""
    corpus = read_corpus("teddy", folder)
    settings = load_settings()
    chosen = np.random.default_rng(0).permutation(len(corpus.train_texts))[:_LETTERS]
    texts = [corpus.train_texts[i] for i in chosen]
    labels = np.array([corpus.train_labels[i] for i in chosen])
    groups = [corpus.train_groups[i] or str(i) for i in chosen]
    store = ReadingStore(default_tokenizer(), keeps_answers(settings, alone=True))
    read = store.gather(texts)
    _, features = fit_features(read, **feature_settings(settings, alone=True))
    accepted = [[corpus.classes.index(label)] for label in labels]
    keys = [str(i) for i in chosen]
    folds = assign_folds(labels.tolist(), groups, seeds)
    shared = (features, None, labels, list(corpus.classes), accepted, (keys, texts))
    return compare({seed: (*shared, folds == seed, settings) for seed in range(seeds)})


def compare(materials: Mapping[int, tuple[Any, ...]]) -> dict[str, list[list[Point]]]:
    """Every seed both ways."""
    found = {}
    with TaskPool.for_rows(MANY_ROWS) as pool:
        asked = {
            way: [pool.ask(simulate, *own, way, seed) for seed, own in materials.items()]
            for way in (RANDOM, ACTIVE)
        }
        for way, tasks in asked.items():
            found[way] = [task.result() for task in tasks]
            print(way, [[round(p.accuracy, 3) for p in one] for one in found[way]], flush=True)
    return found


def material(study: Any, fold: int) -> tuple[Any, ...]:
    """What a simulation needs: sentences of the taxonomy first, then the real rows."""
    ready, start = study.prepared, len(study.prepared.rows)
    real = start + len(ready.own)
    read = ready.readings[start:]
    _, features = fit_features(read, **feature_settings(ready.settings, alone=True))
    texts = [row.text for row in ready.extra]
    keys = [row.key for row in ready.extra]
    return (
        features,
        ready.vectors[start:],
        np.concatenate([ready.labels[start:real], study.real]),
        list(ready.taxonomy.codes),
        [sorted(own) for own in study.accepted],
        (keys, texts),
        study.folds == fold,
        ready.settings,
    )


def simulate(
    features: Any,
    vectors: Any,
    labels: Any,
    codes: Sequence[str],
    accepted: Sequence[Sequence[int]],
    named: tuple[Sequence[str], Sequence[str]],
    asked: Any,
    settings: Mapping[str, Any],
    way: str,
    seed: int,
) -> list[Point]:
    """Top-1 on the fold after each step."""
    keys, texts = named
    sentences = len(labels) - len(keys)
    pool = np.flatnonzero(~asked)
    order = np.random.default_rng(seed).permutation(pool).tolist()
    place = {key: i for i, key in enumerate(keys)}
    labelled: list[int] = []
    points: list[Point] = []
    table = None
    for step in (step for step in STEPS if step <= len(pool)):
        wanted = step - len(labelled)
        if way == RANDOM or table is None:
            labelled = order[:step]
        else:
            candidates = [
                Candidate(
                    keys[i],
                    texts[i],
                    tuple((codes[j], float(table[i, j])) for j in np.argsort(-table[i])[:3]),
                )
                for i in sorted(set(pool.tolist()) - set(labelled))
            ]
            known = [texts[i] for i in labelled]
            picks = pick_next(candidates, wanted, known=known, seed=seed)
            labelled = [*labelled, *(place[pick.key] for pick in picks)]
        at = np.concatenate([np.arange(sentences), sentences + np.array(labelled)])
        table = _tell(features, vectors, labels, codes, at, settings)[sentences:]
        right = np.array([table[i].argmax() in accepted[i] for i in np.flatnonzero(asked).tolist()])
        sure = table[asked].max(axis=1).astype(np.float64)
        points.append(Point(step, float(right.mean()), expected_calibration_error(sure, right)))
    return points


def _tell(
    features: Any, vectors: Any, labels: Any, codes: Sequence[str], at: Any, settings: Any
) -> Any:
    """Probabilities of every text by a model of the rows ``at``."""
    own = settings["category"]
    words = fit_voters(
        features[at],
        labels[at],
        codes,
        C=own["C"],
        balanced=own["balanced"],
        evidence=own["evidence"],
    ).scores(features)
    if vectors is None:
        return _OF_WORDS.probabilities(words)
    mean, rows = centre(vectors[at].copy())
    every = vectors - mean
    every /= np.linalg.norm(every, axis=1, keepdims=True) + 1e-9
    said = fit_softmax(rows, labels[at], codes, C=settings["encoder"]["C"]).scores(every)
    return _SHARPNESS.probabilities(words, said)
