"""Third part: how training grows with the rows.

    measure_growth(folder, most) -> list[Step]
    make_rows(corpus, n) -> (texts, labels)

Real orders and letters are too few, so rows are drawn from them with replacement: each joins half
the sentences of one text with half of those of another with the same label. New rows keep
bringing new n-grams, as real ones do, and no two are the same by construction alone.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.tagging.corpora import Corpus, read_corpus
from benchmarks.tagging.isolated import run_apart

_FIRST = 5_000
_CLAUSE = re.compile(r"[^，。；！？,;!?\n]+[，。；！？,;!?\n]*")


@dataclass(frozen=True)
class Step:
    """One training run."""

    rows: int
    seconds: float
    peak: float  # MB


def measure_growth(folder: Path, most: int) -> list[Step]:
    """Train the lexical strength on 5,000 rows and, each time on ten or less times as many, up to
    ``most``.

    :raises NoData: the real orders are not there
    """
    steps = []
    for rows in list_sizes(most):
        seconds, peak = run_apart(_train, folder, rows)
        steps.append(Step(rows, seconds, peak))
        print(f"growth: {rows} rows {seconds:.0f} s {peak:.0f} MB", flush=True)
    return steps


def list_sizes(most: int) -> list[int]:
    """5k, 15k, 50k, 150k, 500k … up to ``most``."""
    sizes, factors, size = [], (3, 10 / 3), float(_FIRST)
    while round(size) < most:
        sizes.append(round(size))
        size *= factors[(len(sizes) + 1) % 2]
    return [*sizes, most]


def make_rows(corpus: Corpus, n: int) -> tuple[list[str], list[str]]:
    """``n`` texts and their labels, the same for the same ``n``."""
    draw = random.Random(n)
    by_label: dict[str, list[list[str]]] = defaultdict(list)
    for text, label in zip(corpus.train_texts, corpus.train_labels, strict=True):
        by_label[label].append(_CLAUSE.findall(text) or [text])
    labels = draw.choices(corpus.train_labels, k=n)
    return [_mix(by_label[label], draw) for label in labels], labels


def _mix(texts: Sequence[list[str]], draw: random.Random) -> str:
    parts = [draw.choice(texts) for _ in range(2)]
    halves = [draw.sample(clauses, (len(clauses) + 1) // 2) for clauses in parts]
    # A house number of its own keeps two draws of the same clauses apart.
    return "".join(halves[0] + halves[1]) + f"{draw.randrange(10**6)}号"


def _train(folder: Path, rows: int) -> float:
    from benchmarks.tagging.ours import write_rows
    from classifier.training import train_files

    corpus = read_corpus("platform", folder)
    texts, labels = make_rows(corpus, rows)
    made = replace(corpus, train_texts=texts, train_labels=labels, train_groups=[""] * rows)
    with tempfile.TemporaryDirectory() as place:
        path, taxonomy = write_rows(made, Path(place))
        del texts, labels, made
        started = time.perf_counter()
        train_files([path], taxonomy=taxonomy, out=Path(place) / "model", strength="lexical")
        return time.perf_counter() - started
