"""How far a few hundred labels of a town's own go.

    python -m benchmarks.few_labels [--data DIR] [--folds 5] [--sizes 50 100 200] [--out docs]

Real messages with labels are cut into folds. For each fold, models are trained on the shipped
examples and the first n rows of the other folds (n = 0, 50, 100, 200, all), and on those n rows
alone, and asked about the fold; so every message is asked about once for each n, by a model that
did not see it. Then the rows are picked by ``classifier.selection`` instead of by chance. Fits are
kept in the folder for temporary files: a run that was broken off goes on. ``--out`` writes
``few_labels.md`` (between its two marks) and the pictures; it holds figures only, no text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.few_labels_picking import compare_letters, compare_messages
from benchmarks.few_labels_report import Point, Results, describe, write_report
from benchmarks.shipped_rows import KEPT, Prepared, prepare
from benchmarks.tagging.corpora import NoData, find_data
from classifier.artefact import ModelArtefact, read_artefact
from classifier.calibration import expected_calibration_error, fit_mixture
from classifier.corpus import fit_features
from classifier.examples import Example
from classifier.folds import assign_folds
from classifier.linear import fit_softmax, fit_voters
from classifier.registry import ModelRegistry
from classifier.selection import Candidate, pick_next
from classifier.semantic_training import centre, cheapest_bound
from classifier.tables import read_table
from classifier.task_pool import TaskPool
from classifier.trainer import calibration_for
from classifier.training import train_shipped

SHIPPED, ALONE = "shipped + real", "real alone"
RANDOM, ACTIVE = "random", "active"
STRENGTHS = ("lexical", "semantic")
ALL = 0  # stands for every row of the other folds
Table = np.ndarray


@dataclass(frozen=True)
class Cell:
    """One training: on what, with how many real rows, picked how, for which fold."""

    base: str
    size: int
    picked: str
    seed: int
    fold: int
    weight: float = 1.0

    @property
    def name(self) -> str:
        """Of the file its scores are kept in."""
        told = "\t".join(map(str, vars(self).values()))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Figures:
    """``accuracy``: either label counts; ``right``: per message, in the order of the file."""

    accuracy: float
    ece: float
    n: int
    rows: int  # real rows trained on
    right: np.ndarray


@dataclass
class Study:
    """The real rows, folds of them, and what was fitted already."""

    prepared: Prepared
    accepted: list[set[int]]
    folds: np.ndarray
    shipped: ModelArtefact
    kept: Path

    @cached_property
    def real(self) -> np.ndarray:
        """Labels of the real rows."""
        return np.array([row.category for row in self.prepared.extra])

    def order(self, cell: Cell) -> np.ndarray:
        """Real rows of the other folds in the order in which they are labelled."""
        others = np.flatnonzero(self.folds != cell.fold)
        if cell.picked == RANDOM:
            return np.random.default_rng(cell.seed * 100 + cell.fold).permutation(others)
        keys = {row.key: i for i, row in enumerate(self.prepared.extra)}
        table, codes = self.before, self.prepared.taxonomy.codes
        candidates = [
            Candidate(
                self.prepared.extra[i].key,
                self.prepared.extra[i].text,
                tuple((codes[j], float(table[i, j])) for j in np.argsort(-table[i])[:3]),
            )
            for i in others.tolist()
        ]
        picks = pick_next(candidates, cell.size or len(others), seed=cell.seed)
        return np.array([keys[pick.key] for pick in picks])

    @cached_property
    def before(self) -> Table:
        """What the shipped model says of each real row."""
        return self.shipped_tables[-1]

    @cached_property
    def shipped_truth(self) -> np.ndarray:
        """Place of the category of each row that the shipped model was judged on."""
        codes = self.prepared.taxonomy.codes
        place = {row.key: codes.index(row.category) for row in self.prepared.rows}
        return np.array([place[f"{key:016x}"] for key in self.shipped.held_out.keys.tolist()])

    @cached_property
    def shipped_scores(self) -> tuple[Table, Table | None]:
        """Lexical and encoder's scores of the shipped model."""
        artefact, start = self.shipped, len(self.prepared.rows) + len(self.prepared.own)
        read = self.prepared.readings[start:]
        rows = artefact.space.rows([own.words for own in read], [own.normal for own in read])
        lexical = rows.scores(artefact.weights[:, : len(artefact.taxonomy)]) + artefact.bias
        part, vectors = artefact.semantic, self.prepared.vectors
        return lexical, None if part is None else part.scores(vectors[start:])

    @cached_property
    def shipped_tables(self) -> list[Table]:
        """What the shipped model says, in each strength."""
        lexical, encoded = self.shipped_scores
        tables = [self.shipped.lexical.probabilities(lexical)]
        part = self.shipped.semantic
        if part is not None and encoded is not None:
            both = part.mixture.probabilities(lexical, encoded)
            tables.append(spare(tables[0], both, part.ask_below))
        return tables

    def score(self, tables: Sequence[Table], rows: int) -> list[Figures]:
        """Figures of all real rows, for each strength."""
        found = []
        for table in tables:
            top = table.argmax(axis=1).tolist()
            right = np.array([t in own for t, own in zip(top, self.accepted, strict=True)])
            ece = expected_calibration_error(table.max(axis=1).astype(np.float64), right)
            found.append(Figures(float(right.mean()), ece, len(right), rows, right))
        return found


