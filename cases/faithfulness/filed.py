"""The cases as filed, in the shape that words are looked for in.

FiledText(text, request_type, urgency, place, flags)     one case
FiledWords.of(filed)                                     all of one call
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from cases.calls.parts import read_clauses
from cases.calls.turns import Turn
from cases.faithfulness.amounts import Amount, find_amounts
from cases.faithfulness.heard import HeardMatter
from cases.faithfulness.words import half_width, load_rules, squeeze


@dataclass(frozen=True)
class FiledText:
    """A case as it goes into the books."""

    text: str
    request_type: str = ""
    urgency: str = "normal"
    place: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class FiledWords:
    """What all the cases of a call say together, and each by itself."""

    cases: tuple[FiledText, ...]
    plain: str
    said: str
    pairs: frozenset[str]
    each: tuple[frozenset[str], ...]
    demands: frozenset[str]
    has_demand: bool
    amounts: tuple[Amount, ...]
    flags: frozenset[str]

    @classmethod
    def of(cls, filed: Sequence[FiledText]) -> Self:
        """Read the texts once."""
        texts = [half_width(f"{one.text}\n{one.place}") for one in filed]
        demands: set[str] = set()
        asked = False
        for text in texts:
            for clause in read_clauses(text, [Turn(0, len(text), True)]):
                if clause.kind == "demand":
                    asked = True
                    demands |= concepts_of(text[clause.start : clause.end])
        said = squeeze("\n".join(texts))
        return cls(
            cases=tuple(filed),
            plain="\n".join(texts),
            said=said,
            pairs=pairs_of(said),
            each=tuple(pairs_of(squeeze(text)) for text in texts),
            demands=frozenset(demands),
            has_demand=asked,
            amounts=tuple(find_amounts("\n".join(texts))),
            flags=frozenset(flag for one in filed for flag in one.flags),
        )

    def covers(self, words: str) -> float:
        """The share of the words that stands in the texts, by pairs of characters."""
        return share(pairs_of(squeeze(words)), self.pairs)

    def nearest(self, heard: HeardMatter) -> int:
        """The case that says most of a matter."""
        clauses = heard.of_kind("complaint", "demand")
        said = pairs_of(squeeze("".join(heard.text[c.start : c.end] for c in clauses)))
        scores = [share(said, own) for own in self.each]
        return max(range(len(scores)), key=lambda index: scores[index])


def concepts_of(words: str) -> frozenset[str]:
    """What a demand asks for."""
    plain = half_width(words)
    return frozenset(group.name for group in load_rules().demands if group.pattern.search(plain))


def pairs_of(said: str) -> frozenset[str]:
    """Neighbouring characters; of a single one itself."""
    if len(said) < 2:
        return frozenset({said} if said else ())
    return frozenset(said[i : i + 2] for i in range(len(said) - 1))


def share(part: frozenset[str], whole: frozenset[str]) -> float:
    """How much of ``part`` is in ``whole``; of nothing, all."""
    return len(part & whole) / len(part) if part else 1.0
