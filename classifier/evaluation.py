"""Scores of a model on labelled rows.

    evaluate_file(path, model_dir, *, text_column="text", category_column="category",
                  progress=None) -> dict
        n, accuracy, macro_f1, top3, platform_accuracy, ece, auto: {coverage, precision},
        request_type_accuracy, urgency_accuracy, critical: {recall, false_alarms},
        per_category: {code: {n, precision, recall, f1}}, model
    score_tags(tags, answers, platform_of) -> dict      the same from tags

Where a column ``<name>_alt`` is there, either label counts as right. Auto precision is platform
precision. Critical recall is over the rows whose (first) urgency is critical; a false alarm is
counted among rows that neither label calls critical. Figures whose column is absent are null.
Light: standard library only until a model is loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import BadExamples
from classifier.tables import Table, read_table
from classifier.tag import AUTO, Tag
from classifier.taxonomy import Taxonomy

_CHUNK = 64
_BINS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What is right for one row; the first of each tuple is the main label, empty: unlabelled."""

    category: tuple[str, ...]
    request_type: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()


def evaluate_file(
    path: str | Path,
    model_dir: str | Path,
    *,
    text_column: str = "text",
    category_column: str = "category",
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Tag every row and compare.

    :raises BadExamples: unknown label, missing column, no row
    :raises ModelError: the model cannot be used
    """
    from classifier.model import load_model

    table = read_table(path)
    table.require(text_column, category_column)
    if not table.rows:
        raise BadExamples(f"{path}: holds no row below the header; add labelled rows.")
    model = load_model(model_dir)
    answers = [_answer(table, n, row, category_column, model.taxonomy) for n, row in table.rows]
    texts = [row[text_column] for _, row in table.rows]
    tags: list[Tag] = []
    for start in range(0, len(texts), _CHUNK):
        tags += model.tag_many(texts[start : start + _CHUNK], reasons=False)
        if progress:
            progress("tagging", len(tags) / len(texts))
    return score_tags(tags, answers, {label.code: label.platform for label in model.taxonomy})


def score_tags(
    tags: Sequence[Tag], answers: Sequence[Answer], platform_of: Mapping[str, str]
) -> dict[str, Any]:
    """Compare tags with answers, row by row; both in the same order."""
    pairs = list(zip(tags, answers, strict=True))
    right = [tag.category in answer.category for tag, answer in pairs]
    top3 = [
        bool({tag.category, *(a.category for a in tag.alternatives)} & set(answer.category))
        for tag, answer in pairs
    ]
    platform = [tag.platform in {platform_of[c] for c in a.category} for tag, a in pairs]
    auto = [ok for (tag, _), ok in zip(pairs, platform, strict=True) if tag.decision == AUTO]
    per_category = _per_category(pairs)
    typed = [tag.request_type in a.request_type for tag, a in pairs if a.request_type]
    timed = [tag.urgency in a.urgency for tag, a in pairs if a.urgency]
    return {
        "n": len(pairs),
        "accuracy": _share(right),
        "macro_f1": _mean([c["f1"] for c in per_category.values() if c["n"]]),
        "top3": _share(top3),
        "platform_accuracy": _share(platform),
        "ece": _calibration_error([tag.confidence for tag in tags], right),
        "auto": {"coverage": round(len(auto) / len(pairs), 4), "precision": _share(auto)},
        "request_type_accuracy": _share(typed),
        "urgency_accuracy": _share(timed),
        "critical": _critical([(tag, answer) for tag, answer in pairs if answer.urgency]),
        "per_category": per_category,
        "model": tags[0].model,
    }


def _answer(
    table: Table, number: int, row: dict[str, str], category_column: str, taxonomy: Taxonomy
) -> Answer:
    categories = _labels(row, category_column)
    if not categories:
        raise BadExamples(f"{table.path}, row {number}: the category is empty; fill it in.")
    for category in categories:
        if category not in taxonomy:
            raise BadExamples(
                f"{table.path}, row {number}: the category “{category}” is not in the model's "
                "taxonomy; correct it or evaluate another model."
            )
    return Answer(categories, _labels(row, "request_type"), _labels(row, "urgency"))


def _labels(row: Mapping[str, str], column: str) -> tuple[str, ...]:
    found = (row.get(column, "").strip(), row.get(f"{column}_alt", "").strip())
    return tuple(label for label in found if label)


def _per_category(pairs: Sequence[tuple[Tag, Answer]]) -> dict[str, dict[str, Any]]:
    """A right answer counts for the label it named, so an accepted second label is no miss."""
    truly, said, hit = Counter[str](), Counter[str](), Counter[str]()
    for tag, answer in pairs:
        right = tag.category in answer.category
        truly[tag.category if right else answer.category[0]] += 1
        said[tag.category] += 1
        hit[tag.category] += right
    scores = {}
    for code in sorted(truly | said):
        precision = hit[code] / said[code] if said[code] else None
        recall = hit[code] / truly[code] if truly[code] else None
        f1 = 2 * hit[code] / (said[code] + truly[code])
        scores[code] = {
            "n": truly[code],
            "precision": _rounded(precision),
            "recall": _rounded(recall),
            "f1": _rounded(f1),
        }
    return scores


def _critical(pairs: Sequence[tuple[Tag, Answer]]) -> dict[str, float | None]:
    found = [tag.urgency == "critical" for tag, a in pairs if a.urgency[0] == "critical"]
    alarms = [tag.urgency == "critical" for tag, a in pairs if "critical" not in a.urgency]
    return {"recall": _share(found), "false_alarms": _share(alarms)}


def _calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for promised, kept in zip(confidence, right, strict=True):
        bins.setdefault(min(int(promised * _BINS), _BINS - 1), []).append((promised, kept))
    gap = sum(abs(sum(p for p, _ in b) - sum(kept for _, kept in b)) for b in bins.values())
    return round(gap / len(right), 4)


def _share(kept: Sequence[bool]) -> float | None:
    return round(sum(kept) / len(kept), 4) if kept else None


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