def spare(alone: Table, both: Table, ask_below: float) -> Table:
    """The encoder is asked where the words alone are not sure, as in serving."""
    return np.where((alone.max(axis=1) >= ask_below)[:, None], alone, both)


def fit_cell(
    features: Any,
    vectors: Any,
    labels: Table,
    counts: Table | None,
    asked: tuple[Any, Any],
    codes: Sequence[str],
    settings: Mapping[str, Any],
) -> tuple[Table, Table | None]:
    """Scores of the texts asked about, by words and by sentences."""
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
        return lexical, None
    dense = partial(fit_softmax, C=settings["encoder"]["C"])
    return lexical, dense(vectors, labels, codes, weights=counts).scores(asked[1])


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
        [*read[:start], *(read[start + i] for i in others)], **ready.settings["features"]
    )
    sparse = space.rows(
        [read[start + i].words for i in asked], [read[start + i].normal for i in asked]
    )
    words = csr_matrix((sparse.values, sparse.columns, sparse.bounds), (len(asked), space.width))
    place = {row: start + n for n, row in enumerate(others.tolist())}
    for cell in cells:
        order = study.order(cell)[: cell.size or None]
        chosen = np.array([place[row] for row in order.tolist()], dtype=np.int64)
        first = np.arange(0 if cell.base == SHIPPED else len(ready.rows), start)
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
    rows = size or int((study.folds != 0).sum())
    return study.score(calibrate(study, base, lexical, encoded, rows), rows)


