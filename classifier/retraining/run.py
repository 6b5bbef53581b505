"""One retraining, from a folder of inputs to a registered model with its report.

    retrain(inputs, registry, report, *, progress=None, engine="local", scheduler=None,
            encoder=None) -> Outcome
    Outcome: model_id, passed, reasons, comparison

Runs in a process of its own. Nothing is promoted. The registry sees the model only when everything
about it is written: it is put together in ``report`` and comes over by one rename, so that a run
killed at any moment leaves the registry as it was. What is whole in ``report`` is not done again
when the run is started once more with the same inputs.

``report``: ``model/`` (trained), ``comparison.json``, ``suspects.jsonl``, ``advice.json``,
``charts/*.svg``, ``card.md``, and ``outcome.json`` at the very end. All but the last are copied
into the model's folder, where its inputs are, too.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.artefact import ModelArtefact, read_artefact, read_meta
from classifier.encoder import Encoder
from classifier.encodings import EncodingStore
from classifier.errors import ClassifierError, InputsError, ModelError, TaxonomyError
from classifier.half_written import hidden_beside, sweep
from classifier.input_training import shared_encoder, train_inputs
from classifier.model import Model
from classifier.registry import ModelRegistry, add_metrics, write_model
from classifier.retraining.charts import draw_charts, draw_learning
from classifier.retraining.examination import Examination, examine
from classifier.retraining.history import ask, ask_earlier
from classifier.retraining.inputs import Inputs, read_inputs
from classifier.retraining.label_report import describe, find_suspects, say_replaced
from classifier.retraining.model_card import write_card
from classifier.retraining.record import VECTORS, Assembled, assemble, kept_inputs
from classifier.retraining.texts import say
from classifier.taxonomy import Taxonomy, load_taxonomy

MODEL, COMPARISON, SUSPECTS, ADVICE = "model", "comparison.json", "suspects.jsonl", "advice.json"
CHARTS, CARD, OUTCOME = "charts", "card.md", "outcome.json"
_TRAINED, _COMPARED, _DRAWN = 0.7, 0.92, 0.97  # share of the whole when each is done
_ENCODED = 0.2
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Outcome:
    """``comparison`` is the content of ``comparison.json``."""

    model_id: str
    passed: bool
    reasons: tuple[str, ...]
    comparison: dict[str, Any]


def retrain(
    inputs: Path,
    registry: ModelRegistry,
    report: Path,
    *,
    progress: Progress | None = None,
    engine: str = "local",
    scheduler: str | None = None,
    encoder: Encoder | None = None,
) -> Outcome:
    """Train, compare with the serving model, register.

    :param inputs: as :func:`classifier.retraining.inputs.write_inputs` made it
    :param report: kept by the caller until the run is through; the same one resumes it
    :raises InputsError, BadExamples, ClassifierError: in one sentence; the registry is as it was
    """
    tell = _Rising(progress)
    tell("checking rows", 0.0)
    given = read_inputs(inputs)
    report.mkdir(parents=True, exist_ok=True)
    sweep(report)
    done = _read_json(report / OUTCOME)
    if done and _registered(registry, done["model_id"], given):
        tell("done", 1.0)
        return Outcome(**{**done, "reasons": tuple(done["reasons"])})
    model = _train(given, registry, report / MODEL, tell, engine, scheduler, encoder)
    tell("comparing", _TRAINED)
    comparison = _report(given, model, registry, report, tell, encoder)
    tell("registering", _DRAWN)
    model_id = registry.adopt(model, fill=lambda folder: _fill(folder, report, comparison))
    outcome = Outcome(model_id, comparison["passed"], tuple(comparison["reasons"]), comparison)
    _write_json(report / OUTCOME, asdict(outcome))
    tell("done", 1.0)
    return outcome


class _Rising:
    """Progress that never falls, and one scale for all stages."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._reached = progress, 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        self._reached = max(self._reached, min(fraction, 1.0))
        if self._progress:
            self._progress(stage, round(self._reached, 4))

    def training(self, stage: str, fraction: float) -> None:
        # Encoding tells a fraction of its own, see classifier.input_training.
        share = _ENCODED if stage == "encoding sentences" else 1.0
        self("learning" if stage == "done" else stage, 0.02 + fraction * share * (_TRAINED - 0.02))


def _train(
    inputs: Inputs,
    registry: ModelRegistry,
    target: Path,
    tell: _Rising,
    engine: str,
    scheduler: str | None,
    encoder: Encoder | None,
) -> Path:
    """The trained model's folder; an earlier run's where it is whole and of these inputs."""
    if target.exists():
        try:
            read_artefact(target)
            if kept_inputs(target).hash == inputs.hash:
                return target
        except ClassifierError:
            pass
        shutil.rmtree(target)
    trained = train_inputs(
        inputs,
        cache=registry.root,
        before=_warm_from(inputs, registry),
        strength=_strength(inputs, registry),
        encoder=encoder,
        engine=engine,
        scheduler=scheduler,
        progress=tell.training,
    )
    write_model(trained.artefact, trained.metrics, target, fill=trained.keep)
    return target


def _strength(inputs: Inputs, registry: ModelRegistry) -> str | None:
    """Where the inputs leave it open, that of the serving model: like is compared with like."""
    serving = registry.current()
    if inputs.settings["strength"] or serving is None:
        return None
    try:
        return str(read_meta(serving)["strength"])
    except ModelError:
        return None


def _warm_from(inputs: Inputs, registry: ModelRegistry) -> ModelArtefact | None:
    if not inputs.settings["warm"]:
        return None
    base = inputs.settings["base"]
    folder = registry.path(base) if base else registry.current()
    return read_artefact(folder) if folder else None


def _report(
    inputs: Inputs,
    folder: Path,
    registry: ModelRegistry,
    report: Path,
    tell: _Rising,
    encoder: Encoder | None,
) -> dict[str, Any]:
    """Compare with the model that serves now and write everything people read."""
    serving = registry.current()
    kept = _read_json(report / COMPARISON)
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
        progress=lambda done: tell("comparing", _TRAINED + done * (_COMPARED - _TRAINED)),
    )
    tell("drawing", _COMPARED)
    comparison = _write_report(
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
    _write_json(report / COMPARISON, comparison)
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


def _write_report(
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


def _fill(folder: Path, report: Path, comparison: dict[str, Any]) -> None:
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


def _registered(registry: ModelRegistry, model_id: str, inputs: Inputs) -> bool:
    try:
        return kept_inputs(registry.path(model_id)).hash == inputs.hash
    except (ModelError, InputsError, TaxonomyError):
        return False


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError):
        return None


def _write_json(path: Path, content: dict[str, Any]) -> None:
    partial = hidden_beside(path)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)
