"""Pictures of both models, as SVG with real text.

    draw_charts(comparison, taxonomy, folder) -> list[Path]
        confusion.svg     the pairs of categories confused most, old and new beside each other
        reliability.svg   what the models promise against what comes true
        coverage.svg      share tagged without a person against how much of it is right
    draw_learning(points, folder) -> Path
        learning.svg      labels of the town against answers right in the exam, model by model

The old model is hollow and dashed, the new one solid: nobody has to tell colours apart. See
:mod:`classifier.retraining.drawing` for what all pictures have in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.retraining.comparison import Comparison
from classifier.retraining.drawing import INK, NEW, OLD, SOFT, render
from classifier.retraining.figures import FROZEN, Asked, right_answers
from classifier.retraining.history import Point
from classifier.tag import Tag
from classifier.taxonomy import Taxonomy

CONFUSION, RELIABILITY, COVERAGE = "confusion.svg", "reliability.svg", "coverage.svg"
LEARNING = "learning.svg"
_PAIRS = 10
_BINS = 10
_LEAST_IN_BIN = 5  # answers before a bin's share says anything
_FEW = 100  # frozen rows from which pictures show them alone
FloatArray = npt.NDArray[np.float64]


def draw_charts(comparison: Comparison, taxonomy: Taxonomy, folder: Path) -> list[Path]:
    """Write all pictures; frozen rows alone where they are many enough, else all rows."""
    part = _rows_to_show(comparison.asked)
    if not part.rows:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, draw in (
        (CONFUSION, lambda axes: _draw_confusion(axes, part, taxonomy)),
        (RELIABILITY, lambda axes: _draw_reliability(axes, part)),
        (COVERAGE, lambda axes: _draw_coverage(axes, part)),
    ):
        (folder / name).write_bytes(render(draw))
        drawn.append(folder / name)
    return drawn


def draw_learning(points: Sequence[Point], folder: Path) -> Path:
    """``points``: models in the order they were made, the new one last."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LEARNING).write_bytes(render(lambda axes: _draw_learning(axes, points)))
    return folder / LEARNING


def confused_pairs(part: Asked, most: int = _PAIRS) -> list[tuple[tuple[str, str], int, int]]:
    """((said by people, said by the model), by the old model, by the new one), worst first."""
    counts = []
    for tags in (part.old, part.new):
        pairs = zip(part.rows, tags, strict=False)
        counts.append(
            Counter(
                (row.category, tag.category) for row, tag in pairs if tag.category != row.category
            )
        )
    old, new = counts
    worst = sorted(old | new, key=lambda pair: (-max(old[pair], new[pair]), pair))
    return [(pair, old[pair], new[pair]) for pair in worst[:most]]


def _rows_to_show(asked: Sequence[Asked]) -> Asked:
    for part in asked:
        if part.name == FROZEN and len(part.rows) >= _FEW:
            return part
    return Asked(
        "all",
        [row for part in asked for row in part.rows],
        [tag for part in asked for tag in part.new],
        [tag for part in asked for tag in part.old],
    )


def _draw_confusion(axes: Any, part: Asked, taxonomy: Taxonomy) -> None:
    pairs = confused_pairs(part)
    names = {label.code: label.name for label in taxonomy}
    widest = max((max(old, new) for _, old, new in pairs), default=1)
    axes.set_position((0.46, 0.12, 0.48, 0.72))
    for place, ((truth, said), old, new) in enumerate(pairs):
        y = -float(place)
        if part.old:
            axes.barh(y + 0.19, old, 0.32, fill=False, edgecolor=OLD, linewidth=1.5)
            axes.text(old + widest * 0.015, y + 0.19, str(old), va="center", color=OLD, size=9)
        axes.barh(y - 0.19, new, 0.32, color=NEW)
        axes.text(new + widest * 0.015, y - 0.19, str(new), va="center", color=NEW, size=9)
        title = f"{names.get(truth, truth)} → {names.get(said, said) or '（已停用的类别）'}"
        axes.text(-widest * 0.02, y, title, ha="right", va="center", color=INK, size=10)
    axes.set_xlim(0, widest * 1.12)
    axes.set_ylim(-len(pairs) + 0.4, 0.6)
    axes.set_yticks([])
    axes.set_xticks([])
    _caption(axes, "最常混淆的类别（人标 → 模型答，条数，越短越好）", bool(part.old))


def _draw_reliability(axes: Any, part: Asked) -> None:
    axes.plot([0, 100], [0, 100], color=SOFT, linewidth=1)
    axes.text(99, 84, "完全可信", ha="right", va="center", color=SOFT, size=9)
    for tags, style in _curves(part):
        promised, kept = _bins(part, tags)
        axes.plot(promised, kept, **style, markersize=6)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 103)
    _percent_axes(axes)
    axes.text(100, -13, "模型说的把握（%）", ha="right", va="top", color=SOFT, size=10)
    _caption(axes, "说的把握与实际答对（%）：越贴近斜线越可信", bool(part.old))


