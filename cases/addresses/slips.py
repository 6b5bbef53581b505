"""How far a written name is from the registry's: characters that sound alike cost little.

    align("风荷苑", text, start, end) -> (similarity, first, last) of the best place in the text

A character too many, too few, or two in the other order are slips as well; another number, or
东 for 西, is another place.
"""

from __future__ import annotations

from functools import lru_cache

from cases.addresses.sounds import how_far
from cases.addresses.words import figure, word_list

_distance = lru_cache(maxsize=100_000)(how_far)
_LEAST = 2.5


def align(form: str, text: str, start: int, end: int) -> tuple[float, int, int]:
    """The piece of ``text[start:end]`` nearest to the form. Similarity 1 is the same, 0 or less
    nothing in common."""
    gap, swapped = figure("gap"), figure("swapped")
    width = end - start
    #: costs[j], firsts[j]: the best way to have read the form so far, ending before start + j
    before: list[float] = []
    before_firsts: list[int] = []
    costs = [0.0] * (width + 1)
    firsts = list(range(start, end + 1))
    for i, wanted in enumerate(form):
        row = [costs[0] + gap]
        row_firsts = [start]
        for j in range(1, width + 1):
            written = text[start + j - 1]
            cost, first = costs[j - 1] + _distance(wanted, written), firsts[j - 1]
            if costs[j] + gap < cost:
                cost, first = costs[j] + gap, firsts[j]
            if row[j - 1] + gap < cost:
                cost, first = row[j - 1] + gap, row_firsts[j - 1]
            if (
                i > 0
                and j > 1
                and wanted != written
                and wanted == text[start + j - 2]
                and form[i - 1] == written
                and before[j - 2] + swapped < cost
            ):
                cost, first = before[j - 2] + swapped, before_firsts[j - 2]
            row.append(cost)
            row_firsts.append(first)
        before, before_firsts = costs, firsts
        costs, firsts = row, row_firsts
    best = min(range(width + 1), key=lambda j: (costs[j], abs(start + j - firsts[j] - len(form))))
    return 1 - costs[best] / _weight(form), firsts[best], start + best


@lru_cache(maxsize=20_000)
def _weight(form: str) -> float:
    """How much there is to get right: 花园 or 路 says half as much as a name."""
    tails = word_list("tails", "strong", "weak")
    tail = next((t for t in tails if form.endswith(t) and len(form) - len(t) > 1), "")
    return max(len(form) - len(tail) / 2, _LEAST)
