"""Tables and pictures of :mod:`benchmarks.few_labels`; figures only.

write_report(folder, results) -> None     few_labels.md between its marks, images/few_labels_*.svg
describe(results) -> str                  the same tables for the screen
share_needed(found) -> share of the labels that picking needs for the best mean of chance
Results, Point
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.marked_page import replace_marked

PAGE = "few_labels.md"
RANDOM, ACTIVE = "by chance", "pick_next"
_STYLES = {"semantic": "-", "lexical": "--"}
_COLOURS = ("#1f6feb", "#b35900", "#1a7f37", "#8250df")


@dataclass(frozen=True)
class Point:
    """Top-1 (either label counts) and calibration error after ``rows`` real rows."""

    rows: int
    accuracy: float
    ece: float
    better: int = 0  # messages right only here, and only with the shipped model
    worse: int = 0


@dataclass
class Results:
    """``curves``: by line of the picture, then strength."""

    messages: int
    folds: tuple[int, int]  # for the sizes, and for all rows of the other folds
    weight: float
    curves: dict[str, dict[str, list[Point]]] = field(default_factory=dict)
    weights: dict[float, dict[str, Point]] = field(default_factory=dict)
    # By texts and way, one list of points for each seed.
    picking: dict[str, dict[str, list[list[Point]]]] = field(default_factory=dict)


def write_report(folder: Path, results: Results) -> None:
    """Replace what stands between the marks, and the pictures."""
    images = folder / "images"
    images.mkdir(exist_ok=True)
    _draw_curves(results, images / "few_labels_top1.svg")
    pictures = ["![Top-1 after so many labelled messages](images/few_labels_top1.svg)"]
    if results.picking:
        _draw_picking(results, images / "few_labels_picking.svg")
        pictures.append("![Picked by chance and by pick_next](images/few_labels_picking.svg)")
    replace_marked(folder / PAGE, "\n\n".join([describe(results), *pictures]))


def describe(results: Results) -> str:
    """All tables."""
    parts = [
        f"{results.messages} real messages in {results.folds[0]} folds, for the largest number of "
        f"rows in {results.folds[1]}; each message is asked about by "
        "models that did not see it. Top-1: either label of two counts. In brackets: messages that "
        "only this model, and only the one of the same shipped rows without real ones (beside real "
        "rows alone: of all shipped rows), gets right."
    ]
    for strength in _STYLES:
        rows = [
            [name, str(point.rows), *_figures(point)]
            for name, curves in results.curves.items()
            for point in curves.get(strength, ())
        ]
        if rows:
            parts.append(f"**{strength}**\n\n" + _table(_HEAD, rows))
    if results.weights:
        rows = [
            [f"×{weight:g}", strength, *_figures(point)]
            for weight, found in sorted(results.weights.items())
            for strength, point in found.items()
        ]
        parts.append(
            "What a real row counts beside a shipped one, with all rows of the other folds:\n\n"
            + _table(("weight", "strength", "top-1", "", "ECE"), rows)
        )
    if results.picking:
        parts.append(_describe_picking(results))
    return "\n\n".join(parts)


_HEAD = ("trained on", "real rows", "top-1", "", "ECE")


def _figures(point: Point) -> list[str]:
    change = f"(+{point.better} −{point.worse})" if point.better or point.worse else ""
    return [f"{point.accuracy:.3f}", change, f"{point.ece:.3f}"]


def share_needed(found: Mapping[str, Sequence[Sequence[Point]]]) -> float | None:
    """Rows that picking needs for the best mean of chance, as a share of the rows chance needs."""
    means = {}
    for way, seeds in found.items():
        steps = zip(*seeds, strict=True)
        means[way] = [(p[0].rows, float(np.mean([one.accuracy for one in p]))) for p in steps]
    goal = max(score for _, score in means[RANDOM])
    needed = {
        way: next((rows for rows, score in line if score >= goal), None)
        for way, line in means.items()
    }
    if needed[ACTIVE] is None or needed[RANDOM] is None:
        return None
    return needed[ACTIVE] / needed[RANDOM]


def _describe_picking(results: Results) -> str:
    rows = []
    for texts, ways in results.picking.items():
        for way, seeds in ways.items():
            for points in zip(*seeds, strict=True):
                found = [point.accuracy for point in points]
                each = " ".join(f"{one:.3f}" for one in found)
                mean = f"{sum(found) / len(found):.3f}"
                rows.append([texts, way, str(points[0].rows), mean, each])
    head = ("texts", "picked", "labelled", "top-1, mean", "one figure a seed")
    told = [
        f"* {texts}: "
        + ("not reached" if share is None else f"reached with {share:.0%} of the labels")
        for texts, ways in results.picking.items()
        for share in [share_needed(ways)]
    ]
    return (
        "Which texts are labelled:\n\n" + _table(head, rows)
        + "\n\nThe best mean of picking by chance, with `pick_next`:\n\n" + "\n".join(told)
    )  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _draw_curves(results: Results, path: Path) -> None:
    figure, axes = _axes("labelled messages of the town", "top-1 on messages not seen")
    for colour, (name, curves) in zip(_COLOURS, results.curves.items(), strict=False):
        for strength, points in curves.items():
            axes.plot(
                [point.rows for point in points],
                [point.accuracy for point in points],
                _STYLES[strength],
                marker="o",
                color=colour,
                label=f"{name}, {strength}",
            )
    figure.legend(loc="outside lower center", ncols=2)  # over no line
    figure.savefig(path)


def _draw_picking(results: Results, path: Path) -> None:
    figure, axes = _axes("labelled texts", "top-1, mean and range of the seeds")
    for style, (texts, ways) in zip(("-", "--"), results.picking.items(), strict=False):
        for colour, (way, seeds) in zip(_COLOURS, ways.items(), strict=False):
            columns = list(zip(*seeds, strict=True))
            rows = [points[0].rows for points in columns]
            means = [sum(p.accuracy for p in points) / len(points) for points in columns]
            axes.plot(rows, means, style, marker="o", color=colour, label=f"{texts}, {way}")
            lowest = [min(p.accuracy for p in points) for points in columns]
            highest = [max(p.accuracy for p in points) for points in columns]
            axes.fill_between(rows, lowest, highest, color=colour, alpha=0.1)
    figure.legend(loc="outside lower center", ncols=2)  # over no line
    figure.savefig(path)


def _axes(below: str, beside: str):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "few labels"}
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.8), layout="constrained")
    axes.set_xlabel(below)
    axes.set_ylabel(beside)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
