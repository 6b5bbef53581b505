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

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.artefact import ModelArtefact, read_artefact, read_meta
from classifier.encoder import Encoder
from classifier.errors import ClassifierError, InputsError, ModelError, TaxonomyError
from classifier.half_written import sweep
from classifier.input_training import train_inputs
from classifier.registry import ModelRegistry, write_model
from classifier.retraining.inputs import Inputs, read_inputs
from classifier.retraining.record import kept_inputs
from classifier.retraining.report import fill_model, read_json, report_on, write_json

MODEL, OUTCOME = "model", "outcome.json"
_TRAINED, _DRAWN = 0.7, 0.97  # share of the whole when each is done
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
    done = read_json(report / OUTCOME)
    if done and _registered(registry, done["model_id"], given):
        tell("done", 1.0)
        return Outcome(**{**done, "reasons": tuple(done["reasons"])})
    model = _train(given, registry, report / MODEL, tell, engine, scheduler, encoder)
    tell("comparing", _TRAINED)
    comparison = report_on(given, model, registry, report, tell.reporting, encoder)
    tell("registering", _DRAWN)
    model_id = registry.adopt(model, fill=lambda folder: fill_model(folder, report, comparison))
    outcome = Outcome(model_id, comparison["passed"], tuple(comparison["reasons"]), comparison)
    write_json(report / OUTCOME, asdict(outcome))
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

    def reporting(self, stage: str, fraction: float) -> None:
        self(stage, _TRAINED + fraction * (_DRAWN - _TRAINED))


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


def _registered(registry: ModelRegistry, model_id: str, inputs: Inputs) -> bool:
    try:
        return kept_inputs(registry.path(model_id)).hash == inputs.hash
    except (ModelError, InputsError, TaxonomyError):
        return False
