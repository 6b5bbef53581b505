"""Planted wrong labels: how many of them are among the first that a person would review.

    python -m benchmarks.label_noise [--share .05] [--seed 1] [--cleanlab] [--strength lexical]

Over the shipped rows: one row in twenty with any other label; one in twenty with that of the most
similar category; one category wholly under another's label, or half of it. For each kind the
labels are learnt as a training learns them, and the rows are ranked by
``classifier.label_quality`` with and without its second witness, and by cleanlab where it is
installed (it is given the same out-of-fold probabilities). ``found`` is the share of the planted
rows among the first tenth of all rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.shipped_rows import Prepared, nearest_categories, prepare
from classifier.calibration import Mixture
from classifier.label_quality import Replaced, find_replaced, rank_suspects
from classifier.linear import fit_softmax, fit_voters
from classifier.semantic_training import centre
from classifier.task_pool import TaskPool

REVIEWED = 0.1
REPLACED = (("zf.light", "zf.green"), ("zz.labor", "sj.consumer"))


@dataclass(frozen=True)
class Planted:
    """``labels`` of rows and own; ``wrong``: which rows."""

    name: str
    labels: np.ndarray
    wrong: np.ndarray


@dataclass(frozen=True)
class Line:
    """One line of the table; ``found`` by ranking."""

    planted: Planted
    found: dict[str, float]
    replaced: list[Replaced]
    seconds: float


def plant(prepared: Prepared, share: float, seed: int) -> list[Planted]:
    """The bad files."""
    clean, n = prepared.labels, len(prepared.rows)
    codes, near = prepared.taxonomy.codes, nearest_categories(prepared)
    draw = np.random.default_rng(seed)

    def flip(name: str, other: Callable[[str], str]) -> Planted:
        at = draw.choice(n, round(share * n), replace=False)
        labels = clean.copy()
        labels[at] = [other(clean[i]) for i in at.tolist()]
        return Planted(name, labels, np.isin(np.arange(n), at))

    def replace(category: str, by: str, part: float) -> Planted:
        mine = np.flatnonzero(clean[:n] == category)
        at = draw.choice(mine, round(part * len(mine)), replace=False)
        labels = clean.copy()
        labels[at] = by
        name = f"{'all' if part == 1 else 'half'} of {category} as {by}"
        return Planted(name, labels, np.isin(np.arange(n), at))

    return [
        flip(f"{share:.0%} any label", lambda own: draw.choice([c for c in codes if c != own])),
        flip(f"{share:.0%} nearest label", lambda own: near[own]),
        *(replace(category, by, 1.0) for category, by in REPLACED),
        replace(*REPLACED[0], 0.5),
    ]


def describe(prepared: Prepared) -> np.ndarray:
    """As ``classifier.described`` does, from matrices that are there already."""
    n, own = len(prepared.rows), prepared.own
    labels, codes = np.array([row.category for row in own]), prepared.taxonomy.codes
    category, sharp = prepared.settings["category"], prepared.settings["described"]
    rows = prepared.features
    words = fit_voters(
        rows[n : n + len(own)],
        labels,
        codes,
        C=category["C"],
        balanced=category["balanced"],
        evidence=category["evidence"],
    ).scores(rows[:n])
    if prepared.vectors is None:
        return Mixture((sharp["words_alone"],), sharp["doubt"]).probabilities(words)
    _, vectors = centre(prepared.vectors[: n + len(own)])
    fitted = fit_softmax(vectors[n:], labels, codes, C=prepared.settings["encoder"]["C"])
    mixture = Mixture((sharp["words"], sharp["sentences"]), sharp["doubt"])
    return mixture.probabilities(words, fitted.scores(vectors[:n]))


def measure(
    prepared: Prepared, planted: Sequence[Planted], described: np.ndarray, peers: bool
) -> list[Line]:
    """One line for each kind of noise; prints them as they come."""
    lines, n, codes = [], len(prepared.rows), prepared.taxonomy.codes
    keys = [str(i) for i in range(n)]
    with TaskPool.for_rows(n) as pool:
        for own in planted:
            started = time.perf_counter()
            table = prepared.judge(own.labels, pool)
            labels = own.labels[:n].tolist()
            found = {}
            for name, second in (("held out", None), ("held out + described", described)):
                ranked = rank_suspects(keys, labels, table, codes, described=second)
                found[name] = share_found([int(one.key) for one in ranked], own.wrong)
            if peers:
                found |= ask_cleanlab(labels, table, codes, own.wrong)
            seconds = time.perf_counter() - started
            lines.append(Line(own, found, find_replaced(labels, described, codes), seconds))
            print(describe_line(lines[-1]), flush=True)
    return lines


def share_found(order: Sequence[int], wrong: np.ndarray) -> float:
    """Share of the wrong rows among the first tenth of all rows."""
    first = list(order)[: round(REVIEWED * len(wrong))]
    return float(wrong[first].sum() / wrong.sum())


def ask_cleanlab(
    labels: Sequence[str], table: np.ndarray, codes: Sequence[str], wrong: np.ndarray
) -> dict[str, float]:
    """The peer's three rankings; none where it is not installed."""
    try:
        from cleanlab.filter import find_label_issues
        from cleanlab.rank import get_label_quality_scores
    except ImportError:
        return {}
    given = np.array([codes.index(label) for label in labels])
    table = table.astype(np.float64)
    table /= table.sum(axis=1, keepdims=True)
    found = {}
    for method in ("self_confidence", "normalized_margin"):
        scores = get_label_quality_scores(given, table, method=method, adjust_pred_probs=False)
        found[f"cleanlab {method}"] = share_found(np.argsort(scores, kind="stable"), wrong)
    issues = find_label_issues(given, table, return_indices_ranked_by="self_confidence", n_jobs=1)
    found["cleanlab find_label_issues"] = share_found(issues.tolist(), wrong)
    return found


def describe_line(line: Line) -> str:
    """A row of the table."""
    figures = " | ".join(f"{name} {share:.1%}" for name, share in line.found.items())
    named = ", ".join(f"{own.described} → {own.category} {own.share:.0%}" for own in line.replaced)
    return (
        f"{line.planted.name} ({int(line.planted.wrong.sum())} rows): {figures}"
        f" | replaced: {named or '–'} | {line.seconds:.0f} s"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--strength", choices=("lexical", "semantic"), default="semantic")
    parser.add_argument("--cleanlab", action="store_true", help="ask the peer as well")
    options = parser.parse_args(arguments)
    prepared = prepare(strength=options.strength)
    planted = plant(prepared, options.share, options.seed)
    described = describe(prepared)
    clean = find_replaced(
        prepared.labels[: len(prepared.rows)].tolist(), described, prepared.taxonomy.codes
    )
    print(f"{len(prepared.rows)} rows as they are: replaced categories named: {clean or 'none'}")
    measure(prepared, planted, described, options.cleanlab)


if __name__ == "__main__":
    main()
