"""The words that decide whether a card is about a text at all, as staff write them.

    read_topic(words, unless) -> Topic      raises InvalidData for a line that says nothing
    topic.fits(text)                        over squeezed text (``cases.answers.text.squeeze``)

One line is a condition: ``+`` joins what must occur together, ``/`` separates what may stand for
each other. Any line that holds is enough, unless one of ``unless`` occurs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from cases.answers.text import squeeze
from cases.errors import InvalidData

Line = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Topic:
    """Conditions and exceptions, squeezed as the texts are."""

    lines: tuple[Line, ...]
    unless: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether a line holds and no exception does."""
        if any(word in text for word in self.unless):
            return False
        return any(all(any(w in text for w in group) for group in line) for line in self.lines)

    def measure(self, text: str) -> int:
        """How many characters the best line that holds accounts for."""
        return max(
            (
                sum(max((len(w) for w in group if w in text), default=0) for group in line)
                for line in self.lines
                if all(any(w in text for w in group) for group in line)
            ),
            default=0,
        )


def read_topic(words: Iterable[str], unless: Iterable[str]) -> Topic:
    """The lines as staff wrote them."""
    return _read(tuple(words), tuple(unless))


@lru_cache(maxsize=4096)
def _read(words: tuple[str, ...], unless: tuple[str, ...]) -> Topic:
    lines = []
    for line in words:
        groups = tuple(
            tuple(filter(None, (squeeze(word) for word in group.split("/"))))
            for group in line.replace("＋", "+").split("+")
        )
        if not all(groups):
            raise InvalidData(f"主题词“{line}”写得不完整，+ 和 / 两边都要有词。", field="words")
        if all(len(word) < 2 for group in groups for word in group):
            raise InvalidData(f"主题词“{line}”太短，至少要有一个两字以上的词。", field="words")
        lines.append(groups)
    return Topic(tuple(lines), tuple(filter(None, map(squeeze, unless))))
