"""What to do next, from the figures: at most a handful of sentences, the most pressing first.

advise(…) -> list[Advice]       ``kind`` is a key of the page's texts, ``values`` fill it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.ledger.drift import ConfidenceShift, MixShift
from cases.ledger.new_words import NewWord
from cases.ledger.reliability import Reliability
from cases.ledger.weeks import Week

#: Corrections from which on a new training has something to learn.
ENOUGH_CORRECTIONS = 50
#: Share of automatic cases without a verdict from which on precision is not known.
_MANY_OPEN = 0.5
_NAMED = 3


@dataclass(frozen=True)
class Advice:
    """One sentence; ``codes`` are categories to be named in it."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


def advise(
    *,
    lately: Week,
    misrouted: int,
    disputed: int = 0,
    suspects: int = 0,
    corrections: int,
    reliability: Mapping[str, Reliability],
    mix: MixShift,
    confidence: ConfidenceShift,
    words: Sequence[NewWord],
) -> list[Advice]:
    """``lately`` are the last four weeks as one; ``corrections`` since the serving model;
    ``disputed`` labels wait for a third person, ``suspects`` for a second look."""
    found = []
    if misrouted:
        found.append(Advice("misrouted", {"count": misrouted}))
    if disputed:
        found.append(Advice("disputed", {"count": disputed}))
    if suspects:
        found.append(Advice("suspects", {"count": suspects}))
    over = sorted(
        (code for code, one in reliability.items() if one.verdict == "over"),
        key=lambda code: -_excess(reliability[code]),
    )
    if over:
        found.append(Advice("over", {"count": len(over)}, tuple(over[:_NAMED])))
    decided = lately.right + lately.wrong
    if lately.automatic and lately.open > _MANY_OPEN * lately.automatic:
        found.append(Advice("open", {"count": lately.open, "decided": decided}))
    if mix.verdict in ("moved", "strong"):
        codes = tuple(one.category for one in mix.moved if one.after > one.before)
        found.append(Advice("mix", {}, codes[:_NAMED]))
    if words:
        found.append(Advice("words", {"words": "、".join(word.term for word in words[:_NAMED])}))
    if confidence.verdict == "lower":
        found.append(Advice("confidence"))
    if corrections >= ENOUGH_CORRECTIONS:
        found.append(Advice("retrain", {"count": corrections}))
    return found or [Advice("quiet")]


def _excess(one: Reliability) -> float:
    """How much worse than promised, weighted by how often."""
    return ((one.promised or 0.0) - (one.kept.value or 0.0)) * one.kept.of
