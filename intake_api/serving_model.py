"""What the serving model says of itself, read without loading it.

    read_serving(data_dir) -> ServingModel | None       None before the first model
    unknown_terms(serving, terms) -> set[str]           of these, what its vocabulary lacks

A model's folder never changes once it is there, so each is read once. Blocking, some milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from classifier.errors import ClassifierError
from classifier.registry import ModelRegistry
from intake_api.first_model import models_folder


@dataclass(frozen=True)
class ServingModel:
    """``mix``: how often it answered each category on its own training rows, had it not seen
    them: what its answers on new cases are compared with. Empty where the file does not tell."""

    id: str
    created: datetime
    strength: str
    rows: int
    metrics: Mapping[str, Any]
    mix: Mapping[str, int]
    vocabulary: str


def read_serving(data_dir: Path) -> ServingModel | None:
    """A folder that cannot be read counts as none: the page says so and the rest goes on."""
    try:
        folder = ModelRegistry(models_folder(data_dir)).current()
        return _read(folder) if folder else None
    except (ClassifierError, OSError, ValueError, KeyError):
        return None


def unknown_terms(serving: ServingModel, terms: Iterable[str]) -> set[str]:
    """The vocabulary has words and short pieces; a longer term is known if it is one of them."""
    return {term for term in terms if f"\n{term}\n" not in serving.vocabulary}


@lru_cache(maxsize=2)
def _read(folder: Path) -> ServingModel:
    from classifier.artefact import read_meta

    meta = read_meta(folder)
    facts = meta["facts"]
    return ServingModel(
        id=meta["id"],
        created=datetime.fromisoformat(facts["created"]),
        strength=meta["strength"],
        rows=facts["rows"],
        metrics=meta["metrics"],
        mix=_read_mix(folder, [label[0] for label in meta["labels"]]),
        vocabulary="\n" + (folder / "vocabulary.txt").read_text(encoding="utf-8") + "\n",
    )


def _read_mix(folder: Path, codes: list[str]) -> dict[str, int]:
    import numpy as np

    # Only this one array is unpacked, not the weights beside it.
    with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        if "held_out_predicted" not in arrays.files:
            return {}
        predicted = arrays["held_out_predicted"]
    return dict(Counter(codes[int(i)] for i in predicted if 0 <= int(i) < len(codes)))
