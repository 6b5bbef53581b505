"""What is wrong with labelled rows, seen before and after a training.

    find_leaks(rows, shipped) -> list[Leak]       phrases that give the label away
    find_swapped(rows, tags) -> list[Swapped]   labels whose texts are another's
    count_flips(labels, table, codes, own) -> Flips       labels the content contradicts
    find_lone(rows, taxonomy); find_narrow(rows)

A department's phrase at the end of an order ("请交警核实处理") was written after somebody had
decided where it goes: a model that learns it answers well on such rows and badly on citizens. A
phrase leaks when nearly all rows that carry it have one label and the shipped examples do not
show the same. Leaks are looked for in the clauses at the ends and in requests to a unit anywhere,
so that what citizens say again and again ("路灯不亮") is not taken for one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.examples import Example
from classifier.normalization import narrow
from classifier.retraining.significance import as_many_by_chance
from classifier.tag import Tag
from classifier.taxonomy import Taxonomy

_LEAST = 8  # rows before anything is called a pattern
_SAME = 0.9  # share of one label among the rows with a phrase
_OF_LABEL = 0.1  # share of the label's rows that carry it
_FILE_SHARE = 0.7  # a label this common has every phrase for itself
_SHIPPED_SAME = 0.6  # as much of one label in the shipped rows, and the phrase is the town's way
_CLAUSE = re.compile(r"[^,。!?;:、\s]+")
_ASKS_A_UNIT = re.compile(
    r"(?:请|望|转|交|派|由|属|归|建议)[^,。!?;:]{1,16}"
    r"(?:核实|核查|调查|处理|处置|办理|解决|答复|回复|跟进|落实|管辖|受理|负责|承办|研办|阅处)"
)
_LONGEST = 24
_SHORTEST_REQUEST, _SHORTEST_END = 4, 5
_SWAPPED, _OWN_LEFT = 0.5, 0.25
_IMPOSSIBLE = 0.01  # a label with less probability is one the content contradicts
_SURELY = 0.5  # and another one must be more likely than everything else together
# Share of such rows where every label was read twice; real messages, too, showed no more of them.
_USUAL = 0.025
_LEAST_AUTHORED = 500  # with fewer authored rows that figure is taken instead of theirs
_FLIP_CHANCE = 0.01
_NARROW = 0.6


@dataclass(frozen=True)
class Leak:
    """``phrase`` stands in ``n`` rows, ``same`` of them labelled ``category``."""

    phrase: str
    category: str
    n: int
    same: int


@dataclass(frozen=True)
class Swapped:
    """``n`` rows are labelled ``category``; ``other_n`` of them read like ``other``."""

    category: str
    other: str
    n: int
    own_n: int
    other_n: int


@dataclass(frozen=True)
class Flips:
    """``seen`` of ``rows`` have a label that their content contradicts; ``usual``: the share of
    such rows among reviewed ones."""

    rows: int
    seen: int
    usual: float

    @property
    def suspicious(self) -> bool:
        """More than a careful file has, and more than chance explains."""
        return as_many_by_chance(self.seen, self.rows, self.usual) < _FLIP_CHANCE


def find_leaks(rows: Sequence[Example], shipped: Sequence[Example]) -> list[Leak]:
    """Most rows first; of phrases inside one another the longest."""
    sizes = Counter(row.category for row in rows)
    found = []
    for phrase, labels in _labels_of_phrases(rows).items():
        n = labels.total()
        category, same = labels.most_common(1)[0]
        if same < _SAME * n or same < _OF_LABEL * sizes[category]:
            continue
        if sizes[category] > _FILE_SHARE * len(rows):
            continue
        usual = Counter(row.category for row in shipped if phrase in row.text)
        if usual.total() >= _LEAST and usual[category] >= _SHIPPED_SAME * usual.total():
            continue
        found.append(Leak(phrase, category, n, same))
    found.sort(key=lambda leak: (-leak.n, -len(leak.phrase), leak.phrase))
    kept: list[Leak] = []
    for leak in found:
        if not any(leak.phrase in other.phrase or other.phrase in leak.phrase for other in kept):
            kept.append(leak)
    return kept


def find_swapped(rows: Sequence[Example], tags: Sequence[Tag]) -> list[Swapped]:
    """Labels of which most rows are told to be one other label.

    :param tags: what a model that did not train on them says of the rows
    """
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for row, tag in zip(rows, tags, strict=True):
        said[row.category][tag.category] += 1
    found = []
    for category, answers in sorted(said.items()):
        n, own = answers.total(), answers[category]
        other, other_n = max(
            ((code, count) for code, count in answers.items() if code != category),
            key=lambda pair: (pair[1], pair[0]),
            default=("", 0),
        )
        if n >= _LEAST and other_n >= _SWAPPED * n and own <= _OWN_LEFT * n:
            found.append(Swapped(category, other, n, own, other_n))
    return found


def count_flips(
    labels: Sequence[str],
    table: npt.NDArray[np.float32],
    codes: Sequence[str],
    own: npt.NDArray[np.bool_],
) -> Flips:
    """Count the town's labels that are next to impossible, and measure what is usual.

    :param table: (n, categories) probabilities by models that did not train on the row
    :param own: which rows are the town's; the others are authored ones that were reviewed
    """
    given = np.array([codes.index(label) for label in labels])
    contradicted = table[np.arange(len(given)), given] < _IMPOSSIBLE
    contradicted &= table.max(axis=1) >= _SURELY
    authored = contradicted[~own]
    usual = float(authored.mean()) if len(authored) >= _LEAST_AUTHORED else _USUAL
    return Flips(int(own.sum()), int(contradicted[own].sum()), usual)


def find_lone(rows: Sequence[Example], taxonomy: Taxonomy, least: int = 5) -> list[str]:
    """Categories that the rows name, but too seldom to learn from."""
    sizes = Counter(row.category for row in rows)
    return [label.code for label in taxonomy if 0 < sizes[label.code] < least]


def find_narrow(rows: Sequence[Example]) -> tuple[str, float] | None:
    """A category that takes most of the rows, and its share."""
    sizes = Counter(row.category for row in rows)
    if len(rows) < _LEAST:
        return None
    category, n = sizes.most_common(1)[0]
    return (category, n / len(rows)) if n > _NARROW * len(rows) else None


def _labels_of_phrases(rows: Iterable[Example]) -> dict[str, Counter[str]]:
    """Of the phrases that :data:`_LEAST` rows share; nearly all others stand in one row only."""
    pairs = [(phrase, row.category) for row in rows for phrase in set(_phrases(row.text))]
    sizes = Counter(phrase for phrase, _ in pairs)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase, category in pairs:
        if sizes[phrase] >= _LEAST:
            found[phrase][category] += 1
    return found


def _phrases(text: str) -> Iterable[str]:
    clauses = [clause for clause in _CLAUSE.findall(narrow(text)) if len(clause) <= _LONGEST]
    for place, clause in enumerate(clauses):
        if place in (0, len(clauses) - 1) and len(clause) >= _SHORTEST_END and len(clauses) > 1:
            yield clause
        for request in _ASKS_A_UNIT.findall(clause):
            if len(request) >= _SHORTEST_REQUEST:
                yield request
