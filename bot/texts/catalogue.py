"""Looks a sentence up by its key and fills the blanks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("zh", "en")


class Texts:
    """The sentences of one language; ``say("receipt.number", number=…)``."""

    def __init__(self, language: str, sentences: Mapping[str, str]) -> None:
        self.language = language
        self._sentences = sentences

    def say(self, key: str, **blanks: Any) -> str:
        """The sentence with its blanks filled. Raises ``KeyError`` for an unknown key."""
        return self._sentences[key].format(**blanks)

    def section(self, name: str) -> frozenset[str]:
        """Every sentence of one section, e.g. the labels of all buttons."""
        return frozenset(v for k, v in self._sentences.items() if k.startswith(f"{name}."))

    def keys(self) -> frozenset[str]:
        """Every key, for the test that holds the languages together."""
        return frozenset(self._sentences)

    def template(self, key: str) -> str:
        """The sentence with its blanks open."""
        return self._sentences[key]


@cache
def load_texts(language: str) -> Texts:
    """The texts of ``language``; Chinese for a language we do not speak."""
    if language not in LANGUAGES:
        language = "zh"
    raw = resources.files("bot").joinpath(f"texts/{language}.toml").read_text(encoding="utf-8")
    return Texts(language, dict(_flatten("", tomllib.loads(raw))))


def _flatten(prefix: str, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found += _flatten(f"{key}.", value)
        else:
            found.append((key, str(value).strip()))
    return found
