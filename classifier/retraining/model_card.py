"""The model card: what it was trained on, how good it is, where it is weak, how to repeat it.

    write_card(path, model, comparison, *, charts="") -> None
    read_card(model) -> str                  raises ModelError where the model has none

Written from the numbers by ``card.md.jinja``, in Chinese, for whoever has to decide. Nothing in it
is typed by hand, so it cannot say more than was measured.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.artefact import read_meta
from classifier.errors import ModelError
from classifier.retraining.inputs import LabelledRow
from classifier.retraining.record import kept_facts, kept_inputs
from classifier.retraining.texts import in_percent, load_texts, say

_TEMPLATE = Path(__file__).with_name("card.md.jinja")
_FILE, COMPARISON = "card.md", "comparison.json"
_LEAST = 10  # rows before a category's share is shown
_MOST = 8  # categories in a table
_CHANGED = 0.03


def write_card(
    path: Path,
    model: Path,
    comparison: Mapping[str, Any],
    *,
    charts: str = "",
) -> None:
    """:param model: a model's folder with its inputs; ``comparison``: ``comparison.json``"""
    from jinja2 import Environment, StrictUndefined

    # Markdown, not a page: whoever puts it on one escapes it there.
    environment = Environment(autoescape=False, undefined=StrictUndefined)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    values = _about_training(model) | _about_figures(comparison)
    path.write_text(template.render(charts=charts, **values).rstrip() + "\n", encoding="utf-8")


def keep_comparison(model: Path, comparison: Mapping[str, Any]) -> None:
    """Put the comparison and the card into a model's folder that is being put together."""
    text = json.dumps(comparison, ensure_ascii=False, indent=1)
    (model / COMPARISON).write_text(text + "\n", encoding="utf-8")
    write_card(model / _FILE, model, comparison)


def read_card(model: Path) -> str:
    """:raises ModelError: when the model has no card"""
    try:
        return (model / _FILE).read_text(encoding="utf-8")
    except OSError as error:
        raise ModelError(
            f"{model.name}: has no card; `huying models card {model.name}` makes one."
        ) from error


def _about_training(model: Path) -> dict[str, Any]:
    meta, inputs = read_meta(model), kept_inputs(model)
    facts = kept_facts(model)
    days = sorted(row.at[:10] for row in inputs.rows if row.at)
    libraries = {name: facts[name] for name in sorted(facts) if name not in _SAID}
    return {
        "id": meta["id"],
        "sources": _count_sources(inputs.rows, meta["facts"]["rows"]),
        "frozen": len(inputs.frozen),
        "first_day": days[0] if days else "",
        "last_day": days[-1] if days else "",
        "categories": len(meta["labels"]),
        "platforms": len(meta["platforms"]),
        "strength": say("strengths", meta["strength"]),
        "created": meta["facts"]["created"][:16].replace("T", " "),
        "seconds": round(meta["facts"]["seconds"]),
        "inputs": inputs.hash,
        "tokenizer": meta["tokenizer"],
        "encoder": facts.get("encoder") or "—",
        "taxonomy": meta["taxonomy_hash"],
        "libraries": "、".join(f"{name} {number}" for name, number in libraries.items()),
    }


_SAID = ("strength", "tokenizer", "encoder", "warm_from")


def _count_sources(rows: Sequence[LabelledRow], trained: int) -> list[tuple[str, int]]:
    titles = load_texts()["sources"]
    counts = Counter(row.source or "import" for row in rows)
    counts["shipped"] += max(0, trained - len(rows))
    return [(title, counts[name]) for name, title in titles.items() if counts[name]]


def _about_figures(comparison: Mapping[str, Any]) -> dict[str, Any]:
    critical, calibration = comparison["critical"], comparison["calibration"]
    return {
        "verdict": say("verdict", _verdict_name(comparison)),
        "reasons": comparison["reasons"],
        "warnings": comparison["warnings"],
        "champion": comparison["champion"],
        "history": bool(comparison.get("history")),
        "tests": [_test(test) for test in comparison["tests"]],
        "calibration": in_percent(calibration["challenger"]),
        "calibration_before": _given(calibration["champion"]),
        "critical_n": critical["n"],
        "critical": in_percent(critical["challenger"]),
        "critical_before": _given(critical["champion"]),
        "weak": [_part(part) for part in _weakest(comparison["categories"])],
        "changes": [_part(part) for part in _changed(comparison["categories"])],
    }


def _verdict_name(comparison: Mapping[str, Any]) -> str:
    if comparison.get("alone"):
        return "alone"
    if not comparison["passed"]:
        return "refused"
    return "passed" if comparison["champion"] else "first"


def _test(test: Mapping[str, Any]) -> dict[str, Any]:
    new, old = test["challenger"], test["champion"]
    return {
        "title": test["title"],
        "n": test["n"],
        "old": in_percent(old["accuracy"]) if old else "—",
        "new": in_percent(new["accuracy"]),
        "top3": in_percent(new["top3"]),
        "platform": in_percent(new["platform_accuracy"]),
        "auto": in_percent(new["auto"]["coverage"]) if new["auto"]["coverage"] else "",
        "precision": in_percent(new["auto"]["precision"]),
    }


def _weakest(parts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    enough = [part for part in parts if part["n"] >= _LEAST]
    return sorted(enough, key=lambda part: part["challenger"])[:_MOST]


def _changed(parts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    moved = [
        part
        for part in parts
        if part["champion"] is not None
        and part["n"] >= _LEAST
        and abs(part["challenger"] - part["champion"]) >= _CHANGED
    ]
    return sorted(moved, key=lambda part: part["challenger"] - part["champion"])[: 2 * _MOST]


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": part["title"],
        "n": part["n"],
        "champion": in_percent(part["champion"]),
        "challenger": in_percent(part["challenger"]),
    }


def _given(share: float | None) -> str:
    return "" if share is None else in_percent(share)
