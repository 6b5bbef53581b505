"""How well two people agree, beyond what chance alone would give.

    measure(pairs) -> Agreement(n, same, kappa)          pairs of two labels of one text
    by_platform(pairs, platform_of) -> {platform: Agreement}   n: texts one of the two put there
    most_disputed(pairs, count) -> [Dispute(one, other, differ, agreement)]

Cohen's kappa is (agreed - expected) / (1 - expected). Where chance alone would agree always (one
label for everything) it is no number: ``kappa`` is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """``same`` of ``n`` texts got the same label from both."""

    n: int
    same: int
    kappa: float | None

    @property
    def share(self) -> float:
        """The part on which both agree."""
        return self.same / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two categories between which people differ; ``agreement`` over texts that both put into one
    of the two."""

    one: str
    other: str
    differ: int
    agreement: Agreement


def measure(pairs: Sequence[Pair]) -> Agreement:
    """Over all labels that occur."""
    n = len(pairs)
    same = sum(first == second for first, second in pairs)
    if not n:
        return Agreement(0, 0, None)
    firsts = Counter(first for first, _ in pairs)
    seconds = Counter(second for _, second in pairs)
    # In whole numbers: a label for everything must give exactly n squared.
    expected = sum(count * seconds[label] for label, count in firsts.items())
    if expected == n * n:
        return Agreement(n, same, None)
    return Agreement(n, same, (same * n - expected) / (n * n - expected))


def by_platform(pairs: Sequence[Pair], platform_of: Callable[[str], str]) -> dict[str, Agreement]:
    """Each platform against the rest: did both put the text there, or neither?"""
    placed = [(platform_of(first), platform_of(second)) for first, second in pairs]
    found = {}
    for platform in dict.fromkeys(name for pair in placed for name in pair):
        sides = [(str(one == platform), str(two == platform)) for one, two in placed]
        there = [pair for pair in placed if platform in pair]
        kappa = measure(sides).kappa
        found[platform] = Agreement(len(there), sum(a == b for a, b in there), kappa)
    return found


def most_disputed(pairs: Sequence[Pair], count: int) -> list[Dispute]:
    """The pairs of categories with the most differences, most first."""
    split = Counter(tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1])
    disputes = []
    for (one, other), differ in sorted(split.items(), key=lambda item: (-item[1], item[0]))[:count]:
        between = [pair for pair in pairs if set(pair) <= {one, other}]
        disputes.append(Dispute(one, other, differ, measure(between)))
    return disputes
