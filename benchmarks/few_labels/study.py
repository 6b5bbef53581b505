"""The real messages in folds, and what is known of them before anything is fitted.

open_studies(data, kept, *folds) -> [Study]      one for each number of folds
Cell(base, size, picked, seed, fold, weight)     one training
Study.order(cell), .score(tables, rows)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.shipped_rows import Prepared, prepare
from classifier.artefact import FORMAT, ModelArtefact, read_artefact, read_meta
from classifier.calibration import expected_calibration_error
from classifier.examples import Example, Examples
from classifier.folds import assign_folds
from classifier.registry import ModelRegistry
from classifier.selection import Candidate, pick_next
from classifier.tables import read_table
from classifier.training import train_shipped

SHIPPED, FEW, ALONE = "shipped + real", "a tenth of the shipped + real", "real alone"
RANDOM, ACTIVE = "random", "active"
ALL, NONE = 0, -1  # as a size: every row of the other folds, not one
_SHARE = 10  # one in so many groups of shipped rows is FEW
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

    def given(self, base: str) -> np.ndarray:
        """Places of the rows that are no real ones: shipped ones, and the taxonomy's sentences."""
        rows, sentences = self.prepared.rows, len(self.prepared.own)
        share = {SHIPPED: 1, FEW: _SHARE}.get(base)
        some = [i for i, row in enumerate(rows) if share and _number(row) % share == 0]
        return np.array([*some, *range(len(rows), len(rows) + sentences)], dtype=np.int64)

    def count(self, size: int) -> int:
        """How many real rows a size stands for, in the first fold."""
        others = int((self.folds != 0).sum())
        return {ALL: others, NONE: 0}.get(size, size)

    def order(self, cell: Cell) -> np.ndarray:
        """Real rows of the other folds in the order in which they are labelled."""
        others = np.flatnonzero(self.folds != cell.fold)
        if cell.size == NONE:
            return others[:0]
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
    def shipped_tables(self) -> list[Table]:
        """What the shipped model says of each real row, in each strength."""
        artefact, start = self.shipped, len(self.prepared.rows) + len(self.prepared.own)
        read = self.prepared.readings[start:]
        rows = artefact.space.rows([own.words for own in read], [own.normal for own in read])
        lexical = rows.scores(artefact.weights[:, : len(artefact.taxonomy)]) + artefact.bias
        tables = [artefact.lexical.probabilities(lexical)]
        part, vectors = artefact.semantic, self.prepared.vectors
        if part is not None and vectors is not None:
            said = part.judge(vectors[start:])
            both = part.mixture.probabilities(lexical, *said.categories)
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


def _number(row: Example) -> int:
    return int(hashlib.sha256((row.group or row.key).encode()).hexdigest()[:8], 16)


def spare(alone: Table, both: Table, ask_below: float) -> Table:
    """The encoder is asked where the words alone are not sure, as in serving."""
    return np.where((alone.max(axis=1) >= ask_below)[:, None], alone, both)


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
    shipped = read_artefact(find_shipped(ModelRegistry(kept / "models"), prepared))
    told = [prepared.settings[name] for name in ("features", "category", "encoder", "neighbours")]
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


def find_shipped(models: ModelRegistry, prepared: Prepared) -> Path:
    """The shipped model as this program and today's rows make it, trained where it is not kept."""
    kept = models.current()
    if kept:
        meta = read_meta(kept)
        if meta["format"] == FORMAT and meta["facts"]["data_hash"] == Examples(prepared.rows).hash:
            return kept
    return models.path(train_shipped(models, strength="semantic"))


def fold_count(study: Study) -> int:
    """How many folds there are."""
    return int(study.folds.max()) + 1
