"""Chinese wording kept as data: problems, field errors, labels of actions and fields."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def load_texts(name: str) -> dict[str, Any]:
    """The table ``texts/<name>.toml``, read once per process."""
    source = resources.files(__package__).joinpath(f"{name}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))
