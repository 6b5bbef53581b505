"""The numbers of training, from ``rules/training.toml``.

load_settings() -> dict
feature_settings(settings, alone), keeps_answers(settings, alone)
calibration_for(town_rows, settings)
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SETTINGS = Path(__file__).parent / "rules" / "training.toml"


def load_settings() -> dict[str, Any]:
    """``training.toml``."""
    return tomllib.loads(SETTINGS.read_text(encoding="utf-8"))


def keeps_answers(settings: Mapping[str, Any], *, alone: bool = False) -> bool:
    """Whether words of the answers that an order quotes count.

    :param alone: only the town's own rows are learnt
    """
    return bool(settings["answers"]["alone" if alone else "beside"])


def feature_settings(settings: Mapping[str, Any], *, alone: bool = False) -> dict[str, Any]:
    """What :func:`classifier.corpus.fit_features` is told.

    :param alone: only the town's own rows are learnt
    """
    told = dict(settings["features"])
    beside, by_itself, opening = (
        told.pop(name) for name in ("share", "share_alone", "share_opening")
    )
    return {**told, "shares": (by_itself if alone else beside, 1.0, opening)}


def calibration_for(town_rows: int, settings: Mapping[str, Any]) -> dict[str, float]:
    """Factor and doubt after so many rows of the town; 0: shipped rows alone, or the town's alone.

    The doubt stands for the difference between shipped rows and real messages.
    """
    usual, own = settings["calibration"], settings["town"]
    share = min(1.0, town_rows / own["enough"])
    return {**usual, "doubt": usual["doubt"] + share * (own["doubt"] - usual["doubt"])}
