"""See the package."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import benchmarks.few_labels
from benchmarks.few_labels.figures import measure
from benchmarks.few_labels.fits import gather
from benchmarks.few_labels.picking import compare_letters, compare_messages
from benchmarks.few_labels.report import Point, Results, describe, write_report
from benchmarks.few_labels.study import (
    ALL,
    ALONE,
    FEW,
    NONE,
    RANDOM,
    SHIPPED,
    Cell,
    Figures,
    Study,
    fold_count,
    open_studies,
)
from benchmarks.shipped_rows import KEPT
from benchmarks.tagging.corpora import NoData, find_data

STRENGTHS = ("lexical", "semantic")


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
    gather(most, [Cell(FEW, NONE, RANDOM, 0, fold) for fold in range(fold_count(most))])
    few = measure(most, FEW, NONE, RANDOM, 0, 1.0)
    start = {SHIPPED: zero, FEW: few}
    for base, own in ((ALONE, 1.0), (FEW, weight), (SHIPPED, weight)):
        told = []
        if base in start:
            told = [{n: point(z, z) for n, z in zip(STRENGTHS, start[base], strict=True)}]
        told += run(most, start.get(base, zero), base, [ALL], own)
        if sizes:
            told[-1:-1] = run(some, start.get(base, zero), base, sizes, own)
        results.curves[base] = {name: [one[name] for one in told] for name in STRENGTHS}
    for own in weights:
        results.weights[own] = run(some, zero, SHIPPED, [ALL], own)[0]
    return results


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=(benchmarks.few_labels.__doc__ or "").split("\n", 1)[0]
    )
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
