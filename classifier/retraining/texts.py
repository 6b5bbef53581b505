"""The Chinese that staff read about a training, kept in ``texts.toml``.

say("reasons", "frozen", n=…) -> str      one sentence, filled in
stage_name(stage) -> str                  what a stage of the progress is called
in_percent(share) -> str                  "12.3%"
likelihood(p) -> str                      "不到千分之一", "约 3%"
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("texts.toml")


def say(part: str, name: str, **values: Any) -> str:
    """One text with its gaps filled."""
    return load_texts()[part][name].format(**values)


def stage_name(stage: str) -> str:
    """The stage in Chinese; an unknown one as it is."""
    return load_texts()["stages"].get(stage, stage)


def in_percent(share: float | None) -> str:
    """A share for eyes; a dash where there is none."""
    return "—" if share is None else f"{share:.1%}"


def likelihood(p: float) -> str:
    """A probability as people say it."""
    return "不到千分之一" if p < 0.001 else f"约 {p:.1%}"


@lru_cache(maxsize=1)
def load_texts() -> dict[str, dict[str, str]]:
    """Read once per process."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
