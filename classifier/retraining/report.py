"""What people read about one retraining: comparison, suspects, advice, charts, card.

    report_on(inputs, model folder, registry, report, progress, encoder) -> comparison
    fill_model(folder, report, comparison)          copies it all into the model's folder
    read_json(path), write_json(path, content)

``progress(stage, share)``: 0..1 of the report.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.artefact import ModelArtefact, read_artefact, read_meta
from classifier.encoder import Encoder
from classifier.encodings import EncodingStore
from classifier.errors import ModelError
from classifier.half_written import hidden_beside
from classifier.input_training import shared_encoder
from classifier.model import Model
from classifier.registry import ModelRegistry, add_metrics
from classifier.retraining.charts import draw_charts, draw_learning
from classifier.retraining.examination import Examination, examine
from classifier.retraining.history import ask, ask_earlier
from classifier.retraining.inputs import Inputs
from classifier.retraining.label_report import describe, find_suspects, say_replaced
from classifier.retraining.model_card import write_card
from classifier.retraining.record import VECTORS, Assembled, assemble, kept_inputs
from classifier.retraining.texts import say
from classifier.taxonomy import Taxonomy, load_taxonomy

COMPARISON, SUSPECTS, ADVICE = "comparison.json", "suspects.jsonl", "advice.json"
CHARTS, CARD = "charts", "card.md"
_COMPARED = 0.8  # share of the report when both models were asked
Progress = Callable[[str, float], None]


def report_on(
    inputs: Inputs,
    folder: Path,
    registry: ModelRegistry,
    report: Path,
    progress: Progress,
    encoder: Encoder | None,
) -> dict[str, Any]:
    """Compare with the model that serves now and write everything people read.

    :param folder: of the new model; ``report``: where it is written; a whole one is left as it is
    :returns: what ``comparison.json`` holds
    """
    serving = registry.current()
    kept = read_json(report / COMPARISON)
    challenger_id = read_meta(folder)["id"]
    wanted = (challenger_id, serving.name if serving else None)
    if kept and (kept["challenger"], kept["champion"]) == wanted and (report / CARD).exists():
        return kept
    taxonomy = load_taxonomy(inputs.taxonomy)
    kept_with = kept_inputs(folder)
    material = assemble(kept_with, taxonomy)
    artefact = read_artefact(folder)
    known = EncodingStore.open(kept_with.folder / VECTORS)
    champion, unreadable = _champion(serving, artefact, encoder, known)
    encoder = champion.encoder if champion else encoder
    examined = examine(
        Model(artefact, encoder),
        champion,
        material,
        taxonomy,
        seed=inputs.settings["seed"],
        progress=lambda done: progress("comparing", done * _COMPARED),
    )
    progress("drawing", _COMPARED)
    comparison = _write_parts(
        examined, artefact, material, taxonomy, registry.root, report, unreadable
    )
    leaks = [leak.phrase for leak in examined.leaks]
    points = ask_earlier(registry, material.frozen, taxonomy, encoder, leaks, but=challenger_id)
    if points:
        mine = Model(artefact, encoder)
        points.append(ask(mine, len(material.own), material.frozen, taxonomy, leaks))
        draw_learning(points, report / CHARTS)
    comparison["history"] = [point.to_dict() for point in points]
    write_card(report / CARD, folder, comparison, charts=CHARTS)
    write_json(report / COMPARISON, comparison)
    return comparison


def _champion(
    serving: Path | None, artefact: ModelArtefact, encoder: Encoder | None, known: EncodingStore
) -> tuple[Model | None, str]:
    """The serving model with an encoder that both share; or why it cannot be asked."""
    if serving is None:
        return None, ""
    try:
        current = read_artefact(serving)
        return Model(current, shared_encoder(encoder, artefact, current, known=known)), ""
    except ModelError as error:
        return None, str(error)


def _write_parts(
    examined: Examination,
    artefact: ModelArtefact,
    material: Assembled,
    taxonomy: Taxonomy,
    cache: Path,
    report: Path,
    unreadable: str,
) -> dict[str, Any]:
    from classifier.category_advice import advise_categories, write_advice

    comparison = examined.to_dict()
    described = describe(material, taxonomy, artefact, cache)
    suspects = find_suspects(material, taxonomy, artefact, described)
    lines = (json.dumps(asdict(one), ensure_ascii=False) for one in suspects)
    (report / SUSPECTS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    comparison["warnings"] += say_replaced(material, taxonomy, described)
    if unreadable:
        comparison["warnings"].insert(0, say("verdict", "unreadable", error=unreadable))
    write_advice(report / ADVICE, advise_categories(artefact, material.examples.rows))
    draw_charts(examined.comparison, taxonomy, report / CHARTS)
    return comparison


def fill_model(folder: Path, report: Path, comparison: dict[str, Any]) -> None:
    """Copy a report into the model's folder, its verdict into the model's metrics."""
    for name in (COMPARISON, SUSPECTS, ADVICE, CARD):
        shutil.copy(report / name, folder / name)
    if (report / CHARTS).is_dir():
        shutil.copytree(report / CHARTS, folder / CHARTS)
    tests = comparison["tests"]
    add_metrics(
        folder,
        gate={
            "passed": comparison["passed"],
            "verdict": say("verdict", "passed" if comparison["passed"] else "refused"),
            "n": sum(test["n"] for test in tests),
            "better": sum(test["better"] for test in tests),
            "worse": sum(test["worse"] for test in tests),
        },
    )


def read_json(path: Path) -> dict[str, Any] | None:
    """None where there is no whole file."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError):
        return None


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Nobody sees half of it."""
    partial = hidden_beside(path)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)