def _draw_coverage(axes: Any, part: Asked) -> None:
    lowest = 100.0
    for tags, style in _curves(part):
        share, right = coverage_curve(part, tags)
        axes.plot(share, right, **{**style, "marker": None})
        lowest = min(lowest, float(right.min()))
        auto = [tag.decision == "auto" for tag in tags]
        reached = sum(auto)
        if reached:
            hit = float(right_answers(part, tags)[np.array(auto)].mean()) * 100
            axes.plot(
                [100 * reached / len(tags)], [hit], **{**style, "linestyle": ""}, markersize=9
            )
            lowest = min(lowest, hit)
    axes.set_xlim(0, 100)
    axes.set_ylim(max(0.0, lowest - 3), 100.5)
    _percent_axes(axes)
    span = 100.5 - max(0.0, lowest - 3)
    axes.text(
        100,
        max(0.0, lowest - 3) - span * 0.13,
        "不经人工直接采用的占比（%），圆点是现在自动派单的位置",
        ha="right",
        va="top",
        color=SOFT,
        size=10,
    )
    _caption(axes, "采用得越多，答对的占比（%）越低：线越高越好", bool(part.old))


def _draw_learning(axes: Any, points: Sequence[Point]) -> None:
    labels = [point.labels for point in points]
    shares = [100 * point.accuracy for point in points]
    style = {"linestyle": (0, (5, 3)), "marker": "s", "markerfacecolor": "none", "markersize": 6}
    by_labels = sorted(zip(labels, shares, strict=True))
    axes.plot(*zip(*by_labels, strict=True), color=OLD, linewidth=1.6, **style)
    axes.plot(labels[-1:], shares[-1:], color=NEW, linestyle="", marker="o", markersize=9)
    widest = max(max(labels), 1)
    lowest, highest = min(shares), max(shares)
    room = max(2.0, 0.2 * (highest - lowest))
    bottom = max(0.0, lowest - room)
    axes.set_xlim(-0.04 * widest, 1.04 * widest)
    axes.set_ylim(bottom, min(100.5, highest + room))
    _percent_axes(axes)
    below = bottom - 0.13 * (min(100.5, highest + room) - bottom)
    where = f"训练用的本地标注条数（考题 {points[-1].n} 条，都是今天的）"
    axes.text(1.04 * widest, below, where, ha="right", va="top", color=SOFT, size=10)
    _caption(axes, "标得越多，考题答对的占比（%）：还在上升就值得继续标", True, "□ 以前的模型")


def coverage_curve(part: Asked, tags: Sequence[Tag]) -> tuple[FloatArray, FloatArray]:
    """Share of rows taken, surest first, and share of right answers among them, in per cent."""
    order = np.argsort([-tag.confidence for tag in tags], kind="stable")
    right = right_answers(part, tags)[order]
    taken = np.arange(1, len(right) + 1)
    precision = np.cumsum(right) / taken
    first = max(1, len(right) // 50)  # the first handful jumps between 0 and 100
    shown = np.unique(np.linspace(first, len(right), 60).astype(int)) - 1
    return 100 * taken[shown] / len(right), 100 * precision[shown]


def _bins(part: Asked, tags: Sequence[Tag]) -> tuple[FloatArray, FloatArray]:
    confidence = np.array([tag.confidence for tag in tags])
    right = right_answers(part, tags)
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    filled = [b for b in range(_BINS) if (bins == b).sum() >= _LEAST_IN_BIN]
    promised = np.array([confidence[bins == b].mean() for b in filled])
    kept = np.array([right[bins == b].mean() for b in filled])
    return 100 * promised, 100 * kept


def _curves(part: Asked) -> list[tuple[Sequence[Tag], dict[str, Any]]]:
    new = {"color": NEW, "linewidth": 2, "linestyle": "-", "marker": "o"}
    old = {
        "color": OLD,
        "linewidth": 1.6,
        "linestyle": (0, (5, 3)),
        "marker": "s",
        "markerfacecolor": "none",
    }
    return [(part.old, old), (part.new, new)] if part.old else [(part.new, new)]


def _percent_axes(axes: Any) -> None:
    axes.set_position((0.09, 0.19, 0.85, 0.64))
    axes.tick_params(colors=SOFT, labelsize=10)
    axes.grid(color=SOFT, alpha=0.25, linewidth=0.6)


def _caption(axes: Any, title: str, both: bool, others: str = "□ 在用模型") -> None:
    """Title and key, at fixed places of the picture."""
    figure = axes.figure
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(SOFT)
    axes.tick_params(colors=SOFT, labelsize=10)
    figure.text(0.02, 0.965, title, va="top", color=INK, size=12)
    figure.text(0.035, 0.885, "■ 新模型", va="top", color=NEW, size=10)
    if both:
        figure.text(0.20, 0.885, others, va="top", color=OLD, size=10)
