"""Training a registered model again, and saying whether the same came out.

    reproduce(model_folder, registry, *, encoder=None, progress=None) -> Reproduction
    Reproduction: model_id, same: bool, compared: int, differences: tuple[str, ...]

From the inputs that the model keeps and nothing else: no cache of the registry is read. Metrics and
every number of the model (weights, thresholds, out-of-fold scores) are compared exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.artefact import read_artefact, read_meta
from classifier.encoder import Encoder, make_encoder
from classifier.errors import ModelError, ModelMismatch
from classifier.half_written import scratch_folder, sweep
from classifier.input_training import Progress, train_inputs
from classifier.registry import ModelRegistry, write_model
from classifier.retraining.record import kept_facts, kept_inputs
from classifier.tokenizer import check_identity, make_tokenizer

_OF_THIS_DAY = {"id", "created", "seconds", "gate"}  # what no repetition can share


@dataclass(frozen=True)
class Reproduction:
    """``differences`` names what did not come out the same; ``compared`` figures and arrays."""

    model_id: str
    same: bool
    compared: int
    differences: tuple[str, ...]


def reproduce(
    model: Path,
    registry: ModelRegistry,
    *,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> Reproduction:
    """Train again and compare.

    :raises InputsError: the model keeps no inputs, or they were changed
    :raises ModelMismatch: tokenizer or encoder here are not those of that day
    """
    inputs, facts, meta = kept_inputs(model), kept_facts(model), read_meta(model)
    wanted = read_artefact(model)
    check_identity(facts["tokenizer"], make_tokenizer(facts["tokenizer"]).identity)
    if facts["encoder"]:
        encoder = encoder or make_encoder()
        if encoder.identity != facts["encoder"]:
            raise ModelMismatch(
                f"{model.name}: was trained with encoder {facts['encoder']}, here is "
                f"{encoder.identity}; install that version to repeat the training."
            )
    trained = train_inputs(
        inputs,
        before=_base(facts["warm_from"], registry),
        strength=facts["strength"],
        tokenizer=facts["tokenizer"].partition("-")[0],
        encoder=encoder,
        progress=progress,
    )
    sweep(registry.root)
    with scratch_folder(registry.root) as scratch:
        # Written and read like the other one, so that both were rounded alike.
        write_model(trained.artefact, trained.metrics, scratch / "again")
        found = read_artefact(scratch / "again")
    before = dict(_figures("metrics", _lasting(meta["metrics"]))) | dict(_numbers("model", wanted))
    after = dict(_figures("metrics", _lasting(trained.metrics))) | dict(_numbers("model", found))
    names = sorted(before.keys() | after.keys())
    different = tuple(name for name in names if before.get(name) != after.get(name))
    return Reproduction(model.name, not different, len(names), different)


def _base(model_id: str, registry: ModelRegistry) -> Any:
    if not model_id:
        return None
    try:
        return read_artefact(registry.path(model_id))
    except ModelError as error:
        raise ModelError(
            f"The model took scores over from {model_id}, which cannot be read here; "
            "restore that model's folder to repeat the training."
        ) from error


def _lasting(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metrics.items() if name not in _OF_THIS_DAY}


def _figures(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Each figure of nested JSON under a name of its own, as JSON gives it back."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _figures(f"{name}.{key}", inner)
    else:
        yield name, json.loads(json.dumps(value))


def _numbers(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Each array and number of an artefact; arrays by their content."""
    if is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            yield from _numbers(
                f"{name}.{part.name}" if name else part.name, getattr(value, part.name)
            )
    elif isinstance(value, np.ndarray):
        yield name, (value.dtype.str, value.shape, value.tobytes())
    elif isinstance(value, Mapping):
        kept = {key: inner for key, inner in value.items() if key not in _OF_THIS_DAY}
        yield name, json.dumps(kept, sort_keys=True, default=str)
    elif value is not None:
        yield name, value
