"""Which of two categories: the hard boundaries of the annotation guide, from a data file.

load_guide() -> Guide       training_data/boundaries.toml
guide.rule(a, b) -> str     the rule of exactly this pair, "" where it has none
guide.near(code) -> tuple   the categories a rule tells this one from, in the file's order
guide.general -> str        what to do where there is no rule
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BOUNDARIES = Path(__file__).resolve().parents[2] / "training_data" / "boundaries.toml"


@dataclass(frozen=True)
class Guide:
    """``rules``: the two codes as a set -> one sentence."""

    general: str
    rules: Mapping[frozenset[str], str]

    def rule(self, one: str, other: str) -> str:
        """The same whichever comes first."""
        return self.rules.get(frozenset((one, other)), "")

    def near(self, code: str) -> tuple[str, ...]:
        """With what this category is easily confused."""
        return tuple(next(iter(pair - {code})) for pair in self.rules if code in pair)


@cache
def load_guide() -> Guide:
    """Read once per process."""
    table = tomllib.loads(BOUNDARIES.read_text(encoding="utf-8"))
    rules = {frozenset(pair.split()): rule for pair, rule in table["rules"].items()}
    return Guide(table["general"], rules)
