"""The catalogue of errands and the runners by grid, as an immutable snapshot.

book.find_items(text) -> [ErrandItemRow]      what the text asks to have done, best first
book.find_runner(text) -> (RunnerRow, area)   whose grid a place of the text lies in
is_errand(text)                               帮我代办 …, and no complaint about runners
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cases.answers.text import squeeze
from cases.answers.topic import Topic, read_topic

MOST_CHOICES = 3
_WORDS = Path(__file__).with_name("words.toml")


@dataclass(frozen=True)
class ErrandItemRow:
    """An item as the dialogue needs it."""

    code: str
    name: str
    group: str
    level: str
    unit: str
    days: int
    words: tuple[str, ...]
    materials: tuple[str, ...]

    @property
    def topic(self) -> Topic:
        """The words, read."""
        return read_topic(self.words, ())


@dataclass(frozen=True)
class RunnerRow:
    """A runner of a grid."""

    code: str
    name: str
    phone: str
    grid: str
    areas: tuple[str, ...]
    point: str
    hours: str
    is_default: bool = False


@dataclass(frozen=True)
class ErrandBook:
    """Items and runners by their codes."""

    items: Mapping[str, ErrandItemRow] = field(default_factory=dict)
    runners: Mapping[str, RunnerRow] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.items and self.runners)

    def find_items(self, text: str, limit: int = MOST_CHOICES) -> list[ErrandItemRow]:
        """The items whose words occur; the one that says most of the text first."""
        squeezed = squeeze(text)
        found = [item for item in self.items.values() if item.topic.fits(squeezed)]
        return sorted(found, key=lambda item: -item.topic.measure(squeezed))[:limit]

    def pick_items(self, text: str) -> list[ErrandItemRow]:
        """One item where one says more of the text than any other, else those to choose from."""
        items = self.find_items(text)
        said = [item.topic.measure(squeeze(text)) for item in items]
        return items[:1] if len(said) > 1 and said[0] > said[1] else items

    def find_runner(self, text: str) -> tuple[RunnerRow, str | None]:
        """The runner of the longest area the text names, else the default one and ``None``."""
        squeezed = squeeze(text)
        named = [
            (area, runner)
            for runner in self.runners.values()
            for area in runner.areas
            if area and area in squeezed
        ]
        if not named:
            return self.default_runner, None
        area, runner = max(named, key=lambda pair: len(pair[0]))
        return runner, area

    @property
    def default_runner(self) -> RunnerRow:
        """Who goes where no grid is known. Raises ``LookupError`` where the list names none."""
        for runner in self.runners.values():
            if runner.is_default:
                return runner
        raise LookupError("runners without a default")

    @property
    def groups(self) -> dict[str, list[ErrandItemRow]]:
        """The catalogue as people read it."""
        groups: dict[str, list[ErrandItemRow]] = {}
        for item in self.items.values():
            groups.setdefault(item.group, []).append(item)
        return groups


def is_errand(text: str) -> bool:
    """Somebody wants an errand run, in so many words."""
    words = _read_words()
    plain = squeeze(text)
    if len(plain) > words["longest"] or re.search(words["unless"], plain):
        return False
    return re.search(words["asks"], plain) is not None


def applicant_type(text: str) -> str:
    """Which kind of applicant the words name; ``resident`` where none."""
    plain = squeeze(text)
    for name, pattern in _read_words()["applicants"].items():
        if re.search(pattern, plain):
            return str(name)
    return "resident"


@cache
def _read_words() -> dict[str, Any]:
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))
