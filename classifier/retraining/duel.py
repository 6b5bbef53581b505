"""Registered models, looked at now.

    compare_registered(registry, challenger_id, champion_id, *, progress=None) -> dict
    show_card(registry, model_id, *, progress=None) -> str      the kept one, else made now

The rows are those that the challenger keeps: the frozen ones it never saw, the shipped examples and
the rows it trained on. The result has the shape of ``comparison.json``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from classifier.artefact import read_artefact
from classifier.encoder import Encoder
from classifier.errors import ModelError
from classifier.input_training import shared_encoder
from classifier.model import Model
from classifier.registry import ModelRegistry
from classifier.retraining.examination import examine
from classifier.retraining.model_card import read_card, write_card
from classifier.retraining.record import assemble, kept_inputs
from classifier.taxonomy import load_taxonomy

Progress = Callable[[str, float], None]


def compare_registered(
    registry: ModelRegistry,
    challenger_id: str,
    champion_id: str,
    *,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """:raises ModelError: there is no such model; :raises InputsError: it keeps no inputs"""
    folder = registry.path(challenger_id)
    challenger, champion = read_artefact(folder), read_artefact(registry.path(champion_id))
    inputs = kept_inputs(folder)
    taxonomy = load_taxonomy(inputs.taxonomy)
    encoder = shared_encoder(encoder, challenger, champion)
    examined = examine(
        Model(challenger, encoder),
        Model(champion, encoder),
        assemble(inputs, taxonomy),
        taxonomy,
        seed=inputs.settings["seed"],
        progress=lambda done: progress("comparing", done) if progress else None,
    )
    return examined.to_dict()


def show_card(
    registry: ModelRegistry,
    model_id: str,
    *,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> str:
    """The model's card; of a model that was never compared, one about it alone.

    :raises ModelError: there is no such model; :raises InputsError: it keeps no inputs
    """
    folder = registry.path(model_id)
    try:
        return read_card(folder)
    except ModelError:
        pass
    inputs = kept_inputs(folder)
    taxonomy, artefact = load_taxonomy(inputs.taxonomy), read_artefact(folder)
    examined = examine(
        Model(artefact, shared_encoder(encoder, artefact)),
        None,
        assemble(inputs, taxonomy),
        taxonomy,
        progress=lambda done: progress("comparing", done) if progress else None,
    )
    with tempfile.TemporaryDirectory() as scratch:
        card = Path(scratch) / "card.md"
        write_card(card, folder, examined.to_dict() | {"alone": True})
        return card.read_text(encoding="utf-8")