def calibrate(
    study: Study, base: str, lexical: Table, encoded: Table | None, rows: int
) -> list[Table]:
    """Probabilities as a training fits them: on held-out scores of shipped and real rows.

    For each fold, on the shipped rows and ``rows`` real ones of the other folds; the real ones
    were scored by models that had not seen them.
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
        others = study.order(Cell(base, 0, RANDOM, 0, fold))[:rows]
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


def read_real(path: Path) -> tuple[list[Example], list[tuple[str, ...]]]:
    """Rows and the labels accepted for each."""
    rows, accepted = [], []
    for _, row in read_table(path).rows:
        rows.append(Example(row["text"].strip(), row["category"].strip(), group=row["id"]))
        accepted.append(tuple(filter(None, (row["category"], row.get("category_alt", "")))))
    return rows, accepted


def open_studies(data: Path, kept: Path, *folds: int) -> list[Study]:
    """Everything that is fitted once; one study for each number of folds."""
    rows, accepted = read_real(data / "dev_labelled.csv")
    prepared = prepare(kept, rows)
    codes = prepared.taxonomy.codes
    models = ModelRegistry(kept / "models")
    folder = models.current() or models.path(train_shipped(models, strength="semantic"))
    shipped = read_artefact(folder)
    told = [prepared.settings[name] for name in ("features", "category", "encoder")]
    keys = [row.key for row in (*prepared.rows, *rows)]
    state = hashlib.sha256(json.dumps([told, keys]).encode()).hexdigest()[:12]
    return [
        Study(
            prepared,
            [{codes.index(label) for label in labels} for labels in accepted],
            assign_folds([row.category for row in rows], [row.key for row in rows], k),
            shipped,
            kept / f"few_labels-{state}-{k}",
        )
        for k in folds
    ]


def point(found: Figures, zero: Figures) -> Point:
    """What the report shows."""
    better = int((found.right & ~zero.right).sum())
    worse = int((zero.right & ~found.right).sum())
    return Point(found.rows, found.accuracy, found.ece, better, worse)


def run(
    study: Study, zero: Sequence[Figures], base: str, sizes: Sequence[int], weight: float
) -> list[dict[str, Point]]:
    """Figures for each size, by strength; fits what is missing."""
    folds = range(int(study.folds.max()) + 1)
    gather(study, [Cell(base, size, RANDOM, 0, fold, weight) for fold in folds for size in sizes])
    lines = []
    for size in sizes:
        found = measure(study, base, size, RANDOM, 0, weight)
        told = {n: point(f, z) for n, f, z in zip(STRENGTHS, found, zero, strict=True)}
        print(base, f"×{weight:g}", size or "all", told, flush=True)
        lines.append(told)
    return lines


def draw_curves(
    some: Study, most: Study, sizes: Sequence[int], weights: Sequence[float]
) -> Results:
    """Learning curves, and what the weight of a real row does.

    :param some: folds for the ``sizes``; ``most``: more folds, for as many rows as there are
    """
    weight = some.prepared.settings["town"]["fit"]
    results = Results(len(some.folds), (fold_count(some), fold_count(most)), weight)
    zero = most.score(most.shipped_tables, 0)
    start = {n: point(z, z) for n, z in zip(STRENGTHS, zero, strict=True)}
    for base, own in ((ALONE, 1.0), (SHIPPED, weight)):
        told = [start] if base == SHIPPED else []
        told += run(most, zero, base, [ALL], own)
        if sizes:
            told[-1:-1] = run(some, zero, base, sizes, own)
        results.curves[base] = {name: [one[name] for one in told] for name in STRENGTHS}
    for own in weights:
        results.weights[own] = run(some, zero, SHIPPED, [ALL], own)[0]
    return results


def fold_count(study: Study) -> int:
    """How many folds there are."""
    return int(study.folds.max()) + 1


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--folds", type=int, default=5, help="for the sizes")
    parser.add_argument("--most-folds", type=int, default=10, help="for all rows of other folds")
    parser.add_argument("--sizes", type=int, nargs="*", default=[50, 100, 200])
    parser.add_argument("--weights", type=float, nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=5, help="of picking; 0 leaves it out")
    parser.add_argument("--out", type=Path, help="folder of few_labels.md")
    options = parser.parse_args(arguments)
    try:
        data = find_data(options.data)
    except NoData as error:
        print(error)
        return
    some, most = open_studies(data, KEPT, options.folds, options.most_folds)
    results = draw_curves(some, most, options.sizes, options.weights)
    if options.seeds:
        results.picking = {
            "messages": compare_messages(some, options.seeds),
            "letters": compare_letters(data, options.seeds),
        }
    print(describe(results))
    if options.out:
        write_report(options.out, results)


if __name__ == "__main__":
    main()
